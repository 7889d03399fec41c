package compare

import (
	"cmp"
	"slices"

	"github.com/goperf/goperf/profile/symbol"
)

// most of a change is this share of it: a frame that has so much explains it.
const mostOf = 0.7

// walk is what stands below a function in the stacks that are given to it, on
// both sides, as a tree.
type walk struct {
	t     *trial
	nodes []node
	child map[edge]int32
	lines map[site]*[2]float64
}

// node is a call path from the function down. Values are means, as in estimates.
type node struct {
	id     int32
	parent int32
	value  [2]float64 // with all that is called
	self   [2]float64
}

type edge struct{ node, id int32 }

// site is a line of the function, and the function that it calls there; -1 for none.
type site struct {
	callee int32
	line   int64
	file   string
}

func (n *node) grown() float64 { return n.value[1] - n.value[0] }

// factor brings a value of a side to the scale of means.
func (t *trial) factor(s int) float64 {
	if s == 1 {
		return t.common * over(1, t.sum[1].exposure)
	}
	return over(1, t.sum[0].exposure)
}

// below walks the stacks that are given to a function.
func (t *trial) below(f Family, id int32) *walk {
	w := &walk{t: t, nodes: []node{{id: id, parent: -1}}, child: map[edge]int32{}, lines: map[site]*[2]float64{}}
	for s := range t.source {
		factor := t.factor(s)
		for _, a := range t.source[s] {
			for i := range a.p.NumSamples() {
				if !a.gives(i, f, id) {
					continue
				}
				if v, _ := a.amount(i); v.value != 0 {
					w.add(a, i, s, id, v.value*factor)
				}
			}
		}
	}
	return w
}

// add puts a sample into the tree: its frames from the innermost one of the
// function down to the first of the runtime, in which nobody looks for reasons.
func (w *walk) add(a *attribution, i, s int, id int32, v float64) {
	var path []int32
	place := site{callee: -1}
	for _, loc := range a.p.Stack(i) {
		for k, f := range a.num.At(loc) {
			at := a.ids[f]
			if at != id {
				path = append(path, at)
				continue
			}
			if l := &a.p.Locations[loc]; k < len(l.Lines) {
				place.line, place.file = l.Lines[k].Line, a.num.Frames[f].File
			}
			if len(path) > 0 {
				place.callee = path[len(path)-1]
			}
			w.path(path, s, v)
			w.line(place, s, v)
			return
		}
	}
	w.path(nil, s, v) // a pseudo function is in no stack
}

func (w *walk) line(place site, s int, v float64) {
	sum := w.lines[place]
	if sum == nil {
		sum = new([2]float64)
		w.lines[place] = sum
	}
	sum[s] += v
}

func (w *walk) path(path []int32, s int, v float64) {
	at := int32(0)
	w.nodes[0].value[s] += v
	for k := len(path) - 1; k >= 0; k-- {
		id := path[k]
		next, ok := w.child[edge{at, id}]
		if !ok {
			next = int32(len(w.nodes))
			w.nodes = append(w.nodes, node{id: id, parent: at})
			w.child[edge{at, id}] = next
		}
		at = next
		w.nodes[at].value[s] += v
		if w.t.n.all[id].class == symbol.Runtime {
			break
		}
	}
	w.nodes[at].self[s] += v
}

// deepest is the node that explains most of the change and of which no callee
// does, with the way to it.
func (w *walk) deepest() (path []int32) {
	sign := 1.0
	if w.nodes[0].grown() < 0 {
		sign = -1
	}
	whole := sign * w.nodes[0].grown()
	path = []int32{0}
	for {
		at := path[len(path)-1]
		best := int32(-1)
		for _, c := range w.callees(at) {
			if best < 0 || sign*w.nodes[c].grown() > sign*w.nodes[best].grown() {
				best = c
			}
		}
		if best < 0 || sign*w.nodes[best].grown() < mostOf*whole {
			return path
		}
		path = append(path, best)
	}
}

// callees are the children of a node, in the order of their names.
func (w *walk) callees(at int32) []int32 {
	var out []int32
	for i := range w.nodes {
		if w.nodes[i].parent == at {
			out = append(out, int32(i))
		}
	}
	slices.SortFunc(out, func(a, b int32) int {
		return cmp.Compare(w.t.n.all[w.nodes[a].id].key, w.t.n.all[w.nodes[b].id].key)
	})
	return out
}

// where is the line of the function from which it spends most more (or less)
// in a callee, -1 for itself.
func (w *walk) where(callee int32) Place {
	side := 1
	if w.nodes[0].grown() < 0 {
		side = 0
	}
	var best site
	var most float64
	for place, v := range w.lines {
		if place.callee != callee {
			continue
		}
		if v[side] > most || v[side] == most && (best.line == 0 || place.line < best.line) {
			best, most = place, v[side]
		}
	}
	return Place{best.file, int(best.line)}
}
