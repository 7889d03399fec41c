// Package gctune keeps a Go process from dying by its own garbage collector, and
// reads what a process says about it.
//
// [Guard] is for services: one call at the start of main holds GOMEMLIMIT within
// the container and gives way before the collector takes the CPU. It needs
// nothing but the standard library. To try a setting on a live service there is
// package gctune/handler.
//
// [ReadSelf] is what this process knows of its heap. A [Log] is GC cycles over
// time as GODEBUG=gctrace=1 prints them.
package gctune

import "time"

// Log is the garbage collections of one process in time order.
type Log struct {
	Cycles   []Cycle
	Lines    int      // lines read, when it was read from text
	Other    int      // of them, those that are not about a collection
	Damaged  int      // of them, those that are and could not be read
	Warnings []string // what is wrong with the log, by line number; the first 20
}

// Cycle is one collection as GODEBUG=gctrace=1 prints it (runtime/extern.go).
type Cycle struct {
	Number     int
	At         time.Duration // since program start
	CPUShare   float64       // of all CPU since program start, 0..1
	HeapStart  int64         // B at the start of the cycle
	HeapEnd    int64         // B at the end of mark
	HeapLive   int64         // B marked live
	Goal       int64         // B
	Stacks     int64         // B scannable
	Globals    int64         // B scannable
	Procs      int
	Forced     bool
	STW        time.Duration // both stop-the-world phases, wall
	Concurrent time.Duration // wall
	AssistCPU  time.Duration
	BackCPU    time.Duration // dedicated and fractional workers
	IdleCPU    time.Duration
}
