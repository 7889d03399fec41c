// Package exectrace sums up an execution trace as a stream: where goroutines
// waited, how long they were runnable before they ran, how parallel the program
// was and what the collector did. Memory stays bounded by the number of
// goroutines and distinct stacks, not by the length of the trace.
package exectrace

import "time"

// Summary is what a trace says about its window. Durations are summed over goroutines.
type Summary struct {
	Window      time.Duration
	Procs       int // GOMAXPROCS, the most seen
	Events      int64
	Running     time.Duration // goroutines on a P
	Runnable    time.Duration // ready and waiting for a P
	Waiting     time.Duration
	Syscall     time.Duration
	RunnableLat Distribution // one value per runnable -> running
	STW         []Pause
	Assist      time.Duration // GC mark assist
	GCActive    time.Duration // wall time with a GC cycle running
	Parallel    float64       // mean number of running Ps
	Created     int64         // goroutines created in the window
	ShortLived  int64         // of them, those that ran less than 100 µs in all and ended in the window
	Starts      []StartFunc   // by goroutine start function, longest total first
	Waits       []Wait        // by waiting stack and reason, longest total first
	LongSlices  []Slice       // uninterrupted running for more than 20 ms, longest first, at most 100
	Truncated   string        // why reading stopped early, "" when the whole trace was read
}

// StartFunc sums up the goroutines that began in one function.
type StartFunc struct {
	Function    string
	Count       int64 // goroutines seen
	Created     int64 // in the window
	Running     time.Duration
	Runnable    time.Duration
	Waiting     time.Duration
	Syscall     time.Duration
	RunnableP99 time.Duration
}

// Wait is time spent in one state for one reason at one stack.
type Wait struct {
	Reason string  // "sync", "chan receive", "network", "sleep", "select", "syscall", ...
	Stack  []Frame // leaf first
	Count  int64
	Total  time.Duration
	Max    time.Duration
}

// Slice is one long uninterrupted run.
type Slice struct {
	Start string // goroutine start function
	Took  time.Duration
}

// Pause is one stop-the-world.
type Pause struct {
	Reason string
	Took   time.Duration
	Stack  []Frame
}

// Frame is one frame of a trace stack.
type Frame struct {
	Function string
	File     string
	Line     int
}

// Distribution holds quantiles of a set of durations.
type Distribution struct {
	Count              int64
	P50, P90, P99, Max time.Duration
	Total              time.Duration
}
