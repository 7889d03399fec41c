package exhibit

import (
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

// heapLines are the heap over time: objects and goal as the pages of a service
// have them, and what was live at each collection that a heap profile shows.
func heapLines(set *evidence.Set) []timeline {
	objects := memoryLine(set, "live-heap", "heap objects", func(m *evidence.MemorySample) int64 { return m.HeapAlloc }, "/memory/classes/heap/objects:bytes", "go_memstats_heap_alloc_bytes")
	goal := memoryLine(set, "live-goal", "heap goal", func(m *evidence.MemorySample) int64 { return m.NextGC }, "/gc/heap/goal:bytes", "go_memstats_next_gc_bytes")
	return []timeline{objects, goal, liveLine(set)}
}

// memoryLine is a number of the memory pages, or else of the pages of metrics that
// know it by one of the names.
func memoryLine(set *evidence.Set, id, name string, of func(*evidence.MemorySample) int64, metrics ...string) timeline {
	t := timeline{id: id, name: name, unit: "B"}
	for i := range set.Memory {
		if v := of(&set.Memory[i]); v > 0 {
			t.add(set.Memory[i].At, float64(v))
		}
	}
	if len(t.values) > 1 {
		return t
	}
	t.at, t.values = nil, nil
	for _, s := range set.Runtime {
		for _, metric := range metrics {
			if v, ok := s.Values[metric]; ok && !s.At.IsZero() {
				t.add(s.At, v)
				break
			}
		}
	}
	return t
}

// liveLine is what the heap profiles hold, at the collections that they show, as
// far as those were in the window: one before it would stretch all lines.
func liveLine(set *evidence.Set) timeline {
	t := timeline{id: "live-live", name: "live heap", unit: "B"}
	for _, p := range collections(set.Profiles[evidence.Heap]) {
		if col, ok := p.SampleType("inuse_space"); ok && p.TimeNanos > 0 && !taken(p).Before(set.From) {
			t.add(taken(p), float64(p.Total(col)))
		}
	}
	return t
}

// Cycles is the heap of each collection of a log: what there was at its end, what
// of it is live, and the goal. Times are seconds since the first of them. False
// with fewer than two collections.
func Cycles(set *evidence.Set) (report.Exhibit, bool) {
	if set.GC == nil || len(set.GC.Cycles) < 2 {
		return report.Exhibit{}, false
	}
	s := &report.Series{Unit: "B", Lines: []report.Line{{Name: "at its end"}, {Name: "live"}, {Name: "goal"}}}
	var before time.Duration
	for i, c := range set.GC.Cycles {
		if i > 0 && c.At < before {
			return report.Exhibit{}, false // the clock of another process
		}
		before = c.At
		s.Times = append(s.Times, (c.At - set.GC.Cycles[0].At).Seconds())
		for k, v := range []int64{c.HeapEnd, c.HeapLive, c.Goal} {
			s.Lines[k].Values = append(s.Lines[k].Values, float64(v))
		}
	}
	return report.Exhibit{ID: "gc-cycles", Title: "Heap at each collection", Series: s}, true
}
