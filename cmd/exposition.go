package cmd

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// exposition is a text of metrics as Prometheus reads it (format 0.0.4,
// prometheus.io/docs/instrumenting/exposition_formats). The library that writes it
// would cost every command a fifth of its start (docs/adr/0005-dependencies.md).
type exposition struct{ text []byte }

const expositionType = "text/plain; version=0.0.4; charset=utf-8"

// family begins a metric. Kind is counter, gauge or histogram.
func (e *exposition) family(name, kind, help string) {
	e.text = append(e.text, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+kind+"\n"...)
}

// sample is one value of the metric that family began. Labels are name, value, name, value.
func (e *exposition) sample(name string, value float64, labels ...string) {
	e.text = append(e.text, name...)
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	before := byte('{')
	for i := 0; i < len(labels); i += 2 {
		e.text = append(e.text, before)
		e.text = append(e.text, labels[i]+`="`+escape.Replace(labels[i+1])+`"`...)
		before = ','
	}
	if len(labels) > 0 {
		e.text = append(e.text, '}')
	}
	e.text = append(strconv.AppendFloat(append(e.text, ' '), value, 'g', -1, 64), '\n')
}

// each is a metric with one sample for each value of a label.
func each[N int | uint64](e *exposition, name, kind, help, label string, values map[string]N) {
	e.family(name, kind, help)
	for _, v := range slices.Sorted(maps.Keys(values)) {
		e.sample(name, float64(values[v]), label, v)
	}
}

// spread counts observations by their size: up to 16 µs, and so on by factors of 4.
type spread struct {
	counts [14]uint64 // the last is of what is larger than all bounds
	sum    float64
}

// bound is the largest value that counts[i] counts.
func (s *spread) bound(i int) float64 {
	if i == len(s.counts)-1 {
		return math.Inf(1)
	}
	return math.Ldexp(16e-6, 2*i)
}

func (s *spread) observe(v float64) {
	i := 0
	for v > s.bound(i) {
		i++
	}
	s.counts[i]++
	s.sum += v
}

// histograms is a metric with one histogram for each value of a label.
func (e *exposition) histograms(name, help, label string, values map[string]*spread) {
	e.family(name, "histogram", help)
	for _, v := range slices.Sorted(maps.Keys(values)) {
		s, n := values[v], uint64(0)
		for i, c := range s.counts {
			n += c
			e.sample(name+"_bucket", float64(n), label, v, "le", strconv.FormatFloat(s.bound(i), 'g', -1, 64))
		}
		e.sample(name+"_sum", s.sum, label, v)
		e.sample(name+"_count", float64(n), label, v)
	}
}
