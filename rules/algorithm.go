package rules

import (
	"fmt"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

var loopCost = diagnose.Rule{
	ID: "loop-cost", Title: "walks a whole collection again and again", Mechanism: "linear-scan",
	Needs: []evidence.Kind{evidence.CPU},
	Doc: "Most of the CPU is below one loop of a function that is itself called for each element or request: the work grows with the size of the collection, or with its square.\n\n" +
		"Evidence: the share of CPU on lines inside the loop (the source of the function must be at hand), what the loop runs over, whether it is a search (it can be left early), and loops around the calls that lead to it.\n\n" +
		"**Remedy.** An index (map, sorted slice), a cache of what each round computes anew, or one pass instead of one per element.\n\n" +
		"**When it is wrong.** A loop over the input of a request is honest work when each element is needed once.",
	Check: checkLoopCost,
}

// loopy is a function with the CPU below the lines of its loops.
type loopy struct {
	fn    int32
	value int64
	line  int32 // the hottest line in a loop
	loop  evidence.LoopSyntax
	above int // loops around the calls that lead to the function
}

func checkLoopCost(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 || len(p.Set.Syntax) == 0 {
		return nil
	}
	const least = 0.15
	best, ok := deepest(loopies(p, t), int64(least*float64(t.Total)))
	if !ok {
		return nil
	}
	n := samplesOf(t, best.value)
	cost := p.CPUCost(best.value, n)
	if n < p.Limits.MinSamples || cost.Low < least {
		return nil
	}
	if doesIO(t, best.fn) {
		return nil // what a loop of reads or writes costs is the kernel's work
	}
	best.above = loopsAbove(p, t, best.fn)
	if !kept(best.loop) && best.loop.Depth+best.above < 2 {
		return nil // one honest walk over what the caller handed in
	}
	return []report.Finding{best.finding(p, t, cost)}
}

func (l loopy) finding(p *diagnose.Pass, t *blame.Table, cost report.Cost) report.Finding {
	fn := t.Funcs[l.fn]
	name := symbol.Short(fn.Name)
	nested := l.loop.Depth + l.above
	f := report.Finding{
		Mechanism: "linear-scan", Cost: cost, Title: name + " walks a whole collection again and again",
		Where: []report.Frame{diagnose.Frame(t, blame.Frame{Func: l.fn, Line: l.line})},
		Because: []report.Fact{
			{Text: fmt.Sprintf("of process CPU is below the loop at line %d of %s", l.loop.Start, name), Value: cost.Share, Unit: "ratio", Source: "cpu"},
			{Text: loops(nested) + " around the hottest line, calls included", Value: float64(nested), Unit: "count", Source: "syntax"},
		},
		Advice: []string{
			fmt.Sprintf("Replace the walk over %s at %s:%d by an index that is kept up to date, or compute what each round needs once and keep it.", orElse(l.loop.Over, "the collection"), fn.File, l.loop.Start),
			fmt.Sprintf("Check how often %s is called for one request, and with what sizes: cost grows with the product.", name),
		},
	}
	dominance := clamp((cost.Share - 0.1) / 0.6)
	f.Confidence = 0.25 + 0.25*dominance
	if nested >= 2 && !kept(l.loop) {
		f.Mechanism = "quadratic"
		f.Title = name + " is a loop inside a loop: work grows with the square of the data"
		f.Confidence = 0.3 + 0.35*dominance
	}
	if l.loop.Early {
		f.Because = append(f.Because, report.Fact{Text: "the loop is a search: it can be left early", Source: "syntax"})
	}
	if kept(l.loop) {
		// Whatever each element costs, all of a stored collection is walked for each call.
		f.Confidence = (f.Confidence + 0.15) * (1 - 0.5*explained(t, l.fn))
	} else {
		f.Confidence *= 0.5 * (1 - 0.8*explained(t, l.fn))
	}
	f.Saving = report.Range{Low: cost.Low * 0.3, High: cost.High * 0.95, Share: cost.Share * 0.65, Unit: "ratio", Basis: "estimate: an index removes most of a scan"}
	if cores, ok := p.Cores(); ok {
		f.Saving.Low, f.Saving.High, f.Saving.Unit = f.Saving.Low*cores, f.Saving.High*cores, "cores"
	}
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return f
}
