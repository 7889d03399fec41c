package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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
	n := t.N * best.value / t.Total
	cost := p.CPUCost(best.value, n)
	if n < p.Limits.MinSamples || cost.Low < least {
		return nil
	}
	best.above = loopsAbove(p, t, best.fn)
	if !kept(best.loop) && best.loop.Depth+best.above < 2 {
		return nil // one honest walk over what the caller handed in
	}
	return []report.Finding{best.finding(p, t, cost)}
}

// loopies sums, for each function whose source is known, the value below lines
// inside its loops.
func loopies(p *diagnose.Pass, t *blame.Table) []loopy {
	by := map[int32]*loopy{}
	hot := map[int32]int64{}
	for f, v := range t.Lines {
		l := p.Loop(t.Funcs[f.Func].Name, f.Line)
		if l == nil || !bounded(*l) || waitsIn(p, t.Funcs[f.Func].Name, *l) {
			continue
		}
		e := by[f.Func]
		if e == nil {
			e = &loopy{fn: f.Func}
			by[f.Func] = e
		}
		e.value = min(e.value+v, t.Funcs[f.Func].Cum)
		if v > hot[f.Func] || v == hot[f.Func] && f.Line < e.line {
			hot[f.Func], e.line, e.loop = v, f.Line, *l
		}
	}
	out := make([]loopy, 0, len(by))
	for _, e := range by {
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b loopy) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(t.Funcs[a.fn].Name, t.Funcs[b.fn].Name))
	})
	return out
}

// bounded leaves out loops that serve events: for {}, for cond {} and ranges
// over channels end when the program does.
func bounded(l evidence.LoopSyntax) bool {
	return l.Range && l.Over != "" || strings.Contains(l.Over, "len(") || strings.ContainsAny(l.Over, "<>")
}

// waitsIn says that a goroutine was seen waiting for work below the loop: it
// serves events or connections and is not what makes them expensive.
func waitsIn(p *diagnose.Pass, function string, l evidence.LoopSyntax) bool {
	for _, d := range p.Set.Goroutines {
		for _, g := range d.Goroutines {
			if !waitsOutside(g.State) {
				continue
			}
			for _, f := range g.Frames {
				if f.Function == function && l.Start <= f.Line && f.Line <= l.End {
					return true
				}
			}
		}
	}
	return false
}

// kept says that a loop runs over what lives longer than the call: a field.
// Input that a function was handed is mostly looked at once, honestly.
func kept(l evidence.LoopSyntax) bool {
	over := strings.TrimSuffix(strings.TrimSpace(l.Over), "()")
	if i := strings.Index(over, "len("); i >= 0 {
		over = strings.TrimSuffix(over[i+len("len("):], ")")
	}
	return strings.Contains(over, ".") && !strings.Contains(over, "(")
}

// deepest takes the loop nearest to the cost: the smallest value that is still
// at least 70 % of the largest, for a loop below a loop holds nearly all of it.
func deepest(ls []loopy, least int64) (loopy, bool) {
	if len(ls) == 0 || ls[0].value < least {
		return loopy{}, false
	}
	best := ls[0]
	for _, l := range ls {
		if l.value >= ls[0].value*7/10 {
			best = l
		}
	}
	return best, true
}

// loopsAbove counts loops around calls on the heaviest way down to the function.
func loopsAbove(p *diagnose.Pass, t *blame.Table, fn int32) int {
	class := t.Funcs[fn].Class
	count, at := 0, fn
	seen := map[int32]bool{fn: true}
	for range 12 {
		caller, ok := heaviestCaller(t, at)
		if !ok || seen[caller] || t.Funcs[caller].Class != class {
			return count
		}
		seen[caller] = true
		if line, v := hottestLine(t, caller); v > 0 {
			if l := p.Loop(t.Funcs[caller].Name, line); l != nil {
				count += l.Depth
			}
		}
		at = caller
	}
	return count
}

func heaviestCaller(t *blame.Table, fn int32) (int32, bool) {
	best, most := int32(-1), int64(0)
	for e, v := range t.Edges {
		if e.To == fn && e.From != fn && (v > most || v == most && e.From < best) {
			best, most = e.From, v
		}
	}
	return best, best >= 0
}

func hottestLine(t *blame.Table, fn int32) (line int32, value int64) {
	for f, v := range t.Lines {
		if f.Func == fn && (v > value || v == value && f.Line < line) {
			line, value = f.Line, v
		}
	}
	return line, value
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
			{Text: "loops around the hottest line, calls included", Value: float64(nested), Unit: "count", Source: "syntax"},
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
		f.Because = append(f.Because, report.Fact{Text: "the loop is a search: it can be left early", Value: 1, Unit: "count", Source: "syntax"})
	}
	if kept(l.loop) {
		// Whatever each element costs, all of a stored collection is walked for each call.
		f.Confidence = (f.Confidence + 0.15) * (1 - 0.3*explained(t, l.fn))
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

// explained is the share of what is below a function that one library call
// accounts for: where it is large, another rule has said what is wrong.
func explained(t *blame.Table, fn int32) float64 {
	by := map[blame.Concept]int64{}
	var most int64
	below := reachedFrom(t, fn)
	for _, c := range t.Cells {
		if !below[c.Owner] || unspecific(c.Concept) {
			continue
		}
		by[c.Concept] += c.Near
		most = max(most, by[c.Concept])
	}
	return clamp(ratio(most, t.Funcs[fn].Cum))
}

// unspecific concepts are what any loop is made of.
func unspecific(c blame.Concept) bool {
	switch c {
	case blame.OwnCode, blame.Alloc, blame.Memmove, blame.StringSearch, blame.StringSplit, blame.MapGet, blame.MapIter, blame.MapHash, blame.Slices, blame.TypeAssert, blame.UTF8, blame.ListHeap:
		return true
	}
	return false
}

// reachedFrom is a function and everything in reach that it leads to.
func reachedFrom(t *blame.Table, fn int32) map[int32]bool {
	seen := map[int32]bool{fn: true}
	for todo := []int32{fn}; len(todo) > 0; {
		at := todo[0]
		todo = todo[1:]
		for e := range t.Edges {
			if e.From == at && !seen[e.To] {
				seen[e.To] = true
				todo = append(todo, e.To)
			}
		}
	}
	return seen
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
