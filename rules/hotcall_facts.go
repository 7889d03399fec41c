package rules

import (
	"fmt"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

func (h hotCall) because(p *diagnose.Pass, t *blame.Table, g *group, cost report.Cost) []report.Fact {
	top := g.cells[0]
	facts := []report.Fact{{
		Text: "of process CPU is spent " + through(t, top), Value: cost.Share, Unit: "ratio", Source: "cpu", Doubt: fewSamples(g.n),
	}}
	if line := top.TopLine(); line > 0 && len(top.Lines) > 0 {
		facts = append(facts, report.Fact{
			Text: fmt.Sprintf("of that at line %d", line), Value: ratio(top.Lines[line], g.value), Unit: "ratio", Source: "cpu",
		})
	}
	var malloc int64
	for _, c := range g.cells {
		malloc += c.Malloc
	}
	if ratio(malloc, g.value) > 0.1 {
		facts = append(facts, report.Fact{Text: "of that inside the allocator", Value: ratio(malloc, g.value), Unit: "ratio", Source: "cpu"})
	}
	if rate, share, ok := allocRate(p, owners(t, g.cells)); ok && share > 0.02 {
		facts = append(facts,
			report.Fact{Text: "allocated by it", Value: rate, Unit: "B/s", Source: "heap"},
			report.Fact{Text: "of all bytes allocated in the window", Value: share, Unit: "ratio", Source: "heap"})
	}
	return facts
}

// through says by which library call the cost comes about.
func through(t *blame.Table, c *blame.Cell) string {
	name := symbol.Short(t.Funcs[c.Owner].Name)
	if std := c.TopStd(); std >= 0 {
		return fmt.Sprintf("in %s called by %s", symbol.Short(t.Funcs[std].Name), name)
	}
	return "in " + name + " itself"
}
