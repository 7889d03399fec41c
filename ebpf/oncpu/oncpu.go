// Package oncpu samples what a Go process executes: a clock of the kernel
// interrupts every CPU, and a BPF program notes stack, goroutine and pprof
// labels when the CPU runs the target. The process is not stopped, not
// changed, and needs no endpoint.
//
// The result is a CPU profile as runtime/pprof writes it. Two things are better
// than there: a function without a frame keeps its caller (the return address
// on top of the stack, believed when the symbol table says that the frame has
// no size), and time in asynchronous preemption is not seen where it is not.
package oncpu

// Name is how the probe is called.
const Name = "oncpu"

// Hertz is the rate at which each CPU is sampled: that of runtime/pprof, less one
// so that it does not run in step with what happens a hundred times a second.
const Hertz = 99

// Options are how to sample.
type Options struct {
	Hertz int // samples a second of a CPU that is busy; 0 means [Hertz]
}

const doc = "where the process spends CPU time: stacks, goroutines and pprof labels, sampled 99 times a second; costs the process nothing that can be measured"
