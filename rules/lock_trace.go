package rules

import (
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// traceWaiters reads the execution trace: goroutines that waited in Lock.
func traceWaiters(p *diagnose.Pass, at func(string) *contended) {
	s := p.Set.Sched
	if s == nil || s.Window <= 0 {
		return
	}
	for _, w := range s.Waits {
		if !lockWait(w.Stack) {
			continue
		}
		fn, ok := reachable(p, w.Stack)
		rate := w.Total.Seconds() / s.Window.Seconds()
		if !ok || rate < 0.02 {
			continue
		}
		c := at(fn.Function)
		c.add("trace", rate, float64(w.Count), report.Fact{Text: "of waiting in Lock called by " + symbol.Short(fn.Function), Value: rate, Unit: "s/s", Source: "trace"},
			report.Fact{Text: "the longest single wait", Value: w.Max.Seconds(), Unit: "s", Source: "trace"})
		if c.frames == nil {
			c.fn, c.frames = fn.Function, []report.Frame{{Function: fn.Function, File: fn.File, Line: fn.Line}}
		}
	}
}

func lockWait(stack []exectrace.Frame) bool {
	for _, f := range stack {
		if strings.HasPrefix(f.Function, "sync.(*Cond)") || strings.HasPrefix(f.Function, "sync.(*WaitGroup)") {
			return false
		}
		if strings.Contains(f.Function, "sync.(*Mutex).") || strings.Contains(f.Function, "sync.(*RWMutex).") {
			return true
		}
		if !strings.HasPrefix(f.Function, "sync.") && !strings.HasPrefix(f.Function, "internal/sync.") && !strings.HasPrefix(f.Function, "runtime.") {
			return false
		}
	}
	return false
}

// reachable is the nearest frame in reach, wrappers of sync's locks left out.
func reachable(p *diagnose.Pass, stack []exectrace.Frame) (exectrace.Frame, bool) {
	for i, f := range stack {
		if p.Class(f.Function) <= symbol.ThirdParty && (i == 0 || !symbol.IsLockMethod(f.Function)) {
			return f, true
		}
	}
	return exectrace.Frame{}, false
}
