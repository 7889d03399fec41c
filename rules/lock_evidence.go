package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// mutexHolders reads the mutex profile: the stack is whoever unlocked late.
func mutexHolders(p *diagnose.Pass, at func(string) *contended) {
	d := p.Delta(evidence.Mutex, "delay")
	if d == nil || d.Total <= 0 || d.Seconds <= 0 {
		return
	}
	period := mutexPeriod(p)
	for _, cell := range d.Cells {
		fn := d.Funcs[cell.Owner]
		rate := float64(cell.Near) / 1e9 / d.Seconds
		if cell.Near <= 0 || rate < 0.01 {
			continue
		}
		c := at(fn.Name)
		c.add("mutex", rate, float64(cell.N)/period, report.Fact{Text: "of waiting for locks released by " + symbol.Short(fn.Name), Value: rate, Unit: "s/s", Source: "mutex"},
			report.Fact{Text: "of all lock delay", Value: ratio(cell.Near, d.Total), Unit: "ratio", Source: "mutex"})
		c.rw = c.rw || cell.Concept == blame.RWMutexLock
		if c.frames == nil {
			c.fn = fn.Name
			c.frames = where(d.Table, &group{cells: []*blame.Cell{cell}, value: cell.Near})
		}
	}
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
		c.add("block", rate, blockEvents(cell.Near, cell.N), report.Fact{Text: "of waiting in Lock called by " + symbol.Short(fn.Name), Value: rate, Unit: "s/s", Source: "block"})
		c.rw = c.rw || cell.Concept == blame.RWMutexLock
		if c.frames == nil {
			c.fn = fn.Name
			c.frames = where(d.Table, &group{cells: []*blame.Cell{cell}, value: cell.Near})
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
		c.add("cpu", 0, 0, report.Fact{Text: "of process CPU in Lock and Unlock called by " + symbol.Short(fn.Name), Value: cost.Share, Unit: "ratio", Source: "cpu", Doubt: fewSamples(cell.N)})
		c.spin = max(c.spin, cost.Share)
		c.rw = c.rw || cell.Concept == blame.RWMutexLock
		if c.frames == nil {
			c.fn = fn.Name
			c.frames = where(t, &group{cells: []*blame.Cell{cell}, value: cell.Near})
		}
	}
}

// stuckGoroutines reads the textual dumps: many goroutines in Lock at one place.
func stuckGoroutines(p *diagnose.Pass, at func(string) *contended) {
	// One moment of a starved process says little: where a mutex profile or a
	// trace covers the window, what they do not confirm counts for a tenth.
	weight := 0.5
	if d := p.Delta(evidence.Mutex, "delay"); d != nil && d.Total > 0 || p.Set.Sched != nil {
		weight = 0.05
	}
	for _, dump := range p.Set.Goroutines {
		piles := lockPiles(p, dump)
		for _, fn := range slices.Sorted(maps.Keys(piles)) {
			pl := piles[fn]
			if pl.n < 5 {
				continue
			}
			c := at(fn)
			c.add("goroutine", float64(pl.n)*weight, float64(pl.n), report.Fact{Text: "goroutines waiting in Lock at one moment", Value: float64(pl.n), Unit: "count", Source: "goroutine-text"})
			if c.frames == nil {
				c.fn, c.frames = fn, []report.Frame{{Function: fn, File: pl.frame.File, Line: pl.frame.Line}}
			}
		}
	}
}

// lockPile is goroutines that wait in Lock called by one function.
type lockPile struct {
	frame evidence.DumpFrame
	n     int
}

func lockPiles(p *diagnose.Pass, dump evidence.GoroutineDump) map[string]lockPile {
	piles := map[string]lockPile{}
	for _, g := range dump.Goroutines {
		if !strings.HasPrefix(g.State, "sync.Mutex.Lock") && !strings.HasPrefix(g.State, "sync.RWMutex.") && g.State != "semacquire" {
			continue
		}
		if f, ok := nearest(p, g.Frames); ok {
			pl := piles[f.Function]
			if pl.n == 0 {
				pl.frame = f
			}
			pl.n++
			piles[f.Function] = pl
		}
	}
	return piles
}
