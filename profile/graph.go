package profile

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
// to itself are not among them. Behind the rows of Top are those whose samples
// cancel out, as far as one of the others calls them or is called by them.
func (p *Profile) CallGraph(opts TopOptions) (*Table, []Edge) {
	t, col := newTable(p, opts)
	if col < 0 {
		return t, nil
	}
	ft := newFrameTable(p, t.by)
	sums := make([]sum, len(ft.keys))
	var edges edgeSums
	for i := range p.NumSamples() {
		v := p.Value(i, col)
		if v == 0 {
			continue
		}
		t.Samples++
		stack := p.Stack(i)
		addUpSaturated(ft, sums, stack, v, uint32(t.Samples))
		edges.add(ft, stack, v, uint32(t.Samples))
	}
	order := t.rows(ft.full, sums)
	row := filled(len(ft.keys), -1)
	for k, f := range order {
		row[f] = k
	}
	summed := len(t.Rows)
	out := make([]Edge, 0, len(edges.all))
	for _, e := range edges.all {
		caller, callee := row[e.from], row[e.to]
		if (caller < 0 || caller >= summed) && (callee < 0 || callee >= summed) {
			continue
		}
		for _, f := range [2]uint32{e.from, e.to} {
			if row[f] < 0 {
				row[f] = len(t.Rows)
				t.Rows = append(t.Rows, Row{Frame: ft.full(f)})
			}
		}
		out = append(out, Edge{Caller: row[e.from], Callee: row[e.to], Value: e.value, Inlined: !e.called})
	}
	return t, out
}

// edgeSums is the calls seen so far.
type edgeSums struct {
	all   []edge
	table interner
}

// add adds a sample to the calls of its stack, to each once.
func (s *edgeSums) add(ft *frameTable, stack []uint32, v int64, sample uint32) {
	caller := noIndex
	for k := len(stack) - 1; k >= 0; k-- {
		frames := ft.at(stack[k])
		for n := len(frames) - 1; n >= 0; n-- {
			from, to := caller, frames[n]
			caller = to
			if from == noIndex || from == to {
				continue
			}
			// Whether a call was inlined is told by its first occurrence in a stack.
			if e := s.between(from, to); e.seen != sample {
				e.seen = sample
				e.value = addSat(e.value, v)
				e.called = e.called || n == len(frames)-1
			}
		}
	}
}

// between finds or adds a call. It is good until the next one.
func (s *edgeSums) between(from, to uint32) *edge {
	same := func(id uint32) bool { return s.all[id].from == from && s.all[id].to == to }
	id, found := s.table.find(uint64(from)<<32|uint64(to), same, uint32(len(s.all)))
	if !found {
		s.all = append(s.all, edge{from: from, to: to})
	}
	return &s.all[id]
}
