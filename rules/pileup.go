package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

func checkPileUp(p *diagnose.Pass) []report.Finding {
	handlers := 0
	inHandler := func(g evidence.GoroutineState) bool {
		return slices.ContainsFunc(g.Frames, func(f evidence.DumpFrame) bool { return f.Function == "net/http.serverHandler.ServeHTTP" })
	}
	cs := crowds(p, func(g evidence.GoroutineState) bool {
		if inHandler(g) {
			handlers++
			return !strings.HasPrefix(g.State, "run") && !strings.Contains(g.State, "Mutex")
		}
		return false
	})
	if len(cs) == 0 || handlers < 20 || cs[0].n*10 < handlers*8 {
		return nil
	}
	c := cs[0]
	c.frame, _ = waitSite(p, c.frames)
	f := c.finding(fmt.Sprintf("%d of %d requests in flight wait in %s", c.n, handlers, symbol.Short(c.frame.Function)), report.Warning, 0.5+0.2*clamp(float64(handlers-20)/80), 0.5,
		fmt.Sprintf("Find out what is slow behind %s:%d; give the call a timeout, limit how many run at once, cache or batch.", c.frame.File, c.frame.Line))
	f.Mechanism = waitMechanism(p, c.state, functions(c.frames))
	return []report.Finding{f}
}

func checkTooMany(p *diagnose.Pass) []report.Finding {
	t := p.Last(evidence.Goroutine, "goroutine")
	if t == nil || t.Total < 10_000 || len(t.Cells) == 0 || t.Cells[0].Near*2 < t.Total {
		return nil
	}
	c := t.Cells[0]
	return []report.Finding{{
		Title: fmt.Sprintf("%d goroutines exist, most of them in %s", t.Total, symbol.Short(t.Funcs[c.Owner].Name)), Severity: report.Notice, Confidence: 0.4 + 0.2*clamp(float64(t.Total)/100_000),
		Where:   where(t, &group{cells: []*blame.Cell{c}, value: c.Near, n: c.N}),
		Cost:    report.Cost{Resource: "goroutines", Share: ratio(c.Near, t.Total), Low: ratio(c.Near, t.Total), High: ratio(c.Near, t.Total), Of: "all goroutines", Amount: float64(t.Total), Unit: "count"},
		Saving:  report.Range{Low: 0, High: float64(c.Near), Unit: "count", Share: 0.3, Basis: "bounded concurrency"},
		Because: []report.Fact{{Text: "goroutines", Value: float64(t.Total), Unit: "count", Source: "goroutine"}},
		Advice:  []string{"Bound how many are started: a semaphore, a pool, or back-pressure on whoever sends the work."},
	}}
}

func checkFinalizerBlocked(p *diagnose.Pass) []report.Finding {
	for _, c := range crowds(p, func(g evidence.GoroutineState) bool {
		return g.Wait >= time.Minute && slices.ContainsFunc(g.Frames, func(f evidence.DumpFrame) bool {
			return f.Function == "runtime.runfinq" || f.Function == "runtime.runFinalizers" || f.Function == "runtime.runCleanups"
		})
	}) {
		return []report.Finding{c.finding(fmt.Sprintf("a finalizer is stuck in %s", symbol.Short(c.frame.Function)), report.Critical, 0.9, 0.5,
			"Hand the work of the finalizer to another goroutine: while it waits, no other finalizer runs and nothing that has one is freed.")}
	}
	return nil
}
