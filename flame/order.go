package flame

import (
	"cmp"
	"slices"
	"strings"

	"github.com/goperf/goperf/profile/symbol"
)

// tree numbers the nodes row by row, the heaviest child first or in the order of names.
func (g *grower) tree(column int, names bool, cl symbol.Classifier) *Tree {
	t := &Tree{Column: column, Pruned: g.pruned, Frames: []Frame{{Name: "all", Class: Neutral}, {Name: "(small)", Class: Neutral}}}
	order := g.order(t, g.children(column, names))
	t.Frame, t.Class = make([]int32, len(order)), make([]Class, len(order))
	known := make([]int32, len(g.frames.Frames))
	for to, from := range order {
		f := int32(smallFrame)
		switch frame := g.nodes[from].frame; {
		case to == 0:
			f = rootFrame
		case frame >= 0:
			if known[frame] == 0 {
				known[frame] = int32(len(t.Frames))
				t.Frames = append(t.Frames, g.frame(uint32(frame), cl))
			}
			f = known[frame]
		}
		t.Frame[to], t.Class[to] = f, t.Frames[f].Class
		if to > 0 {
			t.Class[to] = t.Class[to].below(t.Class[t.Parent[to]])
		}
		if f == smallFrame {
			t.Pruned.Parents++
			t.Pruned.Value = addSat(t.Pruned.Value, g.weight(from, column))
		}
	}
	g.columns(t, order)
	return t
}

// kids are the children of all nodes: of node n list[from[n]:from[n+1]].
type kids struct{ list, from []int32 }

func (g *grower) weight(n int32, column int) int64 {
	s := &g.sums[int(n)*g.types+column]
	return addSat(s.cum, s.baseCum)
}

// children sorts the children of each node, "(small)" last.
func (g *grower) children(column int, names bool) kids {
	k := kids{make([]int32, len(g.nodes)-1), make([]int32, len(g.nodes)+2)}
	for _, n := range g.nodes[1:] {
		k.from[n.parent+2]++
	}
	for i := 2; i < len(k.from); i++ {
		k.from[i] += k.from[i-1]
	}
	for i := 1; i < len(g.nodes); i++ {
		at := &k.from[g.nodes[i].parent+1]
		k.list[*at] = int32(i)
		*at++
	}
	name := func(n int32) string { return g.frames.Frames[g.nodes[n].frame].Name }
	small := func(n int32) int { return -int(min(g.nodes[n].frame, 0)) }
	heavier := func(a, b int32) int {
		if names {
			return 0
		}
		return cmp.Compare(g.weight(b, column), g.weight(a, column))
	}
	for n := range g.nodes {
		slices.SortFunc(k.list[k.from[n]:k.from[n+1]], func(a, b int32) int {
			if c := cmp.Or(cmp.Compare(small(a), small(b)), heavier(a, b)); c != 0 {
				return c
			}
			return cmp.Or(strings.Compare(name(a), name(b)), cmp.Compare(a, b)) // one parent has one "(small)" at most
		})
	}
	return k
}

// order lists the grower's nodes in the order of the tree.
func (g *grower) order(t *Tree, k kids) []int32 {
	n := len(g.nodes)
	t.Parent, t.First = make([]int32, 0, n), make([]int32, 0, n+1)
	order := append(make([]int32, 0, n), 0)
	t.Parent = append(t.Parent, -1)
	for i := range n {
		if rows := len(t.Rows); rows == 0 || i == int(t.First[t.Rows[rows-1]]) {
			t.Rows = append(t.Rows, int32(i))
		}
		t.First = append(t.First, int32(len(order)))
		for _, c := range k.list[k.from[order[i]]:k.from[order[i]+1]] {
			order = append(order, c)
			t.Parent = append(t.Parent, int32(i))
		}
	}
	t.First, t.Rows = append(t.First, int32(n)), append(t.Rows, int32(n))
	return order
}

func (g *grower) columns(t *Tree, order []int32) {
	n := len(order)
	for k, st := range g.p.SampleTypes {
		c := Column{Type: st, Self: make([]int64, n), Cum: make([]int64, n), BaseSelf: make([]int64, n), BaseCum: make([]int64, n)}
		for to, from := range order {
			s := &g.sums[int(from)*g.types+k]
			c.Self[to], c.Cum[to], c.BaseSelf[to], c.BaseCum[to] = s.self, s.cum, s.baseSelf, s.baseCum
		}
		t.Signed = t.Signed || c.BaseCum[0] != 0
		t.Columns = append(t.Columns, c)
	}
	if !t.Signed {
		for k := range t.Columns {
			t.Columns[k].BaseSelf, t.Columns[k].BaseCum = nil, nil
		}
	}
}
