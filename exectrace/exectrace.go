// Package exectrace sums up an execution trace as a stream: where goroutines
// waited, how long they were runnable before they ran, how parallel the program
// was and what the collector did. Memory stays bounded by the number of
// goroutines and distinct stacks, not by the length of the trace.
//
// # What is read
//
// Traces of Go 1.22 and later are read generation by generation, about a second
// of the program at a time. Those of Go 1.11 to 1.21 must be held whole, so that
// they are refused above [MaxOldTrace].
//
// # How it is computed
//
// The window goes from the first to the last event. A goroutine that existed
// before is taken to have been in its first reported state since the beginning
// of the window; what a goroutine is in at the end counts up to the end. So the
// four times add up to the life of all goroutines within the window, system
// goroutines of the runtime included.
//
// A wait lasts from the event that parked the goroutine to the one that made it
// runnable; the stack is that of the goroutine when it parked, none when it
// parked before the window and the trace does not say. In that case the reason is
// taken from the stack, and is "unknown" when that does not tell. A goroutine of
// which nothing but its state is known has the start function "".
//
// Running means having a P and a thread. The operating system may have taken the
// CPU away meanwhile, which a trace does not show.
package exectrace

import "time"

// Summary is what a trace says about its window. Durations are summed over goroutines.
type Summary struct {
	Window      time.Duration
	Procs       int // GOMAXPROCS, the most seen; when never reported, the number of Ps seen
	Events      int64
	Running     time.Duration // goroutines on a P
	Runnable    time.Duration // ready and waiting for a P
	Waiting     time.Duration
	Syscall     time.Duration
	RunnableLat Distribution  // one value per runnable -> running
	Pauses      Distribution  // one value per stop-the-world that ended in the window
	STW         []Pause       // the longest of them, longest first, at most 100
	Assist      time.Duration // goroutines running inside GC mark assist
	GCActive    time.Duration // wall time of the concurrent mark phase
	Collector   Collector     // cycles and background workers
	Parallel    float64       // mean number of running Ps, those in system calls included
	Created     int64         // goroutines created in the window
	ShortLived  int64         // of them, those that ran less than 100 µs in all and ended in the window
	Starts      []StartFunc   // by goroutine start function, longest life (all four states) first
	Waits       []Wait        // by waiting stack and reason, longest total first; [Other] stands for the rest
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
	Reason  string  // "sync", "chan receive", "network", "sleep", "select", "syscall", ...
	Stack   []Frame // leaf first
	Count   int64
	Total   time.Duration
	Max     time.Duration
	Lengths Lengths // of the waits that began and ended in the window
}

// Slice is one long uninterrupted run.
type Slice struct {
	Start string // goroutine start function
	Took  time.Duration
}

// Pause is one stop-the-world, from the call that asks for it until the world
// goes on; Stack is of the goroutine that asked.
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

// Distribution holds quantiles of a set of durations. P50, P90 and P99 are within
// 2 % of an element of the set; the rest is exact.
type Distribution struct {
	Count              int64
	P50, P90, P99, Max time.Duration
	Total              time.Duration
}
