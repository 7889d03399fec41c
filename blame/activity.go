package blame

import "github.com/goperf/goperf/profile/symbol"

// Activity is what a CPU sample was spent on, seen from the process: every
// percentage in a report names one of these as its part or the total as its
// denominator.
type Activity string

// The activities.
const (
	InOwn        Activity = "own code"
	InThirdParty Activity = "third-party code"
	InStd        Activity = "standard library"
	InAlloc      Activity = "allocation"
	InAssist     Activity = "GC assist"
	InGC         Activity = "GC background"
	InIdleGC     Activity = "GC on idle processors"
	InSweep      Activity = "sweep and scavenge"
	InSched      Activity = "scheduler"
	InSyscall    Activity = "system calls"
	InCgo        Activity = "cgo"
	InProfiler   Activity = "profiler"
	InRuntime    Activity = "runtime"
	Unknown      Activity = "without symbols"
)

// activity classifies the current frames; owner is the owner's frame or -1.
func (b *builder) activity(owner int) Activity {
	name := func(i int) string { return b.t.Funcs[b.frames[i].Func].Name }
	if a := b.background(name); a != "" {
		return a
	}
	assist, alloc, sys := false, false, false
	for i := range b.frames {
		if i == owner {
			break
		}
		switch b.t.Funcs[b.frames[i].Func].Concept {
		case GCAssist:
			assist = true
		case Alloc, AllocLarge:
			alloc = true
		case Cgo:
			return InCgo
		case ProfilerSelf:
			return InProfiler
		}
	}
	sys = isSyscallLeaf(name(0))
	switch {
	case assist:
		return InAssist
	case alloc:
		return InAlloc
	case sys:
		return InSyscall
	}
	if owner == 0 {
		return byClass(b.t.Funcs[b.frames[0].Func].Class)
	}
	return byClass(b.t.Funcs[b.frames[0].Func].Class)
}

// background recognises work that no goroutine of the program asked for.
func (b *builder) background(name func(int) string) Activity {
	for i := len(b.frames) - 1; i >= 0; i-- {
		switch name(i) {
		case "runtime.gcDrainMarkWorkerIdle":
			return InIdleGC
		case "runtime.gcBgMarkWorker":
			if i > 0 && b.has("runtime.gcDrainMarkWorkerIdle", i) {
				return InIdleGC
			}
			return InGC
		case "runtime.bgsweep", "runtime.bgscavenge":
			return InSweep
		case "runtime.mcall", "runtime.mstart", "runtime.mstart1", "runtime.schedule", "runtime.park_m", "runtime.sysmon":
			if i == len(b.frames)-1 || name(i) != "runtime.mcall" {
				return InSched
			}
		case "runtime/pprof.profileWriter":
			return InProfiler
		}
		if b.t.Reachable(b.frames[i].Func) {
			return ""
		}
	}
	return ""
}

func (b *builder) has(name string, upTo int) bool {
	id, ok := b.t.byName[name]
	if !ok {
		return false
	}
	for i := range upTo {
		if b.frames[i].Func == id {
			return true
		}
	}
	return false
}

func byClass(c symbol.Class) Activity {
	switch c {
	case symbol.Own:
		return InOwn
	case symbol.ThirdParty:
		return InThirdParty
	case symbol.Std:
		return InStd
	case symbol.Runtime:
		return InRuntime
	}
	return Unknown
}

// isSyscallLeaf knows the leaf of a system call in every release.
func isSyscallLeaf(name string) bool {
	switch name {
	case "internal/runtime/syscall/linux.Syscall6", "internal/runtime/syscall.Syscall6", "runtime/internal/syscall.Syscall6",
		"runtime.futex", "runtime.usleep", "runtime.epollwait", "syscall.Syscall", "syscall.Syscall6", "syscall.RawSyscall",
		"syscall.rawVforkSyscall", "syscall.RawSyscall6", "runtime.madvise", "runtime.munmap", "runtime.mmap":
		return true
	}
	return false
}
