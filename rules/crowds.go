package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// crowd is goroutines of one dump that wait at one place in one state.
type crowd struct {
	frame   evidence.DumpFrame
	creator evidence.DumpFrame
	state   string
	frames  []evidence.DumpFrame // of one of them, leaf first
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
		if servesProfile(functions(g.Frames)) || !keep(g) {
			continue
		}
		frame, ok := nearest(p, g.Frames)
		if !ok {
			continue
		}
		key := g.State + "\x00" + frame.Function
		c := by[key]
		if c == nil {
			c = &crowd{frame: frame, creator: g.CreatedBy, state: g.State, frames: g.Frames}
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
	for i, f := range frames {
		if p.Class(f.Function) <= symbol.ThirdParty && (i == 0 || !symbol.IsLockMethod(f.Function)) {
			return f, true
		}
	}
	return evidence.DumpFrame{}, false
}

func (c crowd) finding(title string, sev report.Severity, conf, saving float64, advice ...string) report.Finding {
	f := report.Finding{
		Title: title, Severity: sev, Confidence: conf, Advice: advice,
		Where:  []report.Frame{{Function: symbol.Unwrap(c.frame.Function), File: c.frame.File, Line: c.frame.Line}},
		Cost:   report.Cost{Resource: "goroutines", Share: 1, Low: 1, High: 1, Of: "goroutines in this place", Amount: float64(c.n), Unit: "count"},
		Saving: report.Range{Low: 0, High: float64(c.n), Unit: "count", Share: saving, Basis: "they end"},
		Because: []report.Fact{
			{Text: "goroutines in state [" + c.state + "] there", Value: float64(c.n), Unit: "count", Source: "goroutine-text"},
			longest("the longest has waited", c.longest.Seconds()),
		},
	}
	if c.creator.Function != "" {
		f.Where = append(f.Where, report.Frame{Function: c.creator.Function, File: c.creator.File, Line: c.creator.Line})
	}
	return f
}

// longest is a fact about a wait of a dump: it tells whole minutes alone, and
// counts from the first collection that saw the goroutine wait (g.waitsince).
func longest(text string, seconds float64) report.Fact {
	if seconds == 0 {
		return report.Fact{Text: text + " is below a minute, or not known: a dump counts minutes from the first collection that saw it wait", Source: "goroutine-text"}
	}
	return report.Fact{Text: text, Value: seconds, Unit: "s", Source: "goroutine-text"}
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
