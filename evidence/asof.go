package evidence

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// heapGrowth is what heap profiles cannot tell when all of them show the heap as
// of one collection; only gaps are of this kind.
const heapGrowth Kind = "heap growth"

// nextTo is how long before a profile a MemStats page may have been written that
// is taken to know the collections up to it.
const nextTo = time.Second

// mark is the end of a collection by the target's clock, ns.
type mark struct {
	end   int64
	swept bool // runtime.GC waits for the sweep: profiles show the heap as of this one at once
}

// asOf gives heap profiles the time of the heap that they show. The runtime
// publishes what a collection found when the next one has ended (memRecord in
// runtime/mprof.go), or when runtime.GC has swept: without force a profile shows
// the heap as of the end of the last collection but one, and that can be minutes
// ago. When collections ended the MemStats pages beside the profiles tell.
func (d *decoder) asOf() {
	marks, ok := d.marks()
	if !ok {
		return
	}
	for _, kind := range []Kind{Heap, Allocs} {
		shown, known := int64(0), 0
		for _, e := range d.entries {
			if e.blob.Kind != kind || e.profile.TimeNanos == 0 || e.profile.DurationNanos != 0 || e.blob.From.IsZero() {
				continue
			}
			switch {
			case forced(e.blob):
				e.profile.TimeNanos = lastEnd(marks, e)
				known++
			case d.pageBeside(e):
				e.profile.TimeNanos = shownEnd(marks, e.profile.TimeNanos, shown)
				known++
			}
			e.profile.TimeNanos = max(e.profile.TimeNanos, shown)
			shown = e.profile.TimeNanos
		}
		if ps := d.set.Profiles[kind]; len(ps) > 1 && known == len(ps) && ps[0].TimeNanos == ps[len(ps)-1].TimeNanos {
			d.set.Gaps = append(d.set.Gaps, Gap{
				Want: heapGrowth, Why: "all heap profiles show the heap as of one collection: no later one was completed in the window, so what grew in it is not known",
				Hint: "force one on each end with --gc always, or look for longer: the runtime collects once in two minutes at least",
			})
		}
	}
}

// forced reports whether a profile was asked for with a collection before it.
func forced(b *Blob) bool {
	_, query, _ := strings.Cut(b.URL, "?")
	return slices.Contains(strings.Split(query, "&"), "gc=1")
}

// lastEnd is when the collection ended that was forced for a profile: the last
// within the request that a page tells of, else the time of the profile.
func lastEnd(marks []mark, e entry) int64 {
	t := e.profile.TimeNanos
	if n := upTo(marks, t); n > 0 && marks[n-1].end >= t-e.blob.To.Sub(e.blob.From).Nanoseconds() {
		return marks[n-1].end
	}
	return t
}

// shownEnd is the end of the collection that a profile written at t shows the
// heap as of. Before the second collection that is when somebody first looked.
func shownEnd(marks []mark, t, looked int64) int64 {
	n := upTo(marks, t)
	switch {
	case n > 0 && marks[n-1].swept:
		return marks[n-1].end
	case n > 1:
		return marks[n-2].end
	case looked > 0:
		return looked
	}
	return t
}

// upTo is how many collections had ended at t.
func upTo(marks []mark, t int64) int {
	n, _ := slices.BinarySearchFunc(marks, t+1, func(m mark, t int64) int { return cmp.Compare(m.end, t) })
	return n
}

// marks are the collections that the MemStats pages tell of, the oldest first.
// It is false when the pages are of different processes.
func (d *decoder) marks() (out []mark, ok bool) {
	swept := map[int64]bool{}
	var before MemorySample
	for _, m := range d.set.Memory {
		if m.NumGC < before.NumGC || m.NumForcedGC < before.NumForcedGC {
			return nil, false
		}
		byCall := m.NumGC-before.NumGC == m.NumForcedGC-before.NumForcedGC // all of them since the page before
		for i, end := range m.Ends {
			if _, known := swept[end.UnixNano()]; !known {
				swept[end.UnixNano()] = byCall && int64(i) < m.NumGC-before.NumGC
			}
		}
		before = m
	}
	for end, by := range swept {
		out = append(out, mark{end, by})
	}
	slices.SortFunc(out, func(a, b mark) int { return cmp.Compare(a.end, b.end) })
	for _, e := range d.entries {
		if !forced(e.blob) {
			continue
		}
		if n := upTo(out, e.profile.TimeNanos); n > 0 && out[n-1].end == lastEnd(out, e) {
			out[n-1].swept = true
		}
	}
	return out, true
}

// pageBeside reports whether the collections before a profile are known: by a
// page just before it, or by a later one whose ring of ends reaches back to it.
func (d *decoder) pageBeside(e entry) bool {
	return slices.ContainsFunc(d.set.Memory, func(m MemorySample) bool {
		if m.At.IsZero() || len(m.Ends) == 0 && m.NumGC > 0 {
			return false
		}
		if m.At.Before(e.blob.To) {
			return !m.At.Before(e.blob.From.Add(-nextTo))
		}
		return int64(len(m.Ends)) >= m.NumGC || m.Ends[len(m.Ends)-1].UnixNano() <= e.profile.TimeNanos
	})
}
