package rules

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
)

func nearOf(t *blame.Table, name string) int64 {
	if t == nil {
		return 0
	}
	if i, ok := t.Lookup(name); ok {
		return t.Funcs[i].Near
	}
	return 0
}

// idleConnections recognises pairs of readLoop and writeLoop goroutines of HTTP
// clients: none of their frames is in reach, so the culprit is whoever makes requests.
func idleConnections(p *diagnose.Pass, each []*blame.Table) (herd, bool) {
	const loop = "net/http.(*persistConn).readLoop"
	h := herd{std: true}
	for _, t := range each {
		n := int64(0)
		if t != nil {
			if i, ok := t.Lookup(loop); ok {
				n = t.Funcs[i].Cum
			}
		}
		h.series = append(h.series, n)
	}
	h.growth = h.series[len(h.series)-1] - h.series[0]
	if !h.leaks(p) {
		return h, false
	}
	h.entry, h.cell = requester(p)
	return h, h.entry != ""
}

// requester is the function in reach that makes most outgoing requests.
func requester(p *diagnose.Pass) (string, *blame.Cell) {
	for _, t := range []*blame.Table{p.CPU(), p.Last(p.Heap(), "alloc_space")} {
		if t == nil {
			continue
		}
		for _, c := range t.Cells {
			if c.Concept == blame.HTTPClient || c.Concept == blame.Dial {
				return t.Funcs[c.Owner].Name, c
			}
		}
	}
	return "", nil
}

// describe finds, in the last textual dump, the commonest state and creator of
// goroutines with the function on their stack.
func describe(p *diagnose.Pass, function string) (state string, creator evidence.DumpFrame, longest float64) {
	if len(p.Set.Goroutines) == 0 {
		return "", evidence.DumpFrame{}, 0
	}
	states := map[string]int{}
	for _, g := range p.Set.Goroutines[len(p.Set.Goroutines)-1].Goroutines {
		if !slices.ContainsFunc(g.Frames, func(f evidence.DumpFrame) bool { return f.Function == function }) {
			continue
		}
		states[g.State]++
		longest = max(longest, g.Wait.Seconds())
		if g.CreatedBy.Function != "" {
			creator = g.CreatedBy
		}
	}
	for s, n := range states {
		if state == "" || n > states[state] || n == states[state] && strings.Compare(s, state) < 0 {
			state = s
		}
	}
	return state, creator, longest
}
