package profile

import "cmp"

// Edge is a call between two frames of a table.
type Edge struct {
	Caller, Callee int   // indexes into Table.Rows
	Value          int64 // of the samples with this call, each once
	Inlined        bool  // every such call was inlined
}

// edge is an Edge while samples are added up.
type edge struct {
	from, to uint32
	value    int64
	seen     uint32
	called   bool
}

// CallGraph is [Top] together with the calls between its rows. Calls of a frame
// to itself are not among them.
func (p *Profile) CallGraph(opts TopOptions) (*Table, []Edge) {
	t, col := newTable(p, opts.Type)
	if col < 0 {
		return t, nil
	}
	ft := newFrameTable(p, cmp.Or(opts.By, ByFunction))
	sums := make([]sum, len(ft.keys))
	var edges []edge
	var table interner
	var from, to uint32
	same := func(id uint32) bool { return edges[id].from == from && edges[id].to == to }
	for i := range p.NumSamples() {
		v := p.Value(i, col)
		if v == 0 {
			continue
		}
		t.Samples++
		stack := p.Stack(i)
		addUpSaturated(ft, sums, stack, v, uint32(t.Samples))
		caller := noIndex
		for k := len(stack) - 1; k >= 0; k-- {
			frames := ft.at(stack[k])
			for n := len(frames) - 1; n >= 0; n-- {
				from, to, caller = caller, frames[n], frames[n]
				if from == noIndex || from == to {
					continue
				}
				id, found := table.find(uint64(from)<<32|uint64(to), same, uint32(len(edges)))
				if !found {
					edges = append(edges, edge{from: from, to: to})
				}
				// Whether a call was inlined is told by its first occurrence in a stack.
				if e := &edges[id]; e.seen != uint32(t.Samples) {
					e.seen = uint32(t.Samples)
					e.value = addSat(e.value, v)
					e.called = e.called || n == len(frames)-1
				}
			}
		}
	}
	order := t.rows(ft.full, sums)
	row := filled(len(ft.keys), -1)
	for k, f := range order {
		row[f] = k
	}
	out := make([]Edge, 0, len(edges))
	for _, e := range edges {
		if row[e.from] >= 0 && row[e.to] >= 0 {
			out = append(out, Edge{Caller: row[e.from], Callee: row[e.to], Value: e.value, Inlined: !e.called})
		}
	}
	return t, out
}
