package rules

import (
	"fmt"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// gcRules are about the collector as a whole. They name the function that
// allocates most, for that is what a developer can change.
var gcRules = []diagnose.Rule{
	{
		ID: "gc-background", Title: "the collector takes a large part of the CPU", Mechanism: "gc-pressure", Needs: []evidence.Kind{evidence.CPU},
		Doc: "More than a tenth of the process CPU is background marking, idle workers not counted (they use processors that nothing else wants). The pacer aims at 25 % while a cycle runs.\n\n" +
			"**Remedy.** Allocate less, keep fewer pointers alive, or raise GOGC: at a fixed live heap the cost is proportional to 1/GOGC, the price is live heap × GOGC/100 of memory.",
		Check: func(p *diagnose.Pass) []report.Finding {
			return gcShare(p, []blame.Activity{blame.InGC}, 0.10, "background marking")
		},
	},
	{
		ID: "gc-assist", Title: "allocating goroutines are made to help the collector", Mechanism: "gc-pressure", Needs: []evidence.Kind{evidence.CPU},
		Doc: "Goroutines that allocate faster than the collector marks must assist it. Assists take CPU and, worse, add latency to whoever allocates (GC guide: look into it above 5 %).\n\n" +
			"**Remedy.** Allocate less in bursts; raise GOGC so that a cycle starts earlier relative to the goal.",
		Check: func(p *diagnose.Pass) []report.Finding {
			return gcShare(p, []blame.Activity{blame.InAssist}, 0.05, "GC assists")
		},
	},
	{
		ID: "gc-sweep", Title: "sweeping and scavenging take a visible part of the CPU", Mechanism: "gc-pressure", Needs: []evidence.Kind{evidence.CPU},
		Doc: "Returning memory to spans and to the system shows when the heap turns over quickly or a memory limit is near.\n\n**Remedy.** Fewer large short-lived objects; a limit further from the live heap.",
		Check: func(p *diagnose.Pass) []report.Finding {
			return gcShare(p, []blame.Activity{blame.InSweep}, 0.05, "sweeping and scavenging")
		},
	},
	{
		ID: "gc-tiny-heap", Title: "the collector runs often for a tiny heap", Mechanism: "gc-pressure", Needs: []evidence.Kind{evidence.HeapText, evidence.CPU},
		Doc:   "With a live heap of a few megabytes and GOGC=100 a cycle starts every few megabytes allocated: many small cycles, each with its fixed costs.\n\n**Remedy.** GOGC=400 or more, or GOMEMLIMIT with GOGC=off where the container's limit is known. A ballast is not needed since Go 1.19.",
		Check: checkTinyHeap,
	},
	{
		ID: "gc-forced-often", Title: "collections are forced by the program", Mechanism: "gc-pressure", Needs: []evidence.Kind{evidence.HeapText},
		Doc:   "runtime.GC or debug.FreeOSMemory was called during the window, beyond the collections that this tool itself asked for with ?gc=1.\n\n**Remedy.** Delete the calls; bound memory with GOMEMLIMIT.",
		Check: checkForced,
	},
	{
		ID: "gc-thrash", Title: "the collector runs without end", Mechanism: "gc-thrash", Needs: []evidence.Kind{evidence.HeapText},
		Doc:   "More than 40 % of the CPU since start, or half of the CPU now, goes to the collector: a memory limit is too near the live heap, or GOGC is far too low. The runtime caps the collector at about half of the CPU; the program crawls on the rest.\n\n**Remedy.** Raise the limit or fix what fills the heap.",
		Check: checkThrash,
	},
}

func gcShare(p *diagnose.Pass, acts []blame.Activity, least float64, what string) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	var v int64
	for _, a := range acts {
		v += t.Classes[a]
	}
	n := samplesOf(t, v)
	cost := p.CPUCost(v, n)
	cost.Resource = "gc"
	if n < p.Limits.MinSamples || cost.Low < least {
		return nil
	}
	f := report.Finding{
		Title: fmt.Sprintf("%s takes %.0f %% of the process CPU", what, cost.Share*100), Cost: cost,
		Confidence: 0.35 + 0.3*clamp((cost.Low-0.15)/0.2),
		Because:    []report.Fact{{Text: "of process CPU is " + what, Value: cost.Share, Unit: "ratio", Source: "cpu", Doubt: fewSamples(n)}},
		Advice:     []string{"Raise GOGC: twice the value halves the collector's work, for live heap × ΔGOGC/100 more memory.", "Or allocate less; the largest allocators are named above."},
		Saving:     report.Range{Low: cost.Low * 0.3, High: cost.High * 0.7, Share: cost.Share * 0.35, Unit: "ratio", Basis: "GC guide: cost is proportional to 1/GOGC at a fixed live heap"},
	}
	if p.Set.Host.GOGC == "off" {
		f.Advice[0] = "Raise GOMEMLIMIT: with GOGC=off it alone decides how often is collected, and raising GOGC from off is lowering it."
	}
	f.Where, f.Because = biggestAllocators(p, f.Because)
	if cores, ok := p.Cores(); ok {
		f.Saving.Low, f.Saving.High, f.Saving.Unit = f.Saving.Low*cores, f.Saving.High*cores, "cores"
	}
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return []report.Finding{f}
}

// biggestAllocators are the functions with the most bytes in the window.
func biggestAllocators(p *diagnose.Pass, facts []report.Fact) ([]report.Frame, []report.Fact) {
	d := p.Delta(p.Heap(), "alloc_space")
	if d == nil || d.Total <= 0 || d.Seconds <= 0 {
		return nil, facts
	}
	var where []report.Frame
	for _, c := range d.Cells {
		if c.Near <= 0 || len(where) == 3 {
			break
		}
		where = append(where, diagnose.Frame(d.Table, blame.Frame{Func: c.Owner, Line: c.TopLine()}))
		facts = append(facts, report.Fact{Text: "allocated by " + symbol.Short(d.Funcs[c.Owner].Name), Value: float64(c.Near) / d.Seconds, Unit: "B/s", Source: "heap"})
	}
	return where, facts
}
