package exhibit

import (
	"fmt"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// account is the memory of a Go process, taken apart. The parts of Go are
// exactly runtime.MemStats: Sys - HeapReleased.
type account struct {
	at   evidence.MemorySample
	live int64 // reachable at the last collection, -1 when unknown
	rss  int64 // 0 when unknown
	peak int64 // most RSS ever, 0 when unknown
}

// Memory says where the resident memory of the process is: what the live
// objects take, what waits for the collector, what is kept for reuse, what the
// runtime itself needs and what is not Go's at all. False without MemStats.
func Memory(set *evidence.Set) (report.Exhibit, bool) {
	if len(set.Memory) == 0 {
		return report.Exhibit{}, false
	}
	a := account{at: set.Memory[len(set.Memory)-1], live: -1, rss: set.Host.RSS}
	a.peak = a.at.MaxRSS
	if heap := last(set, evidence.Heap, evidence.Allocs); heap != nil {
		a.live = liveHeap(heap, a.at)
	}
	if a.at.Sys <= 0 {
		return report.Exhibit{}, false
	}
	return a.exhibit(), true
}

// liveHeap is the heap profile's inuse_space, which is the state of the last
// completed collection. It is an estimate from samples, so it is held within
// what MemStats counted.
func liveHeap(heap *profile.Profile, m evidence.MemorySample) int64 {
	col, ok := heap.SampleType("inuse_space")
	if !ok {
		return -1
	}
	return min(max(heap.Total(col), 0), m.HeapAlloc)
}

type memoryPart struct {
	name string
	size int64
	note string
}

// parts are what Go has obtained from the system and not given back. Free and
// released spans are both idle; a stack span counts as stack, not as heap.
func (a account) parts() []memoryPart {
	m := a.at
	objects := []memoryPart{{"heap objects", m.HeapAlloc, "live, and dead since the last collection: no heap profile tells them apart"}}
	if a.live >= 0 {
		objects = []memoryPart{
			{"live heap", a.live, "reachable at the last collection, by the heap profile"},
			{"dead since GC", m.HeapAlloc - a.live, "garbage that the next collection finds, and what is new since the last"},
		}
	}
	return append(objects, []memoryPart{
		{"unused in spans", m.HeapInuse - m.HeapAlloc, "free slots between objects: fragmentation and size classes"},
		{"free, not returned", m.HeapIdle - m.HeapReleased, "kept for the next growth, given back slowly"},
		{"stacks", m.StackSys, "of goroutines and of threads that the runtime made"},
		{"runtime metadata", m.MSpanSys + m.MCacheSys + m.GCSys, "spans, caches, GC bitmaps and work buffers"},
		{"profiling buckets", m.BuckHashSys, "stacks of the heap, mutex and block profiles"},
		{"other runtime", m.OtherSys, "timers, finalizers, off-heap tables"},
	}...)
}

func (a account) exhibit() report.Exhibit {
	parts := a.parts()
	var obtained int64
	for _, p := range parts {
		obtained += p.size
	}
	whole, title := obtained, fmt.Sprintf("Where the %s that Go holds are", report.FormatValue(float64(obtained), "B"))
	if a.rss > 0 {
		whole, title = a.rss, fmt.Sprintf("Where %s of resident memory are", report.FormatValue(float64(a.rss), "B"))
		parts = append(parts, a.rest(obtained))
	}
	t := &report.Table{Columns: []report.Column{{Name: "part"}, {Name: "size", Unit: "B"}, {Name: "share", Unit: "ratio"}, {Name: "meaning"}}}
	for _, p := range parts {
		t.Rows = append(t.Rows, []report.Cell{text(p.name), number(float64(p.size)), number(share(float64(p.size), float64(whole))), text(p.note)})
	}
	name := "held by Go"
	if a.rss > 0 {
		name = "resident (RSS)"
	}
	t.Rows = append(t.Rows, []report.Cell{text(name), number(float64(whole)), number(1), text(a.peakNote())})
	return report.Exhibit{ID: "memory", Title: title, Table: t}
}

// rest is what the system counts and MemStats does not, or the other way round:
// memory that Go has obtained but never touched is not resident.
func (a account) rest(obtained int64) memoryPart {
	d := a.rss - obtained
	if d >= 0 {
		return memoryPart{"not Go's heap", d, "binary, shared libraries, cgo, mapped files"}
	}
	return memoryPart{"less: not resident", d, "obtained from the system and never touched, or given back since"}
}

func (a account) peakNote() string {
	switch {
	case a.peak <= 0:
		return ""
	case a.rss > 0:
		return "at its peak " + report.FormatValue(float64(max(a.peak, a.rss)), "B")
	}
	return "peak resident memory of the process: " + report.FormatValue(float64(a.peak), "B")
}
