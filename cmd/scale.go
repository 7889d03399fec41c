package cmd

import (
	"math"
	"strconv"
	"strings"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// valueScale prints all values of a table in one unit, with two decimals, as
// pprof does: columns of one unit can be compared by eye and read by scripts.
type valueScale struct {
	base   float64 // what one of the profile's units is in base units
	div    float64 // what one of the printed units is in base units
	suffix string
}

type unit struct {
	suffix string
	size   float64
}

// timeUnits and byteUnits are the words that profiles use for units and, in
// order of size, those that are printed.
var (
	timeUnits = []unit{{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"mins", 60}, {"hrs", 3600}}
	byteUnits = []unit{{"B", 1}, {"kB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}, {"TB", 1 << 40}}
	unitNames = []unit{
		{"nanosecond", 1e-9}, {"ns", 1e-9}, {"microsecond", 1e-6}, {"us", 1e-6}, {"millisecond", 1e-3}, {"ms", 1e-3}, {"second", 1}, {"s", 1},
	}
	byteNames = []unit{
		{"byte", 1}, {"b", 1}, {"kilobyte", 1 << 10}, {"kb", 1 << 10}, {"kib", 1 << 10}, {"megabyte", 1 << 20}, {"mb", 1 << 20}, {"mib", 1 << 20},
	}
)

// scaleFor chooses the largest unit in which the smallest value shown still
// has one of its two decimals.
func scaleFor(t *profile.Table, rows []profile.Row) valueScale {
	base, units := unitsOf(t.Type.Unit)
	if units == nil {
		suffix := report.Clean(t.Type.Unit)
		if suffix == "count" {
			suffix = ""
		}
		return valueScale{1, 1, suffix}
	}
	least := math.Abs(float64(t.Total))
	for _, r := range rows {
		v := math.Abs(float64(r.Flat))
		if v == 0 {
			v = math.Abs(float64(r.Cum))
		}
		if v > 0 {
			least = min(least, v)
		}
	}
	best := units[0]
	for _, u := range units {
		total := math.Abs(float64(t.Total)) * base
		if u.size <= total && u.size <= 100*least*base {
			best = u
		}
	}
	return valueScale{base, best.size, best.suffix}
}

func unitsOf(name string) (base float64, units []unit) {
	name = strings.ToLower(name)
	for _, u := range unitNames {
		if name == u.suffix || name == u.suffix+"s" {
			return u.size, timeUnits
		}
	}
	for _, u := range byteNames {
		if name == u.suffix || name == u.suffix+"s" {
			return u.size, byteUnits
		}
	}
	return 1, nil
}

func (s valueScale) append(b []byte, v int64) []byte {
	if v == 0 {
		return append(b, '0')
	}
	if s.base == s.div {
		return append(strconv.AppendInt(b, v, 10), s.suffix...)
	}
	b = strconv.AppendFloat(b, float64(v)*s.base/s.div, 'f', 2, 64)
	if n := len(b); string(b[n-3:]) == ".00" {
		b = b[:n-3]
	}
	return append(b, s.suffix...)
}

func (s valueScale) format(v int64) string { return string(s.append(nil, v)) }

// nanoseconds is v as a time, and false when it is none.
func (s valueScale) nanoseconds(v int64) (int64, bool) {
	for _, u := range timeUnits {
		if u.suffix == s.suffix && u.size == s.div {
			return int64(float64(v) * s.base * 1e9), true
		}
	}
	return 0, false
}

// appendPercent writes the share of v in total, unsigned as in pprof.
func appendPercent(b []byte, v, total int64) []byte {
	share := 0.0
	if total != 0 {
		share = math.Abs(float64(v)/float64(total)) * 100
	}
	switch {
	case share >= 99.95 && share <= 100.05:
		return append(b, "100%"...)
	case share == 0:
		return append(b, "0%"...)
	case share >= 1:
		b = strconv.AppendFloat(b, share, 'f', 2, 64)
	default:
		b = strconv.AppendFloat(b, share, 'g', 2, 64)
	}
	return append(b, '%')
}

func percentOf(v, total int64) string { return string(appendPercent(nil, v, total)) }
