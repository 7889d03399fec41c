package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
)

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

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
