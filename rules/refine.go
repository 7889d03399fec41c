package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// concatInLoop lowers confidence where the source shows a single expression
// outside any loop: there the allocation is needed once.
func concatInLoop(p *diagnose.Pass, g *group, f *report.Finding) bool {
	n := nesting(p, p.CPU(), g.cells[0])
	switch {
	case len(n.loops) > 0:
		f.Because = append(f.Because, n.fact(p.CPU()))
	case n.known:
		f.Confidence *= 0.7
		f.Saving.Share *= 0.6
	}
	return true
}

// mapBuiltPerCall names the mechanism by what the source shows: a map made and
// filled in the function itself is built for each call.
func mapBuiltPerCall(p *diagnose.Pass, g *group, f *report.Finding) bool {
	name := p.CPU().Funcs[g.cells[0].Owner].Name
	fs, ok := p.Syntax(name)
	if !ok {
		return true
	}
	for _, line := range slices.Sorted(maps.Keys(fs.Lines)) {
		for _, does := range fs.Lines[line].Does {
			if does == "make-map" || does == "make-map-nohint" || does == "map-literal" {
				f.Mechanism = "map-build-per-call"
				f.Because = append(f.Because, report.Fact{Text: fmt.Sprintf("the map is made inside the function, at line %d", line), Source: "syntax"})
				return true
			}
		}
	}
	return true
}

// memmoveInLoop: a copy inside a loop that itself moves what the loop walks is quadratic.
func memmoveInLoop(p *diagnose.Pass, g *group, f *report.Finding) bool {
	n := nesting(p, p.CPU(), g.cells[0])
	if len(n.loops) == 0 {
		return true
	}
	f.Mechanism = "quadratic"
	f.Because = append(f.Because, n.fact(p.CPU()))
	f.Advice = append([]string{fmt.Sprintf("Each round of the loop moves the rest of the data (%s:%d): collect what is kept in a second slice, or mark and compact once at the end.", f.Where[0].File, f.Where[0].Line)}, f.Advice...)
	f.Confidence = min(0.9, f.Confidence*1.1)
	return true
}

// zeroing leaves clearing that is not part of an allocation to other rules.
func zeroing(_ *diagnose.Pass, g *group, f *report.Finding) bool {
	c := g.cells[0]
	if c.Concept == blame.AllocLarge && c.Inner[blame.Memclr] < c.Near/5 {
		f.Confidence *= 0.6
		f.Mechanism = "excessive-alloc"
	}
	return true
}

// reflectAlloc: where reflection does nothing but allocate, the allocation is the matter.
func reflectAlloc(_ *diagnose.Pass, g *group, f *report.Finding) bool {
	var malloc int64
	for _, c := range g.cells {
		malloc += c.Malloc
	}
	if ratio(malloc, g.value) > 0.7 {
		f.Mechanism = "excessive-alloc"
	}
	return true
}

// polling: a channel operation that never blocks (select with default) and takes
// this much CPU is asked again and again for something that has not come.
func polling(p *diagnose.Pass, g *group, f *report.Finding) bool {
	var never int64
	for _, c := range g.cells {
		for std, v := range c.Std {
			if strings.HasPrefix(p.CPU().Funcs[std].Name, "runtime.selectnb") {
				never += v
			}
		}
	}
	if ratio(never, g.value) < 0.5 || f.Cost.Low < 0.2 {
		return true
	}
	f.Mechanism = "busy-loop"
	f.Title = symbol.Short(p.CPU().Funcs[g.cells[0].Owner].Name) + " polls a channel instead of waiting for it"
	f.Because = append(f.Because, report.Fact{Text: "of that in operations that never block (select with default)", Value: ratio(never, g.value), Unit: "ratio", Source: "cpu"})
	f.Advice = []string{fmt.Sprintf("Remove the default case of the select at %s:%d, or wait for a timer in it: a goroutine that waits costs nothing.", f.Where[0].File, f.Where[0].Line)}
	f.Confidence = min(0.9, f.Confidence*1.25)
	return true
}

// askedInLoop: outgoing requests made one by one in a loop want a batch; outside
// of one they are only worth a word when they are most of the work.
func askedInLoop(p *diagnose.Pass, g *group, f *report.Finding) bool {
	n := nesting(p, p.CPU(), g.cells[0])
	if slices.ContainsFunc(n.loops, func(l loopAt) bool { return l.ends }) {
		f.Because = append(f.Because, n.fact(p.CPU()))
		return true
	}
	f.Confidence *= 0.6
	return f.Cost.Low >= 0.25
}

// poolNew: where Get allocates for most of its time, New runs nearly every time.
func poolNew(_ *diagnose.Pass, g *group, f *report.Finding) bool {
	c := g.cells[0]
	if made := ratio(c.Malloc, c.Cum); made > 0.5 {
		f.Confidence = min(0.9, f.Confidence*1.35)
		f.Because = append(f.Because, report.Fact{Text: "of that makes new objects: the pool was empty", Value: made, Unit: "ratio", Source: "cpu"})
	}
	return true
}

// startedInLoop lowers confidence where no loop is seen around the go statement.
func startedInLoop(p *diagnose.Pass, _ *group, f *report.Finding) bool {
	if !spawnsInLoop(p, f.Place()) {
		f.Confidence *= 0.6
	}
	return true
}
