package sched

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/goperf/goperf/kernel"
)

// drained is everything that came out of the kernel.
type drained struct {
	from, to time.Time
	target   uint32
	latency  []uint64 // by power of two of nanoseconds
	others   []other
	counters []uint64
	quota    throttling // in the window
	limited  bool       // quota is known
}

// throttling is what a quota did to a cgroup.
type throttling struct {
	periods, throttled int64
	stalled            time.Duration
}

func (t throttling) since(before throttling) throttling {
	return throttling{t.periods - before.periods, t.throttled - before.throttled, t.stalled - before.stalled}
}

func fold(d *drained) *kernel.Measurement {
	c := d.counters
	window := d.to.Sub(d.from).Seconds()
	m := &kernel.Measurement{Probe: Name, From: d.from, To: d.to}
	add := func(name string, v float64, unit string) {
		m.Counts = append(m.Counts, kernel.Count{Name: name, Value: v, Unit: unit})
	}
	add("times that a thread got a CPU", float64(c[runs]), "count")
	add("waiting for a CPU", float64(c[queuedNS])/1e9, "s")
	if c[runs] > 0 {
		add("mean run-queue latency", float64(c[queuedNS])/1e9/float64(c[runs]), "s")
		add("run-queue latency, 99 of 100 below", quantile(d.latency, 0.99), "s")
	}
	add("preemptions", float64(c[preemptions]), "count")
	add("migrations", float64(c[migrations]), "count")
	if window > 0 {
		add("threads waiting for a CPU on average", float64(c[queuedNS])/1e9/window, "count")
	}
	if d.limited {
		add("cgroup periods", float64(d.quota.periods), "count")
		add("cgroup periods throttled", float64(d.quota.throttled), "count")
		add("throttled by the cgroup's quota", d.quota.stalled.Seconds(), "s")
	}
	if h, ok := histogram(d.latency); ok {
		m.Histograms = append(m.Histograms, h)
	}
	m.Tables = append(m.Tables, d.hadCPU())
	m.Losses = []kernel.Loss{
		{What: "threads that could not be followed", Count: c[noStorage], Of: c[runs]},
		{What: "waits without room for who had the CPU", Count: c[othersLost], Of: c[runs]},
		{What: "waits whose beginning the kernel did not report", Count: c[unseen], Of: c[runs] + c[unseen]},
	}
	return m
}

// histogram is the buckets from the first to the last that hold something.
func histogram(buckets []uint64) (kernel.Histogram, bool) {
	first := slices.IndexFunc(buckets, func(n uint64) bool { return n > 0 })
	if first < 0 {
		return kernel.Histogram{}, false
	}
	last := len(buckets) - 1
	for buckets[last] == 0 {
		last--
	}
	h := kernel.Histogram{Name: "Run-queue latency", Unit: "s", Counts: slices.Clone(buckets[first : last+1])}
	for i := first; i <= last+1; i++ {
		h.Bounds = append(h.Bounds, bound(i))
	}
	return h, true
}

// bound is the lower end of a bucket, in seconds.
func bound(i int) float64 {
	if i == 0 {
		return 0
	}
	return float64(uint64(1)<<i) / 1e9
}

// quantile is the upper end of the bucket in which a share of the counts is
// reached, in seconds.
func quantile(buckets []uint64, share float64) float64 {
	var total, sum uint64
	for _, n := range buckets {
		total += n
	}
	for i, n := range buckets {
		sum += n
		if n > 0 && float64(sum) >= share*float64(total) {
			return bound(i + 1)
		}
	}
	return 0
}

// maxOthers is how many processes the table names.
const maxOthers = 15

// hadCPU is who ran where a thread of the target was waiting to.
func (d *drained) hadCPU() kernel.Table {
	t := kernel.Table{Name: "Who had the CPU meanwhile", Columns: []kernel.Column{{Name: "waited", Unit: "s"}, {Name: "times", Unit: "count"}, {Name: "process"}}}
	slices.SortFunc(d.others, func(a, b other) int { return cmp.Or(cmp.Compare(b.ns, a.ns), cmp.Compare(a.pid, b.pid)) })
	for _, o := range d.others[:min(len(d.others), maxOthers)] {
		name := fmt.Sprintf("%s (%d)", o.comm, o.pid)
		switch o.pid {
		case 0:
			name = "nobody: the CPU was idle and had to be woken"
		case d.target:
			name = "the process itself"
		}
		t.Rows = append(t.Rows, []kernel.Cell{{Value: float64(o.ns) / 1e9}, {Value: float64(o.n)}, {Text: name}})
	}
	return t
}
