package compare

import (
	"slices"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// metric is one quantity that profiles of a kind hold.
type metric struct {
	name   string
	kind   evidence.Kind
	column string
	unit   string // base unit
	of     measure
	noise  noise
}

// measure says what values of a run are divided by.
type measure uint8

const (
	rate  measure = iota // work that was done, or time
	share                // the total of the run: machines differ in speed from run to run
	level                // nothing: a snapshot
)

// noise says where the error of one run comes from.
type noise uint8

const (
	samples noise = iota // each value is a number of equal samples
	objects              // objects of the heap, sampled by size
	counted              // nothing is sampled, numbers fluctuate
	events               // heavy tails: waits
)

var metrics = []metric{
	{"cpu", evidence.CPU, "cpu", "s", share, samples},
	{"alloc_space", evidence.Allocs, "alloc_space", "B", rate, objects},
	{"alloc_objects", evidence.Allocs, "alloc_objects", "count", rate, objects},
	{"inuse_space", evidence.Heap, "inuse_space", "B", level, objects},
	{"mutex_delay", evidence.Mutex, "delay", "s", rate, events},
	{"block_delay", evidence.Block, "delay", "s", rate, events},
	{"goroutines", evidence.Goroutine, "goroutine", "count", level, counted},
}

// metricsOf are the metrics of the kinds of profiles that both sides have; of a
// kind that is not in the list what the profile shows by default.
func metricsOf(base, next Side) []*metric {
	var out []*metric
	both := kinds(next)
	for _, k := range kinds(base) {
		if !slices.Contains(both, k) {
			continue
		}
		known := false
		for i := range metrics {
			if metrics[i].kind == k {
				out, known = append(out, &metrics[i]), true
			}
		}
		if m := other(k, base); !known && m != nil {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b *metric) int { return listed(a) - listed(b) })
	return out
}

// listed is where a metric stands in the list, behind it if it is not in there.
func listed(m *metric) int {
	if i := slices.IndexFunc(metrics, func(l metric) bool { return l.name == m.name }); i >= 0 {
		return i
	}
	return len(metrics)
}

// other is what a profile of a kind shows by default.
func other(k evidence.Kind, s Side) *metric {
	for i := range s.Runs {
		p := s.Runs[i].Profiles[k]
		if p == nil || len(p.SampleTypes) == 0 {
			continue
		}
		t := p.SampleTypes[p.DefaultType()]
		m := &metric{name: t.Type, kind: k, column: t.Type, unit: "s", of: rate, noise: events}
		if t.Unit == "count" || t.Unit == "bytes" {
			m.unit, m.of, m.noise = map[string]string{"count": "count", "bytes": "B"}[t.Unit], level, counted
		}
		return m
	}
	return nil
}

// columns are the places of a metric in a profile.
type columns struct {
	value, count int     // -1 when there is none
	scale        float64 // of value to the base unit
	rate         float64 // B, mean distance of samples of the heap
}

// unitScale turns the units of profiles into base units.
var unitScale = map[string]float64{
	"nanoseconds": 1e-9, "microseconds": 1e-6, "milliseconds": 1e-3, "seconds": 1,
	"bytes": 1, "kilobytes": 1024, "megabytes": 1 << 20, "count": 1,
}

// find says where p has the metric; ok is false when it has not.
func (m *metric) find(p *profile.Profile) (c columns, ok bool) {
	c = columns{count: -1, scale: 1, rate: float64(p.Period)}
	if c.value, ok = p.SampleType(m.column); !ok {
		if m.noise == objects || len(p.SampleTypes) == 0 {
			return c, false
		}
		c.value = p.DefaultType()
	}
	if s, known := unitScale[p.SampleTypes[c.value].Unit]; known {
		c.scale = s
	}
	counts := map[string]string{"alloc_space": "alloc_objects", "alloc_objects": "alloc_space", "inuse_space": "inuse_objects"}[m.column]
	switch m.noise {
	case samples:
		counts = "samples"
	case events:
		counts = "contentions"
	}
	if i, ok := p.SampleType(counts); ok {
		c.count = i
	}
	return c, true
}
