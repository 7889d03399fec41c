package profile

import (
	"cmp"
	"slices"
)

// Tree is the call tree of a profile. Nodes[0] is the root and stands for all
// samples; a node comes before its children, and its whole subtree is
// Nodes[i:Nodes[i].End], heaviest child first.
type Tree struct {
	Type   ValueType
	Frames []Frame
	Nodes  []Node
	// Warnings is what the sums are not.
	Warnings []string
}

// Node is one call path. To walk the children of node i:
//
//	for c := i + 1; c < t.Nodes[i].End; c = t.Nodes[c].End { ... }
type Node struct {
	Frame  int32 // index into Tree.Frames, -1 for the root
	Parent int32 // -1 for the root
	End    int32 // index behind the subtree
	Depth  int32 // 0 for the root
	Flat   int64
	Cum    int64
	Weight int64 // sum of absolute values: Cum, unless some are negative
}

// growing is a node while the tree is built.
type growing struct {
	frame, parent int32
	flat, cum     int64
	weight        int64
}

// BuildTree makes the call tree, callers above callees.
func BuildTree(p *Profile, opts TopOptions) *Tree {
	sums, col := newTable(p, opts.Type)
	t := &Tree{Type: sums.Type, Warnings: sums.Warnings}
	if col < 0 {
		t.Nodes = []Node{{Frame: -1, Parent: -1, End: 1}}
		return t
	}
	ft := newFrameTable(p, cmp.Or(opts.By, ByFunction))
	t.Frames = ft.all()
	nodes := []growing{{frame: -1, parent: -1}}
	var table interner
	var line []uint32
	for i := range p.NumSamples() {
		v := p.Value(i, col)
		if v == 0 {
			continue
		}
		w := absSat(v)
		line = ft.expand(line[:0], p.Stack(i))
		at := int32(0)
		nodes[0].add(v, w)
		for k := len(line) - 1; k >= 0; k-- {
			f, parent := int32(line[k]), at
			key := uint64(uint32(parent))<<32 | uint64(uint32(f))
			id, found := table.find(key, func(id uint32) bool {
				return nodes[id].frame == f && nodes[id].parent == parent
			}, uint32(len(nodes)))
			if !found {
				nodes = append(nodes, growing{frame: f, parent: parent})
			}
			at = int32(id)
			nodes[at].add(v, w)
		}
		nodes[at].flat = addSat(nodes[at].flat, v)
	}
	t.layOut(nodes)
	return t
}

func (g *growing) add(v, w int64) {
	g.cum = addSat(g.cum, v)
	g.weight = addSat(g.weight, w)
}

// layOut orders nodes depth first, heaviest child first.
func (t *Tree) layOut(nodes []growing) {
	// order lists the children of each parent together, in the order wanted.
	order := make([]int32, len(nodes)-1)
	for i := range order {
		order[i] = int32(i + 1)
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := &nodes[a], &nodes[b]
		if c := cmp.Or(cmp.Compare(x.parent, y.parent), cmp.Compare(y.weight, x.weight)); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(t.Frames[x.frame].Name, t.Frames[y.frame].Name), cmp.Compare(a, b))
	})
	from := make([]int32, len(nodes)+1) // children of n are order[from[n]:from[n+1]]
	for _, c := range order {
		from[nodes[c].parent+1]++
	}
	for i := 1; i < len(from); i++ {
		from[i] += from[i-1]
	}
	t.Nodes = make([]Node, 0, len(nodes))
	type todo struct{ node, parent, depth int32 }
	work := []todo{{0, -1, 0}}
	for len(work) > 0 {
		w := work[len(work)-1]
		work = work[:len(work)-1]
		g, at := &nodes[w.node], int32(len(t.Nodes))
		t.Nodes = append(t.Nodes, Node{
			Frame: g.frame, Parent: w.parent, Depth: w.depth, End: at + 1,
			Flat: g.flat, Cum: g.cum, Weight: g.weight,
		})
		kids := order[from[w.node]:from[w.node+1]]
		for _, k := range slices.Backward(kids) {
			work = append(work, todo{k, at, w.depth + 1})
		}
	}
	// Children lie behind their parents, so one walk back carries the ends up.
	for i := len(t.Nodes) - 1; i > 0; i-- {
		parent := &t.Nodes[t.Nodes[i].Parent]
		parent.End = max(parent.End, t.Nodes[i].End)
	}
}

// Box is a node of a tree as a flame graph shows it.
type Box struct {
	Node     int32 // index into Tree.Nodes
	X, Width int64 // in units of value
}

// FlameRows lays the tree out in rows, root first, each from left to right. A
// box lies within its parent's. Boxes narrower than narrowest are left out.
func (t *Tree) FlameRows(narrowest int64) [][]Box {
	var rows [][]Box
	left := make([]int64, len(t.Nodes)) // where the next child of a node begins
	for i := 0; i < len(t.Nodes); {
		n := &t.Nodes[i]
		if n.Weight < max(narrowest, 1) {
			i = int(n.End)
			continue
		}
		x := int64(0)
		if n.Parent >= 0 {
			x = left[n.Parent]
			left[n.Parent] += n.Weight
		}
		left[i] = x
		if int(n.Depth) == len(rows) {
			rows = append(rows, nil)
		}
		rows[n.Depth] = append(rows[n.Depth], Box{Node: int32(i), X: x, Width: n.Weight})
		i++
	}
	return rows
}
