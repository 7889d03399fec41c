package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// scale is one step of a unit: values from From on are divided by Div and get
// the suffix.
type scale struct {
	from, div float64
	suffix    string
}

var (
	bytesScale = []scale{{0, 1, "B"}, {1 << 10, 1 << 10, "KiB"}, {1 << 20, 1 << 20, "MiB"}, {1 << 30, 1 << 30, "GiB"}, {1 << 40, 1 << 40, "TiB"}, {1 << 50, 1 << 50, "PiB"}}
	timeScale  = []scale{{0, 1e-9, "ns"}, {1e-6, 1e-6, "µs"}, {1e-3, 1e-3, "ms"}, {1, 1, "s"}, {120, 60, "min"}, {2 * 3600, 3600, "h"}, {48 * 3600, 86400, "d"}}
	countScale = []scale{{0, 1, ""}, {1e5, 1e3, "k"}, {1e6, 1e6, "M"}, {1e9, 1e9, "G"}, {1e12, 1e12, "T"}}
	rateScale  = []scale{{0, 1, ""}, {1e3, 1e3, "k"}, {1e6, 1e6, "M"}, {1e9, 1e9, "G"}, {1e12, 1e12, "T"}}
)

// FormatValue writes a quantity in a base unit for people: 0.31 of "ratio" is
// "31 %", 13002342 of "B" is "12.4 MiB", 0.0021 of "s" is "2.1 ms". Two to
// three digits are kept, as many as profiles can carry. A value that is not
// finite is "unknown".
func FormatValue(v float64, unit string) string {
	if !isFinite(v) {
		return "unknown"
	}
	num, suffix := split(v, v, unit)
	return join(num, suffix)
}

// FormatRange writes low to high in the scale of the larger one: "0.8–1.2 MiB".
// Ends that read the same are written once.
func FormatRange(low, high float64, unit string) string {
	if !isFinite(low, high) {
		return "unknown"
	}
	by := max(math.Abs(low), math.Abs(high))
	a, _ := split(low, by, unit)
	b, suffix := split(high, by, unit)
	switch {
	case a == b:
		return join(b, suffix)
	case suffix == "core":
		suffix = unit
	}
	if low < 0 || high < 0 {
		return join(a+" to "+b, suffix)
	}
	return join(a+"–"+b, suffix)
}

// split is the number and the suffix of v in the scale that suits by.
func split(v, by float64, unit string) (num, suffix string) {
	switch unit {
	case "ratio":
		return percent(v * 100), "%"
	case "B":
		return scaled(v, by, bytesScale)
	case "B/s":
		num, suffix = scaled(v, by, bytesScale)
		return num, suffix + "/s"
	case "s":
		return scaled(v, by, timeScale)
	case "s/s":
		// Seconds of waiting per second, summed over goroutines: no larger unit than s reads well.
		num, suffix = scaled(v, by, timeScale[:4])
		return num, suffix + "/s"
	case "count", "":
		if math.Abs(by) < 1e5 && v == math.Trunc(v) {
			return thousands(v), ""
		}
		return scaled(v, by, countScale)
	case "count/s":
		num, suffix = scaled(v, by, rateScale)
		return num, suffix + "/s"
	case "cores":
		if num = digits(v); num == "1" && by == v {
			return num, "core"
		}
		return num, unit
	}
	// Per unit of work: "61 µs/request", "15 KiB/op", "12/op".
	if amount, work, ok := strings.Cut(unit, "/"); ok && work != "" && slices.Contains([]string{"s", "B", "count"}, amount) {
		num, suffix = split(v, by, amount)
		return num, suffix + "/" + work
	}
	return digits(v), unit
}

func scaled(v, by float64, steps []scale) (num, suffix string) {
	if by == 0 {
		zero := steps[0].suffix
		if zero == "ns" {
			zero = "s"
		}
		return "0", zero
	}
	s := steps[0]
	for i, step := range steps {
		// 1023.96 KiB would print as 1024 KiB: what rounds up belongs to the next step.
		if i > 0 && math.Abs(by)*1.0005 >= step.from {
			s = step
		}
	}
	return digits(v / s.div), s.suffix
}

// digits keeps two significant digits below ten and three above, all of the
// digits before the point, and no zeros after it that carry nothing.
func digits(v float64) string {
	abs := math.Abs(v)
	decimals := 0
	switch {
	case abs == 0:
		return "0"
	case abs >= 99.95:
		return thousands(math.Round(v))
	case abs >= 0.995:
		decimals = 1
	default:
		decimals = min(1-int(math.Floor(math.Log10(abs))), 12)
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if math.Abs(v-math.Round(v)) < 1e-12*abs || abs < 0.995 { // 5e3/1e9 s is 5 µs
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "" || s == "-" || s == "-0" {
		return "0"
	}
	return s
}

// percent writes whole numbers from ten up and one decimal below. A share that
// is small but not nothing never reads as 0, nor one just short of all as 100.
func percent(p float64) string {
	abs := math.Abs(p)
	switch {
	case p == 0:
		return "0"
	case abs < 0.095:
		return digits(p)
	case abs < 9.95:
		return strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0")
	case abs > 99.5 && abs < 100:
		return strconv.FormatFloat(math.Copysign(math.Floor(abs*10)/10, p), 'f', 1, 64)
	}
	return thousands(math.Round(p))
}

// thousands writes a whole number with commas: 1,284,332.
func thousands(v float64) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v < 0 {
		s = "-" + s
	}
	return s
}

// join puts a space between number and suffix, except before a bare "/s".
func join(num, suffix string) string {
	switch {
	case suffix == "":
		return num
	case strings.HasPrefix(suffix, "/"):
		return num + suffix
	}
	return fmt.Sprintf("%s %s", num, suffix)
}
