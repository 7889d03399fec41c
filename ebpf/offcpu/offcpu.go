// Package offcpu measures what the threads of a Go process wait for: every time
// one leaves its CPU while it runs a goroutine, the goroutine's stack, labels,
// system call and the state of the thread are noted, and the time until it is
// back is added up there.
//
// Time is split in two: blocked, until something woke the thread, and in the run
// queue, until it got a CPU. A thread that was preempted is in the run queue from
// the start. Threads without a goroutine that wait for work are idle, not slow:
// they are counted apart and have no place in the profile, which they would
// head otherwise.
//
// What this cannot see: goroutines that wait without a thread (channels, locks,
// the network poller); the wall probe sees those. A wait that began before the
// probe was attached, or had not ended when it was detached, is not counted.
package offcpu

import "github.com/goperf/goperf/ebpf/attach"

// Name is how the probe is called.
const Name = "offcpu"

const doc = "what the threads of goroutines wait for: blocked time and run-queue latency by stack, label, system call and state; costs about a microsecond for each switch of the process"

// Options are what to note beside the stack of the goroutine.
type Options struct {
	KernelStacks bool        // the kernel's stack too: two to three times the cost of a switch
	Wakers       bool        // the goroutine that ended a wait
	Rung         attach.Rung // "": the first that works
}
