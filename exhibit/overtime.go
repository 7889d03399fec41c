package exhibit

import (
	"slices"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// OverTime is the numbers of a window as far as they were looked at more than
// once, and of what came after it: CPU, goroutines, the heap and its pace, what
// the process takes of the machine. Each is a series of one line. Times are
// seconds since from, the first of all looks; what is over some time stands at
// its end.
func OverTime(set *evidence.Set, later ...kernel.Use) (out []report.Exhibit, from time.Time) {
	uses := append(set.Usage(), later...)
	cpu := cpuOf(uses)
	if len(cpu.values) < 2 {
		cpu = cpuLine(set)
	}
	all := append(append([]timeline{cpu, goroutineLine(set, uses)}, heapLines(set)...), paceLine(set), cycleLine(set))
	for _, w := range []struct {
		id, name, unit string
		of             func(kernel.Use) int64
	}{
		{"live-rss", "RSS", "B", func(u kernel.Use) int64 { return u.RSS }},
		{"live-fds", "file descriptors", "count", func(u kernel.Use) int64 { return u.FDs }},
		{"live-threads", "threads", "count", func(u kernel.Use) int64 { return u.Threads }},
	} {
		all = append(all, useLine(w.id, w.name, w.unit, uses, w.of))
	}
	all = slices.DeleteFunc(all, func(t timeline) bool { return len(t.values) < 2 })
	for _, t := range all {
		if from.IsZero() || t.at[0].Before(from) {
			from = t.at[0]
		}
	}
	for _, t := range all {
		out = append(out, t.exhibit(from))
	}
	return out, from
}

// timeline is a number at several times.
type timeline struct {
	id, name, unit string
	at             []time.Time
	values         []float64
}

func (t *timeline) add(at time.Time, v float64) {
	t.at, t.values = append(t.at, at), append(t.values, v)
}

func (t *timeline) exhibit(from time.Time) report.Exhibit {
	times := make([]float64, len(t.at))
	for i, at := range t.at {
		times[i] = at.Sub(from).Seconds()
	}
	return report.Exhibit{ID: t.id, Title: t.name, Series: &report.Series{Unit: t.unit, Times: times, Lines: []report.Line{{Name: t.name, Values: t.values}}}}
}

// cpuOf is the CPU by the kernel's count, between two looks.
func cpuOf(uses []kernel.Use) timeline {
	t := timeline{id: "live-cpu", name: "CPU", unit: "cores"}
	last := 0
	for i, u := range uses {
		took := u.At.Sub(uses[last].At).Seconds()
		if took < leastApart {
			continue
		}
		if used := (u.CPU - uses[last].CPU).Seconds(); used >= 0 && u.CPU > 0 {
			t.add(u.At, used/took)
		}
		last = i
	}
	return t
}

// useLine is a number of each look, where it is known.
func useLine(id, name, unit string, uses []kernel.Use, of func(kernel.Use) int64) timeline {
	t := timeline{id: id, name: name, unit: unit}
	for _, u := range uses {
		if v := of(u); v > 0 {
			t.add(u.At, float64(v))
		}
	}
	return t
}

func cpuLine(set *evidence.Set) timeline {
	t := timeline{id: "live-cpu", name: "CPU", unit: "cores"}
	for _, p := range set.Profiles[evidence.CPU] {
		if col, ok := p.SampleType("cpu"); ok && p.DurationNanos > 0 {
			t.add(taken(p).Add(time.Duration(p.DurationNanos)), float64(p.Total(col))/float64(p.DurationNanos))
		}
	}
	return t
}

func goroutineLine(set *evidence.Set, uses []kernel.Use) timeline {
	t := timeline{id: "live-goroutines", name: "goroutines", unit: "count"}
	for _, p := range set.Profiles[evidence.Goroutine] {
		if col, ok := p.SampleType("goroutine"); ok {
			t.add(taken(p), float64(p.Total(col)))
		}
	}
	for _, u := range uses {
		if u.Goroutines > 0 { // looks of the window do not count them: its profiles do
			t.add(u.At, float64(u.Goroutines))
		}
	}
	return t
}

// taken is when a profile begins.
func taken(p *profile.Profile) time.Time { return time.Unix(0, p.TimeNanos) }

// paceLine is what was allocated between two looks.
func paceLine(set *evidence.Set) timeline {
	t := timeline{id: "live-alloc", name: "allocating", unit: "B/s"}
	apart(set, func(at time.Time, a, b evidence.MemorySample, s float64) {
		t.add(at, float64(b.TotalAlloc-a.TotalAlloc)/s)
	})
	return t
}

func cycleLine(set *evidence.Set) timeline {
	t := timeline{id: "live-gc", name: "collections", unit: "count/s"}
	apart(set, func(at time.Time, a, b evidence.MemorySample, s float64) {
		t.add(at, float64(b.NumGC-a.NumGC)/s)
	})
	return t
}

// leastApart is how many seconds lie between two looks from which a pace is taken.
const leastApart = 0.2

// apart visits looks at the memory that are some time apart: the two that
// stand around a forced collection would tell of nothing else.
func apart(set *evidence.Set, visit func(at time.Time, a, b evidence.MemorySample, seconds float64)) {
	last := 0
	for i := range set.Memory {
		a, b := set.Memory[last], set.Memory[i]
		s := b.At.Sub(a.At).Seconds()
		if s < leastApart {
			continue
		}
		if b.TotalAlloc >= a.TotalAlloc && b.NumGC >= a.NumGC { // else it is another process
			visit(b.At, a, b, s)
		}
		last = i
	}
}
