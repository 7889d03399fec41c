package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// hotCall is a rule of the most common form: a function in the developer's
// reach spends CPU through one of these concepts, more than it would have to.
type hotCall struct {
	id        string
	title     string // what the culprit does: "compiles regular expressions on the hot path"
	mechanism string
	concepts  []blame.Concept
	callbacks bool    // charge what the library calls back into as well (sort, templates)
	grouped   bool    // functions of one package that do the same are one finding
	min       float64 // share of process CPU that the interval must clear
	kLow      float64 // part of the cost that the remedy gives back, low and high
	kHigh     float64
	certain   float64 // confidence with plenty of samples
	basis     string  // where k comes from
	advice    []string
	doc       string
	refine    func(p *diagnose.Pass, g *group, f *report.Finding) bool // may sharpen or drop the finding
}

// group is the cells that one hotCall finding is made of, largest first.
type group struct {
	cells []*blame.Cell
	value int64
	n     int64
}

func (h hotCall) rule() diagnose.Rule {
	return diagnose.Rule{
		ID: h.id, Title: h.title, Mechanism: h.mechanism, Needs: []evidence.Kind{evidence.CPU},
		Doc: h.doc + "\n\n**Remedy.** " + generic(strings.Join(h.advice, " ")), Check: h.check,
	}
}

// generic fills the places of an advice in words, for documentation.
func generic(advice string) string {
	return strings.NewReplacer(" ({line})", "", " at {line}", "", "{line}", "the hot line", "{func}", "the function", "{callee}", "the call", "{site}", "the caller").Replace(advice)
}

func hotCallRules(hs []hotCall) []diagnose.Rule {
	out := make([]diagnose.Rule, 0, len(hs))
	for _, h := range hs {
		out = append(out, h.rule())
	}
	return out
}

func (h hotCall) check(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	var out []report.Finding
	for _, g := range h.groups(t) {
		cost := p.CPUCost(g.value, g.n)
		if g.n < p.Limits.MinSamples || cost.Low < max(h.min, p.Limits.MinShare) {
			continue
		}
		f := h.finding(p, t, g, cost)
		if h.refine == nil || h.refine(p, g, &f) {
			out = append(out, f)
		}
	}
	return out
}

// groups collects the cells, by owner or by the owner's package.
func (h hotCall) groups(t *blame.Table) []*group {
	by := map[string]*group{}
	var order []string
	for _, c := range t.Cells {
		if !slices.Contains(h.concepts, c.Concept) {
			continue
		}
		v, n := c.Near, c.N
		if h.callbacks {
			v, n = c.Cum, c.CumN
		}
		key := symbol.Outer(t.Funcs[c.Owner].Name)
		if h.grouped {
			key = t.Funcs[c.Owner].Pkg
		}
		g := by[key]
		if g == nil {
			g = &group{}
			by[key] = g
			order = append(order, key)
		}
		g.cells = append(g.cells, c)
		if h.callbacks {
			g.value, g.n = max(g.value, v), max(g.n, n)
		} else {
			g.value += v
			g.n += n
		}
	}
	out := make([]*group, 0, len(order))
	for _, k := range order {
		slices.SortStableFunc(by[k].cells, func(a, b *blame.Cell) int { return int(b.Near - a.Near) })
		out = append(out, by[k])
	}
	return out
}

func (h hotCall) finding(p *diagnose.Pass, t *blame.Table, g *group, cost report.Cost) report.Finding {
	top := g.cells[0]
	name := symbol.Short(t.Funcs[top.Owner].Name)
	f := report.Finding{
		Rule: h.id, Mechanism: h.mechanism, Cost: cost,
		Title:      fmt.Sprintf("%s %s", name, h.title),
		Confidence: certainty(h.certain, cost, h.min),
		Where:      where(t, g),
		Because:    h.because(p, t, g, cost),
	}
	for _, a := range h.advice {
		f.Advice = append(f.Advice, concrete(a, t, top))
	}
	f.Saving = cpuSaving(p, t, g.cells, cost, h.kLow, h.kHigh, h.basis)
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return f
}
