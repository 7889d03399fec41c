package exhibit

import (
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// OverTime is the numbers of a window as far as they were looked at more than
// once: the CPU of each slice, the heap, its pace and the goroutines. Each is a
// series of one line; times are seconds since the first look.
func OverTime(set *evidence.Set) []report.Exhibit {
	var out []report.Exhibit
	for _, s := range []timeline{cpuLine(set), goroutineLine(set), heapLine(set), paceLine(set), cycleLine(set)} {
		if len(s.values) > 1 {
			out = append(out, s.exhibit())
		}
	}
	return out
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

func (t *timeline) exhibit() report.Exhibit {
	times := make([]float64, len(t.at))
	for i, at := range t.at {
		times[i] = at.Sub(t.at[0]).Seconds()
	}
	return report.Exhibit{ID: t.id, Title: t.name, Series: &report.Series{Unit: t.unit, Times: times, Lines: []report.Line{{Name: t.name, Values: t.values}}}}
}

func cpuLine(set *evidence.Set) timeline {
	t := timeline{id: "live-cpu", name: "CPU", unit: "cores"}
	for _, p := range set.Profiles[evidence.CPU] {
		if col, ok := p.SampleType("cpu"); ok && p.DurationNanos > 0 {
			t.add(taken(p), float64(p.Total(col))/float64(p.DurationNanos))
		}
	}
	return t
}

func goroutineLine(set *evidence.Set) timeline {
	t := timeline{id: "live-goroutines", name: "goroutines", unit: "count"}
	for _, p := range set.Profiles[evidence.Goroutine] {
		if col, ok := p.SampleType("goroutine"); ok {
			t.add(taken(p), float64(p.Total(col)))
		}
	}
	return t
}

// taken is when a profile begins.
func taken(p *profile.Profile) time.Time { return time.Unix(0, p.TimeNanos) }

func heapLine(set *evidence.Set) timeline {
	t := timeline{id: "live-heap", name: "heap objects", unit: "B"}
	for _, m := range set.Memory {
		t.add(m.At, float64(m.HeapAlloc))
	}
	return t
}

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

// apart visits looks at the memory that are some time apart: the two that
// stand around a forced collection would tell of nothing else.
func apart(set *evidence.Set, visit func(at time.Time, a, b evidence.MemorySample, seconds float64)) {
	const least = 0.2 // s
	last := 0
	for i := range set.Memory {
		a, b := set.Memory[last], set.Memory[i]
		s := b.At.Sub(a.At).Seconds()
		if s < least {
			continue
		}
		if b.TotalAlloc >= a.TotalAlloc && b.NumGC >= a.NumGC { // else it is another process
			visit(b.At, a, b, s)
		}
		last = i
	}
}
