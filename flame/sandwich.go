package flame

import (
	"cmp"
	"slices"
)

// leastPart is the part of a function that a caller or callee must have to be
// told in [Tree.Callers] and [Tree.Callees]: less is nowhere as wide as a cell.
const leastPart = 4096

// Callers is the tree of who calls a function: below its root, which is the
// function, its callers, below them theirs, in at most so many rows. Of calls
// within calls of the function the outermost counts.
func (t *Tree) Callers(column int, frame int32, rows int) *Tree {
	return t.around(column, frame, rows, true)
}

// Callees is the tree of what a function calls, the calls from everywhere merged.
func (t *Tree) Callees(column int, frame int32, rows int) *Tree {
	return t.around(column, frame, rows, false)
}

// Outermost are the nodes of a frame that are not below another one of it.
func (t *Tree) Outermost(frame int32) []int32 {
	var found []int32
	within := make([]bool, t.Size())
	for n := range int32(t.Size()) {
		within[n] = n > 0 && within[t.Parent[n]]
		if t.Frame[n] == frame && !within[n] {
			within[n] = true
			found = append(found, n)
		}
	}
	return found
}

// strand is a node of the tree that is merged, on the way to a node of the new
// one. On the way up it carries the value it began with.
type strand struct {
	at   int32
	from int32 // the node whose values it has
}

// merger makes a tree by merging strands of another one, row by row.
type merger struct {
	t, out *Tree
	in, to *Column
	up     bool
	least  int64
	slot   []int32 // of each frame, where round says so
	round  []int32
	now    int32
}

func (t *Tree) around(column int, frame int32, rows int, up bool) *Tree {
	from := &t.Columns[column]
	out := &Tree{Frames: t.Frames, Signed: t.Signed, Columns: []Column{{Type: from.Type, Whole: from.Whole}}}
	m := &merger{t: t, out: out, in: from, to: &out.Columns[0], up: up, slot: make([]int32, len(t.Frames)), round: make([]int32, len(t.Frames))}
	var row [][]strand
	var seeds []strand
	for _, n := range t.Outermost(frame) {
		seeds = append(seeds, strand{n, n})
	}
	m.add(-1, frame, seeds)
	m.least = m.to.Width(0) / leastPart
	row = append(row, seeds)
	for first := int32(0); len(row) > 0 && len(out.Rows) < rows; {
		out.Rows = append(out.Rows, first)
		var next [][]strand
		for i, strands := range row {
			out.First = append(out.First, int32(out.Size()))
			next = append(next, m.split(first+int32(i), strands)...)
		}
		first += int32(len(row))
		row = next
	}
	m.cut()
	return out
}

// cut ends the tree with the last whole row.
func (m *merger) cut() {
	out, n := m.out, len(m.out.First)
	out.Frame, out.Parent, out.Class = out.Frame[:n], out.Parent[:n], out.Class[:n]
	m.to.Self, m.to.Cum = m.to.Self[:n], m.to.Cum[:n]
	if m.in.BaseCum != nil {
		m.to.BaseSelf, m.to.BaseCum = m.to.BaseSelf[:n], m.to.BaseCum[:n]
	}
	for i := range out.First {
		out.First[i] = min(out.First[i], int32(n))
	}
	out.First, out.Rows = append(out.First, int32(n)), append(out.Rows, int32(n))
}

// split makes the children of a node and returns their strands.
func (m *merger) split(node int32, strands []strand) [][]strand {
	m.now++
	var groups [][]strand
	put := func(s strand) {
		f := m.t.Frame[s.at]
		if m.round[f] != m.now {
			m.round[f], m.slot[f] = m.now, int32(len(groups))
			groups = append(groups, nil)
		}
		groups[m.slot[f]] = append(groups[m.slot[f]], s)
	}
	for _, s := range strands {
		if m.up {
			if parent := m.t.Parent[s.at]; parent > 0 {
				put(strand{parent, s.from})
			}
			continue
		}
		for c := m.t.First[s.at]; c < m.t.First[s.at+1]; c++ {
			put(strand{c, c})
		}
	}
	groups = slices.DeleteFunc(groups, func(g []strand) bool { return m.width(g) <= m.least })
	slices.SortStableFunc(groups, func(a, b []strand) int { return cmp.Compare(m.width(b), m.width(a)) })
	for _, g := range groups {
		m.add(node, m.t.Frame[g[0].at], g)
	}
	return groups
}

func (m *merger) width(strands []strand) (sum int64) {
	for _, s := range strands {
		sum = addSat(sum, m.in.Width(s.from))
	}
	return sum
}

// add makes a node of strands.
func (m *merger) add(parent, frame int32, strands []strand) {
	out, c := m.out, m.to
	out.Frame, out.Parent = append(out.Frame, frame), append(out.Parent, parent)
	class := out.Frames[frame].Class
	if len(strands) > 0 {
		class = m.t.Class[strands[0].at]
	}
	out.Class = append(out.Class, class)
	var self, cum, baseSelf, baseCum int64
	for _, s := range strands {
		self, cum = addSat(self, m.in.Self[s.from]), addSat(cum, m.in.Cum[s.from])
		if m.in.BaseCum != nil {
			baseSelf, baseCum = addSat(baseSelf, m.in.BaseSelf[s.from]), addSat(baseCum, m.in.BaseCum[s.from])
		}
	}
	c.Self, c.Cum = append(c.Self, self), append(c.Cum, cum)
	if m.in.BaseCum != nil {
		c.BaseSelf, c.BaseCum = append(c.BaseSelf, baseSelf), append(c.BaseCum, baseCum)
	}
}
