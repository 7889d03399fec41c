package rules

import (
	"fmt"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// nest is the loops around the cost on a cell's heaviest stack, innermost
// first: one entry for each loop in the owner and in the functions of the same
// class above it. The source must be known for a loop to be seen.
type nest struct {
	loops []loopAt
	known bool // the owner's source was at hand
}

type loopAt struct {
	frame blame.Frame
	over  string
	early bool
	ends  bool // it runs over something: not for {} of a server
}

func nesting(p *diagnose.Pass, t *blame.Table, c *blame.Cell) nest {
	var n nest
	if len(c.Stack) == 0 {
		return n
	}
	class := t.Funcs[c.Owner].Class
	_, n.known = p.Syntax(t.Funcs[c.Owner].Name)
	past := false
	for _, f := range c.Stack {
		past = past || f.Func == c.Owner
		if !past || !t.Reachable(f.Func) {
			continue
		}
		if t.Funcs[f.Func].Class != class {
			break
		}
		fs, _ := p.Syntax(t.Funcs[f.Func].Name)
		for i := len(fs.Loops) - 1; i >= 0; i-- {
			if l := fs.Loops[i]; l.Start <= int(f.Line) && int(f.Line) <= l.End {
				n.loops = append(n.loops, loopAt{f, l.Over, l.Early, bounded(l)})
			}
		}
	}
	return n
}

// loops is the noun behind a number of them.
func loops(n int) string {
	if n == 1 {
		return "loop"
	}
	return "loops"
}

// loopFact is the nesting as a numbered fact.
func (n nest) fact(t *blame.Table) report.Fact {
	l := n.loops[0]
	text := fmt.Sprintf("%s around the cost, the inner one in %s", loops(len(n.loops)), symbol.Short(t.Funcs[l.frame.Func].Name))
	if l.over != "" {
		text += " over " + l.over
	}
	return report.Fact{Text: text, Value: float64(len(n.loops)), Unit: "count", Source: "syntax"}
}
