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
	on      bool // a cycle that began in the window is running
	current Collection
	highest int64
	reset   bool // the live heap was set anew
	waiting bool // the next goal belongs to the last cycle
}

func (c *collector) metric(m trace.Metric) {
	if m.Value.Kind() != trace.ValueUint64 {
		return
	}
	v := int64(min(m.Value.Uint64(), math.MaxInt64))
	switch m.Name {
	case "/memory/classes/heap/objects:bytes":
		c.heap, c.seen = v, true
		if c.on && v < c.highest && !c.reset {
			// heapLive only grows while marking, until it becomes what was marked.
			c.current.Marked, c.reset = v, true
		}
		if c.on && !c.reset {
			c.highest = v
		}
	case "/gc/heap/goal:bytes":
		c.goal = v
		if n := len(c.sum.Cycles); c.waiting && n > 0 {
			c.sum.Cycles[n-1].Next = v
		}
		c.waiting = false
		if c.on && c.reset {
			c.current.Next = v
		}
	}
}

func (c *collector) begin(at time.Duration) {
	c.on, c.reset = c.seen && c.goal > 0, false
	c.current = Collection{Start: at, HeapStart: c.heap, Goal: c.goal}
	c.highest, c.waiting = c.heap, false
}

func (c *collector) end(at time.Duration) {
	if !c.on {
		return
	}
	c.on = false
	c.current.Took, c.current.HeapEnd = max(at-c.current.Start, 0), c.highest
	if !c.reset {
		c.current.Marked = c.heap
	}
	if len(c.sum.Cycles) < maxCollections {
		c.sum.Cycles = append(c.sum.Cycles, c.current)
		c.waiting = c.current.Next == 0
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
