package rules

import (
	"fmt"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

var hotSpot = diagnose.Rule{
	ID: "cpu-hot-path", Title: "where the CPU time goes when no other rule explains it", Mechanism: "cpu-hot-path",
	Needs: []evidence.Kind{evidence.CPU},
	Doc: "A function's own instructions take a large share of the CPU and no rule knows a cheaper way. The finding says where time goes and claims no more: its confidence is low.\n\n" +
		"**Remedy.** Read the hot lines; build with profile-guided optimisation (`-pgo`, 2 to 14 % by the release notes); look for work that callers could avoid.",
	Check: checkHotSpot,
}

func checkHotSpot(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	var out []report.Finding
	for _, c := range t.Cells {
		if c.Concept != blame.OwnCode || len(out) == 2 {
			continue
		}
		cost := p.CPUCost(c.Near, c.N)
		if c.N < p.Limits.MinSamples || cost.Low < 0.1 {
			break
		}
		out = append(out, hotSpotFinding(p, t, c, cost))
	}
	if len(out) == 0 {
		return hotSubtree(p, t)
	}
	return out
}

// hotSubtree names the function below which most of the CPU is spent where no
// single function's own instructions stand out: the deepest that still has a
// quarter of it and hands none of its callees most of that.
func hotSubtree(p *diagnose.Pass, t *blame.Table) []report.Finding {
	best := int32(-1)
	for i, f := range t.Funcs {
		if f.Class > symbol.ThirdParty || f.Cum*4 < t.Total || f.Cum*10 > t.Total*9 || passesOn(t, int32(i)) {
			continue // too little, or all of it: main is no news
		}
		if best < 0 || f.Cum < t.Funcs[best].Cum || f.Cum == t.Funcs[best].Cum && f.Name < t.Funcs[best].Name {
			best = int32(i)
		}
	}
	if best < 0 {
		return nil
	}
	n := samplesOf(t, t.Funcs[best].Cum)
	cost := p.CPUCost(t.Funcs[best].Cum, n)
	if n < p.Limits.MinSamples || cost.Low < 0.2 {
		return nil
	}
	line, _ := hottestLine(t, best)
	name := symbol.Short(t.Funcs[best].Name)
	f := report.Finding{
		Title: fmt.Sprintf("%.0f %% of the CPU time is below %s", cost.Share*100, name), Cost: cost, Confidence: 0.1, Severity: report.Info,
		Where:   []report.Frame{diagnose.Frame(t, blame.Frame{Func: best, Line: line})},
		Because: []report.Fact{{Text: "of process CPU is in " + name + " and what it calls", Value: cost.Share, Unit: "ratio", Source: "cpu"}},
		Advice:  []string{fmt.Sprintf("Ask whether all calls of %s are needed, and whether their results can be kept; the flame graph and `goperf analyze --all` show the functions below it.", name)},
		Saving:  report.Range{Low: 0, High: cost.High * 0.5, Share: cost.Share * 0.2, Unit: "ratio", Basis: "unknown: depends on the algorithm"},
	}
	if cores, ok := p.Cores(); ok {
		f.Saving.High, f.Saving.Unit = f.Saving.High*cores, "cores"
	}
	return []report.Finding{f}
}

// passesOn says that one function called by this one has most of its cost.
func passesOn(t *blame.Table, fn int32) bool {
	for e, v := range t.Edges {
		if e.From == fn && e.To != fn && v*10 > t.Funcs[fn].Cum*7 {
			return true
		}
	}
	return false
}

func hotSpotFinding(p *diagnose.Pass, t *blame.Table, c *blame.Cell, cost report.Cost) report.Finding {
	name := symbol.Short(t.Funcs[c.Owner].Name)
	g := &group{cells: []*blame.Cell{c}, value: c.Near, n: c.N}
	f := report.Finding{
		Title: name + " is where most of the computing is done", Cost: cost, Where: where(t, g),
		Confidence: 0.1 + 0.2*clamp(cost.Share),
		Because: []report.Fact{{
			Text: "of process CPU is in instructions of " + name, Value: cost.Share, Unit: "ratio", Source: "cpu", Doubt: fewSamples(c.N),
		}},
		Advice: []string{
			concrete("Read {line} and ask whether callers need all of it; `goperf explain cpu-hot-path` lists what to try.", t, c),
			"Build with profile-guided optimisation from this very profile (go build -pgo).",
		},
		Saving: report.Range{Low: 0, High: cost.High * 0.6, Share: cost.Share * 0.3, Unit: "ratio", Basis: "unknown: depends on the algorithm"},
	}
	if line := c.TopLine(); line > 0 {
		f.Because = append(f.Because, report.Fact{Text: fmt.Sprintf("of that at line %d", line), Value: ratio(c.Lines[line], c.Near), Unit: "ratio", Source: "cpu"})
	}
	if p.Does(t.Funcs[c.Owner].Name, c.TopLine(), "range-value-copy") {
		f.Mechanism = "copy-by-value"
		f.Title = name + " copies each element of what it ranges over"
		f.Confidence = 0.35 + 0.3*clamp(ratio(c.Lines[c.TopLine()], t.Total)*1.5)
		f.Advice = append([]string{concrete("Range by index at {line}, or over a slice of pointers: the loop variable is a copy of the whole element.", t, c)}, f.Advice...)
		f.Saving.Share = cost.Share * 0.5
	}
	if n := t.Repeats[c.Owner]; n > t.Funcs[c.Owner].Cum/3 {
		f.Mechanism = "algorithmic-complexity"
		f.Title = name + " calls itself for most of its time"
		f.Because = append(f.Because, report.Fact{Text: "of its time is in recursive calls", Value: ratio(n, t.Funcs[c.Owner].Cum), Unit: "ratio", Source: "cpu"})
		f.Confidence += 0.1
	}
	if cores, ok := p.Cores(); ok {
		f.Saving.Low, f.Saving.High, f.Saving.Unit = f.Saving.Low*cores, f.Saving.High*cores, "cores"
	}
	f.Severity = report.Info
	return f
}
