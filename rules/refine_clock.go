package rules

import (
	"fmt"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// spinsOnClock: a short loop with nothing but a condition, around a clock that
// takes much of the CPU, waits for time to pass.
func spinsOnClock(p *diagnose.Pass, g *group, f *report.Finding) bool {
	const statements = 4 // lines of a loop that does nothing else
	c := g.cells[0]
	l := p.Loop(p.CPU().Funcs[c.Owner].Name, c.TopLine())
	if l == nil || l.Range || l.End-l.Start > statements || l.Over == "" || f.Cost.Low < 0.15 {
		return true
	}
	f.Mechanism = "busy-loop"
	f.Title = symbol.Short(f.Place()) + " asks for the time until it has passed"
	f.Confidence *= 0.85
	f.Because = append(f.Because, report.Fact{Text: "the loop around it goes on while " + l.Over, Source: "syntax"})
	f.Advice = []string{fmt.Sprintf("Sleep for the time that is missing, or take the next value from a counter, instead of asking the clock again and again at %s:%d.", f.Where[0].File, f.Where[0].Line)}
	return true
}

// walksStack: who captures frames and never turns them into names keeps whole
// stacks; who wants names looks up its caller.
func walksStack(p *diagnose.Pass, g *group, f *report.Finding) bool {
	for _, c := range g.cells {
		for std := range c.Std {
			if name := p.CPU().Funcs[std].Name; name != "runtime.Callers" && name != "runtime.callers" {
				return true
			}
		}
	}
	f.Mechanism = "stack-walk"
	f.Title = symbol.Short(f.Place()) + " captures a stack each time"
	return true
}
