package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
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

// holder is a goroutine that waits for something else while it is past a lock.
type holder struct {
	frame  report.Frame // the function that holds the lock, when the source shows it; or else the one asked about
	state  string
	callee string // what it called
	n      int    // times seen
}

// holderBusy looks for goroutines that are inside the function but wait for
// something other than the lock: they hold it meanwhile.
func holderBusy(p *diagnose.Pass, fn string) holder {
	var h holder
	outer := symbol.Outer(fn)
	for _, dump := range p.Set.Goroutines {
		for _, g := range dump.Goroutines {
			if waitsOutside(g.State) && h.at(p, outer, g.Frames) {
				h.state = g.State
				h.n++
			}
		}
	}
	if h.n > 0 || p.Set.Sched == nil {
		return h
	}
	for _, w := range p.Set.Sched.Waits {
		if !waitsOutside(w.Reason) && w.Reason != "network" || lockWait(w.Stack) || condWait(w.Stack) || w.Total <= p.Set.Sched.Window/20 {
			continue
		}
		if h.at(p, outer, dumpFrames(w.Stack)) {
			h.state, h.n = w.Reason, int(w.Count)
			return h
		}
	}
	return h
}

// at finds the function on a waiting stack (leaf first). Functions below it that
// the source shows to hold a lock at this line are nearer to the cause.
func (h *holder) at(p *diagnose.Pass, outer string, frames []evidence.DumpFrame) bool {
	inner := -1
	for i, f := range frames {
		if i > 0 && inner < 0 && p.Does(f.Function, int32(f.Line), "locked") {
			inner = i
		}
		if i == 0 || symbol.Outer(f.Function) != outer {
			continue
		}
		if inner < 0 {
			inner = i
		}
		h.frame = report.Frame{Function: frames[inner].Function, File: frames[inner].File, Line: frames[inner].Line}
		h.callee = frames[inner-1].Function
		return true
	}
	return false
}

// sharpen names the holder and what it waits for.
func (h holder) sharpen(f report.Finding) report.Finding {
	name := symbol.Short(h.frame.Function)
	if symbol.Outer(h.frame.Function) != symbol.Outer(f.Place()) {
		f.Where = append([]report.Frame{h.frame}, f.Where...)
	}
	f.Mechanism = "lock-held-during-io"
	f.Title = fmt.Sprintf("%s holds a lock while it waits (%s)", name, h.state)
	f.Because = append(f.Because, report.Fact{Text: fmt.Sprintf("times %s was seen in [%s] past the lock, in %s", name, h.state, symbol.Short(h.callee)), Value: float64(h.n), Unit: "count", Source: "goroutine-text"})
	f.Advice = append([]string{fmt.Sprintf("Do not call %s while the lock is held: copy what it needs, unlock, then call it.", symbol.Short(h.callee))}, f.Advice...)
	f.Confidence += 0.08
	return f
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
