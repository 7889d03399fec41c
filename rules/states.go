package rules

import (
	"cmp"
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

// stateRules read what goroutines say of themselves at one moment.
var stateRules = []diagnose.Rule{
	{
		ID: "goroutine-leak-proven", Title: "the runtime has proven goroutines to be leaked", Mechanism: "goroutine-leak", Needs: []evidence.Kind{evidence.GoroutineLeak},
		Doc:   "The goroutineleak profile (Go 1.27, 1.26 as an experiment) lists goroutines blocked on something that nothing else can reach: they can never go on. It has no false positives; goroutines blocked on something global are not in it.\n\n**Remedy.** Give the blocked operation a way out: a buffered channel, a select on ctx.Done().",
		Check: checkProvenLeak,
	},
	{
		ID: "nil-channel", Title: "goroutines wait on a nil channel or an empty select", Mechanism: "goroutine-leak", Needs: []evidence.Kind{evidence.GoroutineText},
		Doc:   "An operation on a nil channel and `select {}` never return. Outside of main it is a bug: a channel that was never made, or a field read before it was set.\n\n**Remedy.** Make the channel before it is used.",
		Check: checkNilChannel,
	},
	{
		ID: "stale-wait", Title: "goroutines have been waiting in one place for many minutes", Mechanism: "goroutine-leak", Needs: []evidence.Kind{evidence.GoroutineText},
		Doc:   "Ten or more goroutines have waited for ten minutes or longer in one place that is not an idle loop of a server or a pool.\n\n**Remedy.** A timeout, or a context that is cancelled when nobody waits for the result any more.",
		Check: checkStaleWait,
	},
	{
		ID: "handlers-pile-up", Title: "request handlers pile up in one call", Mechanism: "network-latency", Needs: []evidence.Kind{evidence.GoroutineText},
		Doc:   "Many handlers are in flight and nearly all of them wait in the same place: whatever they wait for sets the latency of the service.\n\n**Remedy.** A timeout and a limit on concurrency there; a cache or a batch in front of it.",
		Check: checkPileUp,
	},
	{
		ID: "too-many-goroutines", Title: "the process has more than a hundred thousand goroutines", Mechanism: "goroutine-churn", Needs: []evidence.Kind{evidence.Goroutine},
		Doc:   "Each goroutine keeps at least 2 KiB of stack, is scanned in each collection and is listed, with the world stopped, in each goroutine profile.\n\n**Remedy.** Bound concurrency with a semaphore or a pool of workers.",
		Check: checkTooMany,
	},
	{
		ID: "finalizer-blocked", Title: "the finalizer goroutine is blocked", Mechanism: "finalizer-pressure", Needs: []evidence.Kind{evidence.GoroutineText},
		Doc:   "One goroutine runs all finalizers. While a finalizer waits, nothing that has one is freed.\n\n**Remedy.** A finalizer must not block: hand the work to another goroutine.",
		Check: checkFinalizerBlocked,
	},
}

func checkProvenLeak(p *diagnose.Pass) []report.Finding {
	t := p.Last(evidence.GoroutineLeak, "goroutineleak")
	if t == nil {
		t = p.Last(evidence.GoroutineLeak, "goroutine")
	}
	if t == nil || t.Total == 0 {
		return nil
	}
	var out []report.Finding
	for _, c := range t.Cells[:min(len(t.Cells), 3)] {
		g := &group{cells: t.Cells[:1], value: c.Near, n: c.N}
		g.cells[0] = c
		name := symbol.Short(t.Funcs[c.Owner].Name)
		out = append(out, report.Finding{
			Title: fmt.Sprintf("goroutines blocked in %s can never go on", name), Severity: report.Critical, Confidence: 0.97, Where: where(p, t, g),
			Cost:    report.Cost{Resource: "goroutines", Share: ratio(c.Near, t.Total), Low: ratio(c.Near, t.Total), High: 1, Of: "leaked goroutines", Amount: float64(c.Near), Unit: "count"},
			Saving:  report.Range{Low: float64(c.Near), High: float64(c.Near), Unit: "count", Share: 0.8, Basis: "the runtime's proof"},
			Because: []report.Fact{{Text: "goroutines that nothing can wake", Value: float64(c.Near), Unit: "count", Source: "goroutineleak"}},
			Advice:  []string{fmt.Sprintf("Give the operation in %s a way out: a buffered channel, or a select with ctx.Done().", name)},
		})
	}
	return out
}

// crowd is goroutines of one dump that wait at one place in one state.
type crowd struct {
	frame   evidence.DumpFrame
	creator evidence.DumpFrame
	state   string
	n       int
	longest time.Duration
}

// crowds groups the last dump by state and nearest function in reach.
func crowds(p *diagnose.Pass, keep func(evidence.GoroutineState) bool) []crowd {
	if len(p.Set.Goroutines) == 0 {
		return nil
	}
	by := map[string]*crowd{}
	for _, g := range p.Set.Goroutines[len(p.Set.Goroutines)-1].Goroutines {
		if !keep(g) {
			continue
		}
		frame, ok := nearest(p, g.Frames)
		if !ok {
			continue
		}
		key := g.State + "\x00" + frame.Function
		c := by[key]
		if c == nil {
			c = &crowd{frame: frame, creator: g.CreatedBy, state: g.State}
			by[key] = c
		}
		c.n++
		c.longest = max(c.longest, g.Wait)
	}
	var out []crowd
	for _, c := range by {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b crowd) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.frame.Function, b.frame.Function), cmp.Compare(a.state, b.state))
	})
	return out
}

func nearest(p *diagnose.Pass, frames []evidence.DumpFrame) (evidence.DumpFrame, bool) {
	for _, f := range frames {
		if p.Class(f.Function) <= symbol.ThirdParty {
			return f, true
		}
	}
	return evidence.DumpFrame{}, false
}

func (c crowd) finding(title string, sev report.Severity, conf, saving float64, advice ...string) report.Finding {
	f := report.Finding{
		Title: title, Severity: sev, Confidence: conf, Advice: advice,
		Where:  []report.Frame{{Function: symbol.Unwrap(c.frame.Function), File: c.frame.File, Line: c.frame.Line}},
		Cost:   report.Cost{Resource: "goroutines", Share: 1, Low: 0, High: 1, Of: "goroutines in this place", Amount: float64(c.n), Unit: "count"},
		Saving: report.Range{Low: 0, High: float64(c.n), Unit: "count", Share: saving, Basis: "they end"},
		Because: []report.Fact{
			{Text: "goroutines in state [" + c.state + "] there", Value: float64(c.n), Unit: "count", Source: "goroutine-text"},
			{Text: "the longest has waited", Value: c.longest.Seconds(), Unit: "s", Source: "goroutine-text"},
		},
	}
	if c.creator.Function != "" {
		f.Where = append(f.Where, report.Frame{Function: c.creator.Function, File: c.creator.File, Line: c.creator.Line})
	}
	return f
}

func checkNilChannel(p *diagnose.Pass) []report.Finding {
	var out []report.Finding
	for _, c := range crowds(p, func(g evidence.GoroutineState) bool {
		never := strings.Contains(g.State, "(nil chan)") || strings.Contains(g.State, "(no cases)")
		return never && g.ID != 1
	}) {
		name := symbol.Short(c.frame.Function)
		out = append(out, c.finding(fmt.Sprintf("%s waits for ever: [%s]", name, c.state), report.Warning, 0.9, 0.3,
			fmt.Sprintf("Make the channel used at %s:%d before it is used; `select {}` belongs in main only.", c.frame.File, c.frame.Line)))
	}
	return out[:min(len(out), 3)]
}

func checkStaleWait(p *diagnose.Pass) []report.Finding {
	var out []report.Finding
	for _, c := range crowds(p, func(g evidence.GoroutineState) bool {
		return g.Wait >= 10*time.Minute && !idle(g)
	}) {
		if c.n < 10 {
			continue
		}
		name := symbol.Short(c.frame.Function)
		out = append(out, c.finding(fmt.Sprintf("%d goroutines have waited in %s for up to %.0f minutes", c.n, name, c.longest.Minutes()), report.Notice, 0.45, 0.3,
			fmt.Sprintf("Give the wait at %s:%d a timeout or a context.", c.frame.File, c.frame.Line)))
	}
	return out[:min(len(out), 2)]
}

// idle recognises goroutines that wait for work, as they should: servers,
// connection readers, pools, signal handlers and tickers.
func idle(g evidence.GoroutineState) bool {
	for _, s := range []string{"IO wait", "GC ", "finalizer wait", "force gc", "sleep"} {
		if strings.HasPrefix(g.State, s) {
			return true
		}
	}
	for _, f := range g.Frames {
		for _, s := range []string{"net/http.(*conn).serve", "net/http.(*persistConn)", "net/http.(*Server).Serve", "database/sql.(*DB).connectionOpener", "os/signal.loop", "net/http.(*http2"} {
			if strings.HasPrefix(f.Function, s) {
				return true
			}
		}
	}
	return false
}

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
	f := c.finding(fmt.Sprintf("%d of %d requests in flight wait in %s", c.n, handlers, symbol.Short(c.frame.Function)), report.Warning, 0.5+0.2*clamp(float64(handlers-20)/80), 0.5,
		fmt.Sprintf("Find out what is slow behind %s:%d; give the call a timeout, limit how many run at once, cache or batch.", c.frame.File, c.frame.Line))
	switch {
	case strings.HasPrefix(c.state, "chan"), strings.HasPrefix(c.state, "select"):
		f.Mechanism = "channel-contention"
	case strings.HasPrefix(c.state, "sleep"), strings.HasPrefix(c.state, "syscall"):
		f.Mechanism = "off-cpu-io"
	}
	return []report.Finding{f}
}

func checkTooMany(p *diagnose.Pass) []report.Finding {
	t := p.Last(evidence.Goroutine, "goroutine")
	if t == nil || t.Total < 100_000 || len(t.Cells) == 0 {
		return nil
	}
	c := t.Cells[0]
	return []report.Finding{{
		Title: fmt.Sprintf("%d goroutines exist, most of them in %s", t.Total, symbol.Short(t.Funcs[c.Owner].Name)), Severity: report.Warning, Confidence: 0.6,
		Where:   where(p, t, &group{cells: []*blame.Cell{c}, value: c.Near, n: c.N}),
		Cost:    report.Cost{Resource: "goroutines", Share: ratio(c.Near, t.Total), Low: 0, High: 1, Of: "all goroutines", Amount: float64(t.Total), Unit: "count"},
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
