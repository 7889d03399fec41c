package policy

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// metric is what a budget may be about.
type metric struct {
	name string
	unit string // base unit of absolute amounts
}

// totals, functions and benchmarks are the metrics of each kind of subject, as
// package compare calls them; those of functions are the columns of pprof.
var (
	totals = []metric{
		{"cpu", "s"},
		{"wall", "s"},
		{"alloc_bytes", "B"},
		{"mallocs", "count"},
	}
	functions = []metric{
		{"cpu", "s"},
		{"alloc_space", "B"},
		{"alloc_objects", "count"},
		{"inuse_space", "B"},
		{"goroutines", "count"},
		{"mutex_delay", "s"},
		{"block_delay", "s"},
	}
	benchmarks = []metric{
		{"sec/op", "s"},
		{"B/op", "B"},
		{"allocs/op", "count"},
	}
)

func metricNames(ms []metric) []string {
	var out []string
	for _, m := range ms {
		out = append(out, m.name)
	}
	return out
}

// suffixes are the units in which amounts may be written.
var suffixes = []struct {
	name  string
	unit  string
	scale float64
}{
	{"%", "ratio", 0.01},
	{"ns", "s", 1e-9},
	{"us", "s", 1e-6},
	{"µs", "s", 1e-6},
	{"ms", "s", 1e-3},
	{"s", "s", 1},
	{"B", "B", 1},
	{"kB", "B", 1e3},
	{"KiB", "B", 1 << 10},
	{"MB", "B", 1e6},
	{"MiB", "B", 1 << 20},
	{"GB", "B", 1e9},
	{"GiB", "B", 1 << 30},
	{"alloc", "count", 1},
	{"allocs", "count", 1},
	{"goroutine", "count", 1},
	{"goroutines", "count", 1},
}

// allowedUnits says in words how an amount of a unit may be written.
func allowedUnits(unit string) string {
	switch unit {
	case "ratio":
		return "a percentage such as 3%"
	case "s":
		return "a percentage such as 3%, or an amount in ns, us, ms or s such as 2ms"
	case "B":
		return "a percentage such as 3%, or an amount in B, kB, KiB, MB, MiB, GB or GiB such as 16B"
	}
	return "a percentage such as 3%, or a number of allocs or goroutines such as 1 alloc"
}

// quantity reads an amount of a metric whose absolute amounts have the given
// base unit. Zero needs no unit.
func (r *reader) quantity(n ast.Node, unit string) (Quantity, bool) {
	text, ok := r.text(n)
	if !ok {
		return Quantity{}, false
	}
	q, err := parseQuantity(text)
	switch {
	case err != nil:
		r.errorAt(n, allowedUnits(unit), "%q: %v", text, err)
		return Quantity{}, false
	case q.Value == 0:
		return Quantity{Unit: "ratio"}, true
	case q.Unit != unit && q.Unit != "ratio":
		r.errorAt(n, allowedUnits(unit), "%q: is of the wrong kind", text)
		return Quantity{}, false
	}
	return q, true
}

// parseQuantity reads "3%", "2 ms", "16B".
func parseQuantity(text string) (Quantity, error) {
	text = strings.TrimSpace(text)
	end := len(text)
	for i, c := range text {
		if !strings.ContainsRune("0123456789.+-", c) {
			end = i
			break
		}
	}
	v, err := strconv.ParseFloat(text[:end], 64)
	switch {
	case err != nil || math.IsInf(v, 0):
		return Quantity{}, fmt.Errorf("begins with no number")
	case v < 0:
		return Quantity{}, fmt.Errorf("is negative")
	}
	unit := strings.TrimSpace(text[end:])
	if unit == "" {
		if v == 0 {
			return Quantity{Unit: "ratio"}, nil
		}
		return Quantity{}, fmt.Errorf("the unit is missing")
	}
	for _, s := range suffixes {
		if s.name == unit {
			return Quantity{Value: v * s.scale, Unit: s.unit}, nil
		}
	}
	return Quantity{}, fmt.Errorf("unit %q is not known", unit)
}
