package rules

import (
	"cmp"
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

var lockContention = diagnose.Rule{
	ID: "lock-contention", Title: "goroutines wait for a lock", Mechanism: "lock-contention",
	Needs: nil,
	Doc: "Goroutines spend a visible part of the time waiting for one lock.\n\n" +
		"Evidence, the best that is there: the mutex profile (its stack is the holder's Unlock, its value how long others waited), the block profile and the execution trace (the waiter's Lock), goroutines in state sync.Mutex.Lock, and CPU in the lock's slow path. When the holder is seen sleeping, in a system call or on the network inside the critical section, the mechanism is lock-held-during-io.\n\n" +
		"**Remedy.** Take slow work out of the critical section, shorten it, shard the lock, or publish an immutable snapshot through atomic.Pointer.",
	Check: checkLocks,
}

// contended is what is known of waiting for locks in one function.
type contended struct {
	fn      string
	frames  []report.Frame
	wait    float64 // s of waiting per second
	sources []string
	facts   []report.Fact
	rw      bool
	spin    float64 // share of CPU in the slow path
}

func checkLocks(p *diagnose.Pass) []report.Finding {
	by := map[string]*contended{}
	at := func(fn string) *contended {
		key := symbol.Outer(fn)
		if by[key] == nil {
			by[key] = &contended{fn: fn}
		}
		return by[key]
	}
	mutexHolders(p, at)
	traceWaiters(p, at)
	blockWaiters(p, at)
	spinners(p, at)
	stuckGoroutines(p, at)
	var all []*contended
	for _, c := range by {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *contended) int {
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.fn, b.fn))
	})
	var out []report.Finding
	byPackage := map[string]int{}
	for _, c := range all {
		f, ok := c.finding(p)
		if !ok {
			continue
		}
		// Holder and waiters of one lock mostly live in one package: one finding.
		pkg := symbol.Package(c.fn)
		if i, seen := byPackage[pkg]; seen {
			if len(out[i].Where) < 5 {
				out[i].Where = append(out[i].Where, c.frames[0])
			}
			continue
		}
		byPackage[pkg] = len(out)
		out = append(out, f)
	}
	return out
}

func (c *contended) weight() float64 { return c.wait + c.spin }

func (c *contended) add(source string, wait float64, facts ...report.Fact) {
	if !slices.Contains(c.sources, source) {
		c.sources = append(c.sources, source)
	}
	c.wait = max(c.wait, wait)
	c.facts = append(c.facts, facts...)
}

// mutexHolders reads the mutex profile: the stack is whoever unlocked late.
func mutexHolders(p *diagnose.Pass, at func(string) *contended) {
	d := p.Delta(evidence.Mutex, "delay")
	if d == nil || d.Total <= 0 || d.Seconds <= 0 {
		return
	}
	for _, cell := range d.Cells {
		fn := d.Funcs[cell.Owner]
		rate := float64(cell.Near) / 1e9 / d.Seconds
		if cell.Near <= 0 || rate < 0.01 {
			continue
		}
		c := at(fn.Name)
		c.add("mutex", rate, report.Fact{Text: "of waiting for locks released by " + symbol.Short(fn.Name), Value: rate, Unit: "s/s", Source: "mutex"},
			report.Fact{Text: "of all lock delay", Value: ratio(cell.Near, d.Total), Unit: "ratio", Source: "mutex"})
		c.rw = c.rw || cell.Concept == blame.RWMutexLock
		if c.frames == nil {
			c.fn = fn.Name
			c.frames = where(p, d.Table, &group{cells: []*blame.Cell{cell}, value: cell.Near})
		}
	}
}

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
		c.add("trace", rate, report.Fact{Text: "of waiting in Lock called by " + symbol.Short(fn.Function), Value: rate, Unit: "s/s", Source: "trace"},
			report.Fact{Text: "the longest single wait", Value: w.Max.Seconds(), Unit: "s", Source: "trace"})
		if c.frames == nil {
			c.fn, c.frames = fn.Function, []report.Frame{{Function: fn.Function, File: fn.File, Line: fn.Line}}
		}
	}
}

func lockWait(stack []exectrace.Frame) bool {
	for _, f := range stack {
		if strings.Contains(f.Function, "sync.(*Mutex).") || strings.Contains(f.Function, "sync.(*RWMutex).") {
			return true
		}
		if !strings.HasPrefix(f.Function, "sync.") && !strings.HasPrefix(f.Function, "internal/sync.") && !strings.HasPrefix(f.Function, "runtime.") {
			return false
		}
	}
	return false
}

func reachable(p *diagnose.Pass, stack []exectrace.Frame) (exectrace.Frame, bool) {
	for _, f := range stack {
		if p.Class(f.Function) <= symbol.ThirdParty {
			return f, true
		}
	}
	return exectrace.Frame{}, false
}

// blockWaiters reads the block profile: waiting in Lock, seen from the waiter.
func blockWaiters(p *diagnose.Pass, at func(string) *contended) {
	d := p.Delta(evidence.Block, "delay")
	if d == nil || d.Seconds <= 0 {
		return
	}
	for _, cell := range d.Cells {
		rate := float64(cell.Near) / 1e9 / d.Seconds
		if cell.Concept != blame.MutexLock && cell.Concept != blame.RWMutexLock || rate < 0.02 {
			continue
		}
		fn := d.Funcs[cell.Owner]
		c := at(fn.Name)
		c.add("block", rate, report.Fact{Text: "of waiting in Lock called by " + symbol.Short(fn.Name), Value: rate, Unit: "s/s", Source: "block"})
		c.rw = c.rw || cell.Concept == blame.RWMutexLock
		if c.frames == nil {
			c.fn = fn.Name
			c.frames = where(p, d.Table, &group{cells: []*blame.Cell{cell}, value: cell.Near})
		}
	}
}

// spinners reads the CPU profile: time in the slow path of Lock and Unlock.
func spinners(p *diagnose.Pass, at func(string) *contended) {
	t := p.CPU()
	if t == nil {
		return
	}
	for _, cell := range t.Cells {
		if cell.Concept != blame.MutexLock && cell.Concept != blame.RWMutexLock {
			continue
		}
		cost := p.CPUCost(cell.Near, cell.N)
		if cell.N < p.Limits.MinSamples || cost.Low < 0.02 {
			continue
		}
		fn := t.Funcs[cell.Owner]
		c := at(fn.Name)
		c.add("cpu", 0, report.Fact{Text: "of process CPU in Lock and Unlock called by " + symbol.Short(fn.Name), Value: cost.Share, Unit: "ratio", Source: "cpu", Doubt: fewSamples(cell.N)})
		c.spin = max(c.spin, cost.Share)
		c.rw = c.rw || cell.Concept == blame.RWMutexLock
		if c.frames == nil {
			c.fn = fn.Name
			c.frames = where(p, t, &group{cells: []*blame.Cell{cell}, value: cell.Near})
		}
	}
}

// stuckGoroutines reads the textual dumps: many goroutines in Lock at one place.
func stuckGoroutines(p *diagnose.Pass, at func(string) *contended) {
	type pile struct {
		frame evidence.DumpFrame
		n     int
	}
	for _, dump := range p.Set.Goroutines {
		piles := map[string]*pile{}
		for _, g := range dump.Goroutines {
			if !strings.HasPrefix(g.State, "sync.Mutex.Lock") && !strings.HasPrefix(g.State, "sync.RWMutex.") && g.State != "semacquire" {
				continue
			}
			for _, f := range g.Frames {
				if p.Class(f.Function) > symbol.ThirdParty {
					continue
				}
				if piles[f.Function] == nil {
					piles[f.Function] = &pile{frame: f}
				}
				piles[f.Function].n++
				break
			}
		}
		for fn, pl := range piles {
			if pl.n < 5 {
				continue
			}
			c := at(fn)
			c.add("goroutine", float64(pl.n)*0.5, report.Fact{Text: "goroutines waiting in Lock at one moment", Value: float64(pl.n), Unit: "count", Source: "goroutine-text"})
			if c.frames == nil {
				c.fn, c.frames = fn, []report.Frame{{Function: fn, File: pl.frame.File, Line: pl.frame.Line}}
			}
		}
	}
}

func (c *contended) finding(p *diagnose.Pass) (report.Finding, bool) {
	cores, _ := p.Cores()
	share := c.wait / (c.wait + cores + 0.05)
	if c.wait < 0.05 && c.spin < 0.05 || share < 0.1 && c.spin < 0.05 || c.frames == nil {
		return report.Finding{}, false
	}
	name := symbol.Short(c.fn)
	busy := computing(p, c.fn)
	f := report.Finding{
		Mechanism: "lock-contention", Title: fmt.Sprintf("goroutines wait for the lock taken in %s", name), Where: c.frames,
		Cost:    report.Cost{Resource: "lock-wait", Share: share, Low: share * 0.8, High: min(1, share*1.2), Of: "running and waiting for locks", Amount: c.wait, Unit: "s/s"},
		Saving:  report.Range{Low: c.wait * 0.3, High: c.wait * 0.95, Unit: "s/s", Share: max(share*0.8*(1-0.7*busy), c.spin*0.7), Basis: "the waiting that a shorter critical section removes"},
		Because: c.facts[:min(len(c.facts), 6)],
		Advice: []string{
			fmt.Sprintf("Shorten what %s does between Lock and Unlock (%s:%d): prepare before, publish after.", name, c.frames[0].File, c.frames[0].Line),
			"Shard the lock by key, keep per-worker state that is merged when read, or swap an immutable value with atomic.Pointer; counters want sync/atomic.",
		},
	}
	f.Confidence = 0.5 + 0.08*float64(len(c.sources)) + 0.15*clamp(max(share, c.spin))
	if busy > 0.3 {
		f.Because = append(f.Because, report.Fact{Text: "of process CPU is computing below " + name + ": the wait is as long as the work under the lock", Value: busy, Unit: "ratio", Source: "cpu"})
	}
	if c.rw {
		f.Because = append(f.Because, report.Fact{Text: "the lock is an RWMutex", Value: 1, Unit: "count", Source: "cpu"})
	}
	if doing, where, n := holderBusy(p, c.fn); n > 0 {
		f.Mechanism = "lock-held-during-io"
		f.Title = fmt.Sprintf("%s holds a lock while it waits (%s)", name, doing)
		f.Because = append(f.Because, report.Fact{Text: fmt.Sprintf("times %s was seen in [%s] past the lock, in %s", name, doing, symbol.Short(where)), Value: float64(n), Unit: "count", Source: "goroutine-text"})
		f.Advice = append([]string{fmt.Sprintf("Do not call %s while the lock is held: copy what it needs, unlock, then call it.", symbol.Short(where))}, f.Advice...)
		f.Confidence += 0.08
	}
	f.Confidence = min(0.95, f.Confidence)
	f.Severity = report.Notice
	if share > 0.5 || c.spin > 0.2 {
		f.Severity = report.Warning
	}
	return f, true
}

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
		if lockWait(w.Stack) {
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
