package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/report"
)

// leakKind names the mechanism by what the allocating line is for.
func leakKind(p *diagnose.Pass, t *blame.Table, c *blame.Cell) (mechanism, what string) {
	name := t.Funcs[c.Owner].Name
	switch c.Concept {
	case blame.Context, blame.ContextValue:
		return "context-leak", "makes contexts that are never cancelled"
	case blame.Timer:
		return "timer-leak", "makes timers that are never stopped"
	case blame.BufioNew:
		return "per-connection-buffer", "makes buffers for connections that stay"
	case blame.Dial, blame.HTTPClient, blame.TLS, blame.TLSHandshake:
		return "unclosed-body", "opens connections that are never closed or reused"
	}
	for _, line := range linesByValue(c) {
		switch {
		case p.Does(name, line, "field-map-assign"):
			if strings.Contains(strings.ToLower(name), "cache") {
				return "unbounded-cache", "keeps entries in a cache" + unless(p, name, line, " without bound")
			}
			return "unbounded-map", "adds to a map" + unless(p, name, line, " that is never emptied")
		case p.Does(name, line, "field-append"):
			return "unbounded-slice", "appends to a slice" + unless(p, name, line, " that is never cut")
		}
	}
	return "memory-leak", "keeps what it allocates"
}

// unless is the claim where the file shows nothing that shrinks what the line
// lets grow, "" where it does or where that is not known.
func unless(p *diagnose.Pass, function string, line int32, claim string) string {
	f, _ := p.Syntax(function)
	if slices.ContainsFunc(f.Lines[int(line)].Does, func(does string) bool { return strings.HasPrefix(does, "never-deleted") }) {
		return claim
	}
	return ""
}

func leakAdvice(mech, file string, line int, name string) []string {
	at := fmt.Sprintf("%s:%d", file, line)
	switch mech {
	case "context-leak":
		return []string{fmt.Sprintf("Call the cancel function of the context made at %s when the work is done (defer cancel()): until then the parent keeps the child.", at)}
	case "timer-leak":
		return []string{fmt.Sprintf("Stop the timer made at %s when it is not needed any more, or reuse one with Reset; with a go line below 1.23 in go.mod an unfired time.After is kept until it fires.", at)}
	case "unclosed-body":
		return []string{fmt.Sprintf("Close every response body after reading it to the end, and share one Transport (%s).", at)}
	case "unbounded-map", "unbounded-cache":
		return []string{fmt.Sprintf("Bound the map filled at %s: delete entries when they are done, or use an LRU or an expiry.", at)}
	case "unbounded-slice":
		return []string{fmt.Sprintf("Remove finished elements from the slice appended to at %s, or keep only the last n.", at)}
	}
	return []string{
		fmt.Sprintf("Find who keeps what %s allocates at %s: a map, slice, closure or registry that only grows.", name, at),
		"Take two bundles some minutes apart (goperf collect) to see whether it levels off.",
	}
}

// aboveWrappers puts the caller first where the owner itself only makes contexts
// (errgroup.WithContext): whoever asked for one has to cancel it.
func aboveWrappers(t *blame.Table, c *blame.Cell, where []report.Frame) []report.Frame {
	past := false
	for _, f := range c.Stack {
		past = past || f.Func == c.Owner
		if !past || !t.Reachable(f.Func) {
			continue
		}
		if name := t.Funcs[f.Func].Name; !makesContext(name) {
			if f.Func == c.Owner {
				return where
			}
			return append([]report.Frame{diagnose.Frame(t, f)}, where...)
		}
	}
	return where
}

func makesContext(function string) bool {
	local := strings.ToLower(function[strings.LastIndexByte(function, '.')+1:])
	return strings.HasPrefix(local, "with") || strings.HasPrefix(local, "newcontext") || strings.HasPrefix(local, "new") && strings.HasSuffix(local, "context")
}

// keepsInField says that a growing line puts what it allocates into a field or a
// variable of the package.
func keepsInField(p *diagnose.Pass, g *grower) bool {
	for _, line := range linesByValue(g.cell) {
		if p.Does(g.fn, line, "field-append") || p.Does(g.fn, line, "field-map-assign") {
			return true
		}
	}
	return false
}
