// Package unit knows the units of profiles and how to print values in them, in
// the words and with the digits of google/pprof.
package unit

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Minimum and Auto stand for the largest unit in which a value is not below 1.
const (
	Minimum = "minimum"
	Auto    = "auto"
)

type measure struct {
	name    string
	aliases []string
	size    float64
}

// dimension is units that convert into each other, the smallest first.
type dimension struct {
	fallback measure // for values below every unit, and for foreign target units
	units    []measure
}

var dimensions = []dimension{
	{measure{"B", nil, 1}, []measure{
		{"B", []string{"b", "byte"}, 1},
		{"kB", []string{"kb", "kbyte", "kilobyte"}, 1 << 10},
		{"MB", []string{"mb", "mbyte", "megabyte"}, 1 << 20},
		{"GB", []string{"gb", "gbyte", "gigabyte"}, 1 << 30},
		{"TB", []string{"tb", "tbyte", "terabyte"}, 1 << 40},
		{"PB", []string{"pb", "pbyte", "petabyte"}, 1 << 50},
	}},
	{measure{"s", nil, 1e9}, []measure{
		{"ns", []string{"ns", "nanosecond"}, 1},
		{"us", []string{"μs", "us", "microsecond"}, 1e3},
		{"ms", []string{"ms", "millisecond"}, 1e6},
		{"s", []string{"s", "sec", "second"}, 1e9},
		{"hrs", []string{"hour", "hr"}, 3600e9},
	}},
	{measure{"GCU", nil, 1}, []measure{
		{"n*GCU", []string{"nanogcu"}, 1e-9},
		{"u*GCU", []string{"microgcu"}, 1e-6},
		{"m*GCU", []string{"milligcu"}, 1e-3},
		{"GCU", []string{"gcu"}, 1},
		{"k*GCU", []string{"kilogcu"}, 1e3},
		{"M*GCU", []string{"megagcu"}, 1e6},
		{"G*GCU", []string{"gigagcu"}, 1e9},
		{"T*GCU", []string{"teragcu"}, 1e12},
		{"P*GCU", []string{"petagcu"}, 1e15},
	}},
}

// find is the unit of that name or alias, in the singular or the plural.
func (d *dimension) find(name string) *measure {
	name = strings.ToLower(name)
	if len([]rune(name)) > 2 {
		name = strings.TrimSuffix(name, "s")
	}
	for i := range d.units {
		if slices.Contains(d.units[i].aliases, name) {
			return &d.units[i]
		}
	}
	return nil
}

// largest is the largest unit in which v, in units of size 1, is not below 1.
func (d *dimension) largest(v float64) *measure {
	best := &d.fallback
	found := false
	for i := range d.units {
		if u := &d.units[i]; v/u.size >= 1 && (!found || u.size >= best.size) {
			best, found = u, true
		}
	}
	return best
}

// A Scale converts values of one unit to another. The zero Scale prints them
// as they are.
type Scale struct {
	from, to float64
	suffix   string
}

// To is the scale from one unit to another. When the target is [Minimum] or
// [Auto], value decides.
func To(value int64, from, to string) Scale {
	for i := range dimensions {
		d := &dimensions[i]
		source := d.find(from)
		if source == nil {
			continue
		}
		var target *measure
		if to == Minimum || to == Auto {
			target = d.largest(math.Abs(float64(value)) * source.size)
		} else if target = d.find(to); target == nil {
			target = &d.fallback
		}
		return Scale{source.size, target.size, target.name}
	}
	switch to {
	case "count", "sample", "unit", Minimum, Auto:
		to = ""
	}
	return Scale{1, 1, to}
}

// Converts reports whether to is a unit that values of from can be shown in, or
// leaves the choice. For any other [To] does what pprof does: it takes seconds or
// bytes, and hangs foreign units on counts.
func Converts(from, to string) bool {
	if to == Minimum || to == Auto || strings.EqualFold(from, to) {
		return true
	}
	for i := range dimensions {
		if d := &dimensions[i]; d.find(from) != nil {
			return d.find(to) != nil
		}
	}
	return false
}

// ForAll is the one scale for values between least and most: the unit of the
// least, or a larger one in which it still has two decimals.
func ForAll(least, most int64, from string) Scale {
	if least == 0 {
		least = most
	}
	small, large := To(least, from, Minimum), To(most, from, Minimum)
	if small.suffix != large.suffix && float64(least)*100 < float64(most) {
		small = To(100*least, from, Minimum)
	}
	if small.suffix == "" {
		return To(0, from, from)
	}
	return small
}

// Name is the name of the unit that values are converted to, "" for counts.
func (s Scale) Name() string { return s.suffix }

// Convert converts v.
func (s Scale) Convert(v int64) float64 {
	if s.from == s.to {
		return float64(v)
	}
	return float64(v) * s.from / s.to
}

// Append prints v with its unit and at most two decimals.
func (s Scale) Append(b []byte, v int64) []byte {
	if s.from == s.to {
		if v == 0 {
			return append(b, '0')
		}
		return append(strconv.AppendInt(b, v, 10), s.suffix...)
	}
	start := len(b)
	b = strconv.AppendFloat(b, s.Convert(v), 'f', 2, 64)
	if n := len(b); string(b[n-3:]) == ".00" {
		b = b[:n-3]
	}
	if text := string(b[start:]); text == "0" || text == "-0" {
		return append(b[:start], '0')
	}
	return append(b, s.suffix...)
}

// Format is v with its unit.
func (s Scale) Format(v int64) string { return string(s.Append(nil, v)) }

// Count is a number of things: "1 stack", "2 stacks". The noun is one that takes an s.
func Count[N int | int64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
