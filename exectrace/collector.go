package exectrace

import (
	"math"
	"time"

	"golang.org/x/exp/trace"
)

// maxCollections bounds how many cycles are kept: 250 a second for 40 s.
const maxCollections = 10_000

// Collector is what the trace says of the garbage collector beside Assist and
// GCActive: the cycles that began and ended in the window, and how long workers
// ran, idle ones on processors that nothing else wanted.
type Collector struct {
	Cycles []Collection
	Worker time.Duration // dedicated and fractional
	Idle   time.Duration
}

// Collection is one cycle. Sizes are the runtime's heapLive at that moment.
type Collection struct {
	Start     time.Duration // of concurrent mark, since the window's begin
	Took      time.Duration // concurrent mark, wall
	HeapStart int64         // B, when marking began
	HeapEnd   int64         // B, when it ended
	Marked    int64         // B, live as marking found it
	Goal      int64         // B, that this cycle was held to
	Next      int64         // B, the goal that follows from Marked; 0 when the trace ended before
}

// collector follows the heap metrics, which the runtime emits at each refill of
// a cache, when the live heap is set anew and when the goal changes (mgcpacer.go).
type collector struct {
	sum     Collector
	heap    int64
	goal    int64
	seen    bool // a heap size
	phase   phase
	current Collection
}

// phase is how far the current cycle is. Where marking ends, the end of the
// range, the new live heap and the new goal come in any order of the first two.
type phase byte

const (
	idle     phase = iota
	marking        // the heap only grows
	unset          // marking has ended; what it found live is to come
	measured       // what it found live has come; marking has not ended yet
	goalless       // both have come; the goal is to come
)

func (c *collector) metric(m trace.Metric) {
	if m.Value.Kind() != trace.ValueUint64 {
		return
	}
	v := int64(min(m.Value.Uint64(), math.MaxInt64))
	switch m.Name {
	case "/memory/classes/heap/objects:bytes":
		c.size(v)
	case "/gc/heap/goal:bytes":
		c.goal = v
		switch c.phase {
		case measured:
			c.current.Next = v
		case unset: // nothing was found dead
			c.current.Marked, c.current.Next = c.heap, v
			c.keep()
		case goalless:
			c.current.Next = v
			c.keep()
		}
	}
}

func (c *collector) size(v int64) {
	c.heap, c.seen = v, true
	// Sizes that several threads report at once come a little out of order.
	dropped := c.current.HeapEnd-v > max(c.current.HeapEnd/100, 64<<10)
	switch {
	case c.phase == marking && dropped:
		c.current.Marked, c.phase = v, measured
	case c.phase == marking:
		c.current.HeapEnd = max(c.current.HeapEnd, v)
	case c.phase == unset && dropped:
		c.current.Marked, c.phase = v, goalless
	}
}

func (c *collector) begin(at time.Duration) {
	if c.phase == goalless {
		c.keep()
	}
	c.phase = idle
	if c.seen && c.goal > 0 {
		c.phase = marking
		c.current = Collection{Start: at, HeapStart: c.heap, HeapEnd: c.heap, Goal: c.goal}
	}
}

func (c *collector) end(at time.Duration) {
	c.current.Took = max(at-c.current.Start, 0)
	switch {
	case c.phase == marking:
		c.phase = unset
	case c.phase == measured && c.current.Next > 0:
		c.keep()
	case c.phase == measured:
		c.phase = goalless
	}
}

// keep closes a cycle of which all is known but perhaps the next goal.
func (c *collector) keep() {
	c.phase = idle
	if len(c.sum.Cycles) < maxCollections {
		c.sum.Cycles = append(c.sum.Cycles, c.current)
	}
}

// worker tells the runtime's background workers by the label that they set
// when they begin to run (gcBgMarkWorker).
func worker(label string) workerKind {
	switch label {
	case "GC (dedicated)", "GC (fractional)":
		return busyWorker
	case "GC (idle)":
		return idleWorker
	}
	return noWorker
}

type workerKind byte

const (
	noWorker workerKind = iota
	busyWorker
	idleWorker
)

func (c *collector) worked(kind workerKind, took time.Duration) {
	switch kind {
	case busyWorker:
		c.sum.Worker += took
	case idleWorker:
		c.sum.Idle += took
	}
}
