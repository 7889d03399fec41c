package rules

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// where is the culprit at its hottest line, other owners of the group, the call
// site in own code and the library function below.
func where(t *blame.Table, g *group) []report.Frame {
	top := g.cells[0]
	out := []report.Frame{diagnose.Frame(t, blame.Frame{Func: top.Owner, Line: top.TopLine()})}
	for _, c := range g.cells[1:] {
		if len(out) < 3 && c.Owner != top.Owner {
			out = append(out, diagnose.Frame(t, blame.Frame{Func: c.Owner, Line: c.TopLine()}))
		}
	}
	if own, ok := callSite(t, top); ok {
		out = append(out, diagnose.Frame(t, own))
	}
	if std := top.TopStd(); std >= 0 {
		out = append(out, diagnose.Frame(t, blame.Frame{Func: std}))
	}
	return out
}

// callSite is the nearest frame of the main module above the owner on the heaviest stack.
func callSite(t *blame.Table, c *blame.Cell) (blame.Frame, bool) {
	past := false
	for _, f := range c.Stack {
		if past && t.Funcs[f.Func].Class == symbol.Own {
			return f, true
		}
		past = past || f.Func == c.Owner
	}
	return blame.Frame{}, false
}

// concrete fills {func}, {callee}, {line} and {site} of an advice with names of this program.
func concrete(advice string, t *blame.Table, c *blame.Cell) string {
	fn := t.Funcs[c.Owner]
	line := fn.File
	if l := c.TopLine(); l > 0 {
		line = fmt.Sprintf("%s:%d", fn.File, l)
	}
	callee := symbol.Short(fn.Name)
	if std := c.TopStd(); std >= 0 {
		callee = symbol.Short(t.Funcs[std].Name)
	}
	site := symbol.Short(fn.Name)
	if f, ok := callSite(t, c); ok {
		site = symbol.Short(t.Funcs[f.Func].Name)
	}
	return strings.NewReplacer("{func}", symbol.Short(fn.Name), "{callee}", callee, "{line}", line, "{site}", site).Replace(advice)
}

// aboveConstructor puts the caller first where the culprit is another module's
// constructor, called by one function of a third: that it makes a new object each
// time is up to whoever calls it.
func aboveConstructor(t *blame.Table, fn int32, where []report.Frame) []report.Frame {
	caller, ok := heaviestCaller(t, fn)
	for range 3 { // New calls NewWithOptions
		if !ok || !sameModule(t.Funcs[caller].Pkg, t.Funcs[fn].Pkg) || !constructs(t.Funcs[caller].Name) {
			break
		}
		caller, ok = heaviestCaller(t, caller)
	}
	if !ok || t.Funcs[fn].Class != symbol.ThirdParty || t.Funcs[caller].Class != symbol.ThirdParty ||
		sameModule(t.Funcs[caller].Pkg, t.Funcs[fn].Pkg) || !constructs(t.Funcs[fn].Name) {
		return where
	}
	line, _ := hottestLine(t, caller)
	return append([]report.Frame{diagnose.Frame(t, blame.Frame{Func: caller, Line: line})}, where...)
}

func constructs(function string) bool {
	_, local := symbol.Split(symbol.Outer(function))
	return strings.HasPrefix(local, "New") || strings.HasPrefix(local, "new")
}
