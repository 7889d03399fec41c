package source

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/goperf/goperf/evidence"
)

// heapState is what decides on a forced collection. A heap profile shows the
// heap as of the last collection but one, or of the last when runtime.GC made it
// (memRecord in runtime/mprof.go).
type heapState struct {
	known  bool
	numGC  int64
	forced int64         // the collection that the first snapshot forced, by number; 0 is none
	shown  int64         // the collection that a profile shows the heap as of, by number; 0 is none
	live   int64         // HeapAlloc, B
	age    time.Duration // since that collection ended
}

// pauseRing is how many ends of collections MemStats keeps.
const pauseRing = 256

// memstat reads one line of the MemStats page: "# NumGC = 12".
func memstat(page []byte, name string) (int64, bool) {
	i := bytes.LastIndex(page, []byte("\n# "+name+" = "))
	if i < 0 {
		return 0, false
	}
	line, _, _ := bytes.Cut(page[i+len(name)+6:], []byte("\n"))
	n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	return n, err == nil
}

// endOf is when collection number n ended, by the ring that the page prints
// (MemStats.PauseEnd): it is at n-1.
func endOf(page []byte, n int64) (int64, bool) {
	i := bytes.LastIndex(page, []byte("\n# PauseEnd = ["))
	if i < 0 || n < 1 {
		return 0, false
	}
	line, _, _ := bytes.Cut(page[i+len("\n# PauseEnd = ["):], []byte("]"))
	ends := bytes.Fields(line)
	if len(ends) != pauseRing {
		return 0, false
	}
	end, err := strconv.ParseInt(string(ends[(n-1)%pauseRing]), 10, 64)
	return end, err == nil && end > 0
}

func (s *session) heapState(r reply) heapState {
	var st heapState
	gc, ok1 := memstat(r.body, "NumGC")
	live, ok2 := memstat(r.body, "HeapAlloc")
	last, ok3 := memstat(r.body, "LastGC")
	if !ok1 || !ok2 || !ok3 {
		return st
	}
	st = heapState{known: true, numGC: gc, forced: s.last.forced, shown: gc, live: live}
	if gc > 0 && gc != st.forced {
		st.shown--
		if end, ok := endOf(r.body, st.shown); ok {
			last = end
		}
	}
	st.age = max(r.to.Sub(time.Unix(0, last).Add(-s.skew)), 0)
	return st
}

// mayForce says whether the heap is collected on request before it is read.
func (s *session) mayForce(st heapState) bool {
	switch s.plan.GC {
	case WhenAlways:
		return true
	case WhenNever:
		return false
	}
	return st.known && s.stale(st) && st.live <= ForceGCHeap
}

func (s *session) stale(st heapState) bool { return st.shown == 0 || st.age > s.plan.Duration/10 }

// heapText gets the MemStats page; keep adds it to the capture.
func (s *session) heapText(ctx context.Context) (reply, heapState) {
	if !s.offer.has("heap") {
		return reply{}, heapState{}
	}
	r, ok := s.text(ctx, evidence.HeapText, "heap", "debug=1", effectHeapText)
	if !ok {
		return reply{}, heapState{}
	}
	if _, ok := memstat(r.body, "HeapAlloc"); !ok {
		s.gap(evidence.HeapText, "what came does not hold runtime.MemStats", "")
		return reply{}, heapState{}
	}
	return r, s.heapState(r)
}

func (s *session) keepHeapText(r reply) {
	if r.body != nil {
		s.add(s.blob(evidence.HeapText, r, ".txt"))
	}
}

// heap gets the heap profile, after a forced collection when force is set.
func (s *session) heap(ctx context.Context, st heapState, force bool) {
	if force {
		s.snapshot(ctx, evidence.Heap, "gc=1", effectHeapGC)
		return
	}
	if s.snapshot(ctx, evidence.Heap, "", effectHeap) == nil || !st.known || !s.stale(st) {
		return
	}
	doubt := fmt.Sprintf("memory in use is as of a collection that had ended %s before", st.age.Round(100*time.Millisecond))
	switch {
	case st.numGC == 0:
		doubt = "the program has not collected yet: memory in use is all that it allocated"
	case st.shown == 0:
		doubt = "the program has collected once only: memory in use is all that it did not free then"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.capture.Blobs = slices.Clone(s.capture.Blobs) // somebody may be reading those that progress showed
	b := &s.capture.Blobs[len(s.capture.Blobs)-1]
	if b.Doubt == "" {
		b.Doubt = doubt
	}
}

// openHeap takes the first heap snapshot. The MemStats page that is kept comes
// after a forced collection, so that its counts do not hold it.
func (s *session) openHeap(ctx context.Context) {
	r, st := s.heapText(ctx)
	force := s.mayForce(st)
	s.heap(ctx, st, force)
	if force {
		s.last.forced = st.numGC + 1
		if again, after := s.heapText(ctx); after.known {
			r, st = again, after
		}
	}
	s.keepHeapText(r)
	s.last = st
}

// midHeap takes a heap snapshot in the window, when it shows another collection
// than the last one did.
func (s *session) midHeap(ctx context.Context) {
	r, st := s.heapText(ctx)
	s.keepHeapText(r)
	if !st.known || st.shown == s.last.shown {
		return
	}
	s.last = st
	s.heap(ctx, heapState{}, false) // its age matters to nothing
}

func (s *session) closeHeap(ctx context.Context, hurry bool) {
	r, st := s.heapText(ctx)
	s.keepHeapText(r)
	// Two snapshots are compared, so they are taken in the same way.
	force := !hurry && s.mayForce(st)
	s.heap(ctx, st, force)
}
