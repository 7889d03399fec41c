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

// handoffRules are about work of the scheduler that goroutines cause. The cost is
// on the scheduler's own stacks, so the culprit is found by who calls or waits most.
var handoffRules = []diagnose.Rule{
	{
		ID: "yield-loop", Title: "a loop yields the processor without end", Mechanism: "busy-loop", Needs: []evidence.Kind{evidence.CPU},
		Doc:   "The scheduler spends a large part of the CPU taking goroutines that called runtime.Gosched off and putting them on again: they poll for something that has not happened.\n\n**Remedy.** Wait for the event: a channel, sync.Cond, a semaphore.",
		Check: checkYieldLoop,
	},
	{
		ID: "channel-handoff", Title: "goroutines hand single items over", Mechanism: "channel-contention", Needs: []evidence.Kind{evidence.Trace},
		Doc:   "Goroutines stop and start thousands of times a second at one channel operation: each handover parks one goroutine, wakes another and goes through the scheduler, microseconds for an item that takes less to work on.\n\n**Remedy.** Send batches; buffer the channel; let one goroutine do both steps.",
		Check: checkHandoff,
	},
}

func checkYieldLoop(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	v := max(cumOf(t, "runtime.gosched_m"), cumOf(t, "runtime.goschedImpl"))
	cost := p.CPUCost(v, samplesOf(t, v))
	if samplesOf(t, v) < p.Limits.MinSamples || cost.Low < 0.1 {
		return nil
	}
	where, ok := yielder(p, t)
	if !ok {
		return nil
	}
	name := symbol.Short(where.Function)
	f := report.Finding{
		Title: name + " yields the processor in a loop instead of waiting", Cost: cost, Confidence: certainty(0.85, cost, 0.1), Where: []report.Frame{where},
		Because: []report.Fact{{Text: "of process CPU is the scheduler handling runtime.Gosched", Value: cost.Share, Unit: "ratio", Source: "cpu"}},
		Advice:  []string{fmt.Sprintf("Wait for the event in %s (%s:%d): a channel, sync.Cond or a semaphore wakes the goroutine when there is something to do.", name, where.File, where.Line)},
		Saving:  report.Range{Low: cost.Low * 0.9, High: cost.High, Share: cost.Share * 0.95, Unit: "ratio", Basis: "waiting costs nothing"},
	}
	if cores, ok := p.Cores(); ok {
		f.Saving.Low, f.Saving.High, f.Saving.Unit = f.Saving.Low*cores, f.Saving.High*cores, "cores"
	}
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return []report.Finding{f}
}

// yielder is the function that calls Gosched: by its samples, or else by a
// goroutine that is seen there.
func yielder(p *diagnose.Pass, t *blame.Table) (report.Frame, bool) {
	for _, c := range t.Cells {
		if c.Concept == blame.GoSched {
			return diagnose.Frame(t, blame.Frame{Func: c.Owner, Line: c.TopLine()}), true
		}
	}
	for _, d := range p.Set.Goroutines {
		for _, g := range d.Goroutines {
			if !stackHas(g, "runtime.Gosched") {
				continue
			}
			if f, ok := nearest(p, g.Frames); ok {
				return report.Frame{Function: f.Function, File: f.File, Line: f.Line}, true
			}
		}
	}
	return report.Frame{}, false
}

func checkHandoff(p *diagnose.Pass) []report.Finding {
	s, t := p.Set.Sched, p.CPU()
	if s.Window <= 0 || t == nil || t.Total == 0 {
		return nil
	}
	by := map[string]*waitPlace{}
	var best *waitPlace
	for _, w := range s.Waits {
		if !strings.HasPrefix(w.Reason, "chan") && w.Reason != "select" {
			continue
		}
		f, ok := reachable(p, w.Stack)
		if !ok || slices.ContainsFunc(w.Stack, func(f exectrace.Frame) bool { return isNetwork(f.Function) }) {
			continue
		}
		pl := by[f.Function]
		if pl == nil {
			pl = &waitPlace{frame: evidence.DumpFrame{Function: f.Function, File: f.File, Line: f.Line}, reason: w.Reason}
			by[f.Function] = pl
		}
		pl.count += w.Count
		pl.total += w.Total.Seconds()
		if best == nil || pl.count > best.count || pl.count == best.count && pl.frame.Function < best.frame.Function {
			best = pl
		}
	}
	if best == nil {
		return nil
	}
	rate := float64(best.count) / s.Window.Seconds()
	sched := ratio(t.Classes[blame.InSched], t.Total)
	if rate < 2000 || sched < 0.1 {
		return nil
	}
	name := symbol.Short(best.frame.Function)
	share := clamp(sched * 1.5)
	return traceFinding(fmt.Sprintf("%s stops and starts %s times a second at a channel", name, report.FormatValue(rate, "count")),
		[]report.Frame{{Function: symbol.Unwrap(best.frame.Function), File: best.frame.File, Line: best.frame.Line}}, share, share*0.7, 0.3+0.3*clamp((sched-0.1)*2.5), []report.Fact{
			{Text: "waits of goroutines there", Value: rate, Unit: "count/s", Source: "trace"},
			{Text: "of process CPU is the scheduler", Value: sched, Unit: "ratio", Source: "cpu"},
		}, fmt.Sprintf("Send slices of items instead of single ones at %s:%d, or give the channel a buffer so that both sides run on.", best.frame.File, best.frame.Line))
}
