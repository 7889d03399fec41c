package exhibit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// account is the memory of a Go process, taken apart. The parts of Go are
// exactly runtime.MemStats: Sys - HeapReleased.
type account struct {
	at     evidence.MemorySample
	live   int64         // reachable at the collection that the heap profile shows, -1 when unknown
	off    float64       // how far that may be off at 95 %, by sampling, B
	age    time.Duration // of that collection, 0 when unknown
	forced bool          // it was forced after the numbers were read: all that it did not find is dead
	rss    int64         // 0 when unknown
	peak   int64         // most RSS ever, 0 when unknown
}

// Memory says where the resident memory of the process is: what the live
// objects take, what is newer or dead, what is kept for reuse, what the
// runtime itself needs and what is not Go's at all. False without MemStats.
func Memory(set *evidence.Set) (report.Exhibit, bool) {
	if len(set.Memory) == 0 {
		return report.Exhibit{}, false
	}
	a := account{at: set.Memory[len(set.Memory)-1], live: -1, rss: set.Host.RSS}
	a.peak = a.at.MaxRSS
	if heap := last(set, evidence.Heap, evidence.Allocs); heap != nil {
		a.live, a.off = liveHeap(heap, a.at)
		a.forced = forcedLast(set.Asked)
		a.age = heapAge(set, heap)
	}
	if a.at.Sys <= 0 {
		return report.Exhibit{}, false
	}
	return a.exhibit(), true
}

// liveHeap is the heap profile's inuse_space, and how far that may be off. It is
// an estimate from samples, so it is held within what MemStats counted.
func liveHeap(heap *profile.Profile, m evidence.MemorySample) (live int64, off float64) {
	col, ok := heap.SampleType("inuse_space")
	if !ok {
		return -1, 0
	}
	if objects, ok := heap.SampleType("inuse_objects"); ok {
		var variance float64
		for s := range heap.NumSamples() {
			if bytes := heap.Value(s, col); bytes > 0 {
				e := float64(bytes) * evidence.HeapError([]*profile.Profile{heap}, bytes, heap.Value(s, objects))
				variance += e * e
			}
		}
		off = z95 * math.Sqrt(variance)
	}
	return min(max(heap.Total(col), 0), m.HeapAlloc), off
}

// forcedLast reports whether the last thing asked of the heap was a profile with
// a collection before it, and not the numbers.
func forcedLast(asked []evidence.Request) bool {
	for _, r := range slices.Backward(asked) {
		switch {
		case strings.Contains(r.What, "heap?gc=1"):
			return true
		case strings.Contains(r.What, "heap?debug=1"):
			return false
		}
	}
	return false
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
		objects = []memoryPart{{"live heap", a.live, a.liveNote()}, a.newer()}
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

func (a account) liveNote() string {
	text := "reachable at the last collection that the heap profile shows"
	switch {
	case a.forced:
		text = "reachable at the collection that was forced for the heap profile"
	case a.age > 0:
		text += ", " + report.FormatValue(a.age.Seconds(), "s") + " before"
	}
	if a.off > 0 {
		text += "; sampled, ±" + report.FormatValue(a.off, "B")
	}
	return text
}

// newer is the heap that the profile does not show. Without force that is mostly
// what was made since: how much of it is live the next collection but one tells.
func (a account) newer() memoryPart {
	rest := a.at.HeapAlloc - a.live
	if a.forced {
		return memoryPart{"dead", rest, "garbage: the forced collection freed it, as far as sampling tells"}
	}
	return memoryPart{"newer or dead", rest, "made since that collection, live or dead is not known; and what died since"}
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
