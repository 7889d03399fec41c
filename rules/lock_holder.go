package rules

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/profile/symbol"
)

// computing is the share of CPU below the function that is not the lock itself:
// where it is large, making that work cheaper shortens the wait.
func computing(p *diagnose.Pass, fn string) float64 {
	t := p.CPU()
	if t == nil {
		return 0
	}
	i, ok := t.Lookup(fn)
	if !ok {
		return 0
	}
	v := t.Funcs[i].Cum
	for _, concept := range []blame.Concept{blame.MutexLock, blame.RWMutexLock} {
		if c := t.Cell(i, concept); c != nil {
			v -= c.Near
		}
	}
	return clamp(ratio(v, t.Total))
}

// holderBusy looks for goroutines that are inside the function but wait for
// something other than the lock: they hold it meanwhile.
func holderBusy(p *diagnose.Pass, fn string) (state, callee string, n int) {
	outer := symbol.Outer(fn)
	for _, dump := range p.Set.Goroutines {
		for _, g := range dump.Goroutines {
			if !waitsOutside(g.State) {
				continue
			}
			for i, f := range g.Frames {
				if i > 0 && symbol.Outer(f.Function) == outer {
					n++
					state, callee = g.State, g.Frames[i-1].Function
					break
				}
			}
		}
	}
	if n > 0 || p.Set.Sched == nil {
		return state, callee, n
	}
	for _, w := range p.Set.Sched.Waits {
		if !waitsOutside(w.Reason) && w.Reason != "network" || lockWait(w.Stack) || condWait(w.Stack) {
			continue
		}
		for i, f := range w.Stack {
			if i > 0 && symbol.Outer(f.Function) == outer && w.Total > p.Set.Sched.Window/20 {
				return w.Reason, w.Stack[i-1].Function, int(w.Count)
			}
		}
	}
	return "", "", 0
}

func waitsOutside(state string) bool {
	for _, s := range []string{"sleep", "IO wait", "syscall", "select", "chan receive", "chan send"} {
		if strings.HasPrefix(state, s) {
			return true
		}
	}
	return false
}

// condWait says that the goroutine gave its lock back while it waited.
func condWait(stack []exectrace.Frame) bool {
	return slices.ContainsFunc(stack, func(f exectrace.Frame) bool { return f.Function == "sync.(*Cond).Wait" })
}
