package oncpu

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

// drained is everything that came out of the kernel.
type drained struct {
	from, to time.Time
	hertz    int
	samples  []sample
	stacks   map[uint64]stacks.Stack
	labels   map[uint64]stacks.Labels
	counters []uint64
}

// fold makes a CPU profile as the runtime's own profiler writes it, with the
// goroutine as a number beside the pprof labels.
func fold(d *drained, symbols stacks.Symbols) (*kernel.Measurement, error) {
	f := stacks.NewFolder(symbols, d.stacks, d.labels,
		profile.ValueType{Type: "samples", Unit: "count"}, profile.ValueType{Type: "cpu", Unit: "nanoseconds"})
	period := int64(time.Second) / int64(d.hertz)
	// The kernel's map has no order; a profile of the same samples is the same.
	slices.SortFunc(d.samples, func(a, b sample) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.stack, b.stack), cmp.Compare(a.goid, b.goid), cmp.Compare(a.labels, b.labels))
	})
	var total, idle int64
	for _, s := range d.samples {
		n := int64(min(s.count, math.MaxInt64/uint64(time.Second)))
		total += n
		var more []profile.Label
		if s.goid != 0 {
			more = append(more, profile.Label{Key: "goroutine", Num: int64(s.goid)})
		} else {
			idle += n
		}
		f.Add(s.stack, s.labels, n, []int64{n, n * period}, more...)
	}
	p, err := f.Finish(&profile.Profile{
		PeriodType: profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: period, DefaultSampleType: "cpu",
		TimeNanos: d.from.UnixNano(), DurationNanos: int64(d.to.Sub(d.from)),
	})
	if err != nil {
		return nil, err
	}
	window := d.to.Sub(d.from).Seconds()
	m := &kernel.Measurement{Probe: Name, From: d.from, To: d.to, Profile: p}
	m.Counts = []kernel.Count{
		{Name: "samples", Value: float64(total), Unit: "count"},
		{Name: "CPU time", Value: float64(total) / float64(d.hertz), Unit: "s"},
		{Name: "samples without a goroutine (scheduler, collector)", Value: float64(idle), Unit: "count"},
		{Name: "leaf functions without a frame that got their caller back", Value: float64(f.Repaired), Unit: "count"},
	}
	if window > 0 {
		m.Counts = append(m.Counts, kernel.Count{Name: "CPU", Value: float64(total) / float64(d.hertz) / window, Unit: "cores"})
	}
	n := d.counters[seen]
	m.Losses = []kernel.Loss{
		{What: "samples without room", Count: d.counters[samplesLost], Of: n},
		{What: "samples whose stack had no room", Count: d.counters[stackLost], Of: n},
		{What: "samples whose labels had no room", Count: d.counters[labelsLost], Of: n},
		{What: "samples whose goroutine could not be read", Count: d.counters[noGoroutine], Of: n},
		{What: "stacks that are deeper than what is kept", Count: uint64(f.Cut), Of: n},
	}
	return m, nil
}
