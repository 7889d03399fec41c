package report

import (
	"math"
	"strings"
	"testing"
)

func TestFormatValue(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{1.3, "cores", "1.3 cores"},
		{1, "cores", "1 core"},
		{0.042, "cores", "0.042 cores"},
		{12.04, "cores", "12.0 cores"},
		{0, "cores", "0 cores"},
		{13002342, "B", "12.4 MiB"},
		{8 << 20, "B", "8 MiB"},
		{812, "B", "812 B"},
		{1 << 30, "B", "1 GiB"},
		{1023.99 * 1024, "B", "1.0 MiB"},
		{0, "B", "0 B"},
		{150 << 20, "B", "150 MiB"},
		{0.31, "ratio", "31 %"},
		{0.0312, "ratio", "3.1 %"},
		{0.0004, "ratio", "0.04 %"},
		{1, "ratio", "100 %"},
		{0.9997, "ratio", "99.9 %"},
		{0, "ratio", "0 %"},
		{2.5, "ratio", "250 %"},
		{0.03, "ratio", "3 %"},
		{0.0021, "s", "2.1 ms"},
		{30, "s", "30 s"},
		{0.00034, "s", "340 µs"},
		{250e-9, "s", "250 ns"},
		{150, "s", "2.5 min"},
		{9000, "s", "2.5 h"},
		{0, "s", "0 s"},
		{48000, "count/s", "48 k/s"},
		{120, "count/s", "120/s"},
		{2.44, "count/s", "2.4/s"},
		{0.31, "count/s", "0.31/s"},
		{1284, "count", "1,284"},
		{12, "count", "12"},
		{1284332, "count", "1.3 M"},
		{2.5, "count", "2.5"},
		{128433, "count", "128 k"},
		{0.42, "s/s", "420 ms/s"},
		{3.1, "s/s", "3.1 s/s"},
		{640, "s/s", "640 s/s"},
		{18.2 * (1 << 20), "B/s", "18.2 MiB/s"},
		{-5 << 20, "B", "-5 MiB"},
		{3, "widgets", "3 widgets"},
		{61e-6, "s/request", "61 µs/request"},
		{15100, "B/op", "14.7 KiB/op"},
		{12, "count/op", "12/op"},
		{12, "s/", "12 s/"},
		{math.NaN(), "B", "unknown"},
		{math.Inf(1), "s", "unknown"},
	} {
		if got := FormatValue(c.v, c.unit); got != c.want {
			t.Errorf("FormatValue(%v, %q) = %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

func TestFormatRange(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		unit      string
		want      string
	}{
		{0.18, 0.25, "ratio", "18–25 %"},
		{0.24, 0.29, "cores", "0.24–0.29 cores"},
		{0.8 * (1 << 20), 1.2 * (1 << 20), "B", "0.8–1.2 MiB"},
		{1, 1, "cores", "1 core"},
		{0.5, 1, "cores", "0.5–1 cores"},
		{-2, 3, "s", "-2 to 3 s"},
		{0, 2048, "B", "0–2 KiB"},
		{math.NaN(), 1, "s", "unknown"},
		{0, 0, "B/s", "0 B/s"},
	} {
		if got := FormatRange(c.low, c.high, c.unit); got != c.want {
			t.Errorf("FormatRange(%v, %v, %q) = %q, want %q", c.low, c.high, c.unit, got, c.want)
		}
	}
}

// Whatever the magnitude, a printed quantity is short and never has an exponent.
func TestFormatValueIsShort(t *testing.T) {
	for _, unit := range []string{"ratio", "s", "B", "count", "cores", "B/s", "count/s", "s/s", ""} {
		for e := -9; e <= 12; e++ {
			for _, m := range []float64{1, 1.5, 9.9949, 9.996, 3.3333} {
				for _, sign := range []float64{1, -1} {
					s := FormatValue(sign*m*math.Pow10(e), unit)
					if strings.ContainsAny(s, "eE") && unit != "cores" || len(s) > 24 {
						t.Errorf("%ve%d %s prints as %q", m, e, unit, s)
					}
				}
			}
		}
	}
}
