package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

var builtPerCall = diagnose.Rule{
	ID: "built-per-call", Title: "builds on every call what could be built once", Mechanism: "compile-per-call",
	Needs: []evidence.Kind{evidence.CPU},
	Doc: "A function calls another module's constructor, compiler or loader (NewX, Compile, Build, Load...) on the hot path, and that takes a visible part of the CPU: expressions, schemas, policies, clients and routers are meant to be made once.\n\n" +
		"Evidence: the name of the called function, the share of CPU below the call.\n\n" +
		"**Remedy.** Make it at start or keep it in a map keyed by its source.\n\n" +
		"**When it is wrong.** Parsing what a request carries has to be done for each request; names that begin with Parse or Decode are therefore reported at low confidence.",
	Check: checkBuiltPerCall,
}

type made struct {
	edge      blame.Edge
	value     int64
	mechanism string
	certain   float64
}

func checkBuiltPerCall(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	const least = 0.05
	var ms []made
	for e, v := range t.Edges {
		if ratio(v, t.Total) < least || t.Funcs[e.To].Class != symbol.ThirdParty {
			continue
		}
		m, ok := maker(t.Funcs[e.To].Name)
		if !ok || sameModule(t.Funcs[e.From].Pkg, t.Funcs[e.To].Pkg) && !m.inside(t, e, v) {
			continue
		}
		m.edge, m.value = e, v
		if m.mechanism == "pool-misuse" {
			m.edge = besideCompressor(t, e)
		}
		ms = append(ms, m)
	}
	slices.SortFunc(ms, func(a, b made) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(t.Funcs[a.edge.To].Name, t.Funcs[b.edge.To].Name))
	})
	var out []report.Finding
	for _, m := range ms[:min(len(ms), 2)] {
		cost := p.CPUCost(m.value, samplesOf(t, m.value))
		if cost.Low >= least {
			out = append(out, m.finding(p, t, cost))
		}
	}
	return out
}

func (m made) finding(p *diagnose.Pass, t *blame.Table, cost report.Cost) report.Finding {
	from, to := symbol.Short(t.Funcs[m.edge.From].Name), symbol.Short(t.Funcs[m.edge.To].Name)
	line, _ := hottestLine(t, m.edge.From)
	where := diagnose.Frame(t, blame.Frame{Func: m.edge.From, Line: line})
	f := report.Finding{
		Mechanism: m.mechanism, Title: fmt.Sprintf("%s calls %s again and again", from, to), Cost: cost,
		Where:      []report.Frame{where, diagnose.Frame(t, blame.Frame{Func: m.edge.To})},
		Confidence: certainty(m.certain, cost, 0.05),
		Because:    []report.Fact{{Text: "of process CPU is below " + to + " called by " + from, Value: cost.Share, Unit: "ratio", Source: "cpu"}},
		Advice: []string{
			fmt.Sprintf("Call %s once, at start, and keep the result; where its input varies, keep results in a bounded map keyed by the input (%s:%d).", to, where.File, where.Line),
		},
		Saving: report.Range{Low: cost.Low * 0.7, High: cost.High * 0.97, Share: cost.Share * 0.85, Unit: "ratio", Basis: "the call goes away"},
	}
	if cores, ok := p.Cores(); ok {
		f.Saving.Low, f.Saving.High, f.Saving.Unit = f.Saving.Low*cores, f.Saving.High*cores, "cores"
	}
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return f
}
