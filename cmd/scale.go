package cmd

import (
	"math"
	"strconv"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
)

// valueScale prints all values of a table in one unit, with two decimals, as
// pprof does: columns of one unit can be compared by eye and read by scripts.
type valueScale struct {
	unit  unit.Scale
	from  string
	ratio float64 // what values are multiplied by first
	each  bool    // every value has a unit of its own
}

// scaleFor chooses the unit in which the smallest value shown still has one of
// its two decimals, unless a unit is asked for. Where nothing is shown there is
// but the total, in the unit that suits it.
func scaleFor(t *profile.Table, rows []profile.Row, to string, divideBy float64) valueScale {
	s := valueScale{from: report.Clean(t.Type.Unit), ratio: 1 / divideBy}
	if to == unit.Auto || to == unit.Minimum && len(rows) == 0 {
		s.each = true
		return s
	}
	if to != unit.Minimum && to != "" {
		s.unit = unit.To(t.Magnitude, s.from, to)
		return s
	}
	least := int64(0)
	for _, r := range rows {
		v := magnitude(r.Flat)
		if v == 0 {
			v = magnitude(r.Cum)
		}
		if v > 0 && (least == 0 || v < least) {
			least = v
		}
	}
	if least == 0 {
		least = t.Magnitude
	}
	s.unit = unit.ForAll(s.divide(least), s.divide(t.Magnitude), s.from)
	return s
}

// scaleOf is the scale of one value: without a unit asked for it is the one that
// suits the value. There is no column to compare it with.
func (v *view) scaleOf(value int64, from string) valueScale {
	s := valueScale{from: from, ratio: 1 / v.divide}
	to := v.unit
	if to == unit.Minimum {
		to = unit.Auto
	}
	s.unit = unit.To(s.divide(value), from, to)
	return s
}

func magnitude(v int64) int64 {
	if v == math.MinInt64 {
		return math.MaxInt64
	}
	return max(v, -v)
}

// divide obeys --divide-by; what is less than one unit of the profile is lost,
// as in pprof.
func (s valueScale) divide(v int64) int64 {
	if s.ratio == 1 {
		return v
	}
	return int64(float64(v) * s.ratio)
}

func (s valueScale) append(b []byte, v int64) []byte {
	v = s.divide(v)
	if s.each {
		return unit.To(v, s.from, unit.Auto).Append(b, v)
	}
	return s.unit.Append(b, v)
}

func (s valueScale) format(v int64) string { return string(s.append(nil, v)) }

// nanoseconds is v as a time, and false when it is none.
func (s valueScale) nanoseconds(v int64) (int64, bool) {
	nanos := unit.To(v, s.from, "nanoseconds")
	return int64(nanos.Convert(v)), nanos.Name() == "ns"
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
