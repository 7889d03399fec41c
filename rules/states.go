package rules

import (
	"fmt"
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
		ID: "too-many-goroutines", Title: "the process has very many goroutines", Mechanism: "goroutine-churn", Needs: []evidence.Kind{evidence.Goroutine},
		Doc:   "Ten thousand goroutines or more, most of them in one place. Each goroutine keeps at least 2 KiB of stack, is scanned in each collection and is listed, with the world stopped, in each goroutine profile.\n\n**Remedy.** Bound concurrency with a semaphore or a pool of workers.",
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
		g := &group{cells: []*blame.Cell{c}, value: c.Near, n: c.N}
		name := symbol.Short(t.Funcs[c.Owner].Name)
		out = append(out, report.Finding{
			Title: fmt.Sprintf("goroutines blocked in %s can never go on", name), Severity: report.Critical, Confidence: 0.97, Where: where(t, g),
			Cost:    report.Cost{Resource: "goroutines", Share: ratio(c.Near, t.Total), Low: ratio(c.Near, t.Total), High: ratio(c.Near, t.Total), Of: "leaked goroutines", Amount: float64(c.Near), Unit: "count"},
			Saving:  report.Range{Low: float64(c.Near), High: float64(c.Near), Unit: "count", Share: 0.6 + 0.3*ratio(c.Near, t.Total), Basis: "the runtime's proof"},
			Because: []report.Fact{{Text: "goroutines that nothing can wake", Value: float64(c.Near), Unit: "count", Source: "goroutineleak"}},
			Advice:  []string{fmt.Sprintf("Give the operation in %s a way out: a buffered channel, or a select with ctx.Done().", name)},
		})
	}
	return out
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
