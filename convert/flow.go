package convert

import (
	"fmt"
	"math"
	"slices"
)

// flow is a call graph: what each line took by itself, and what each call took
// with all that it led to. Costs flow from the roots along the calls to the
// lines where they arise, so the graph can be taken apart into stacks that add
// up to it, line by line and call by call: at most one for each line and call
// (flow decomposition; Ford and Fulkerson, Flows in Networks, 1962). Which
// stacks is a choice: the graph does not say who called the caller.
type flow struct {
	index     map[frame]int32 // by function: name and file
	functions []*flowFunction
	lost      []float64 // by column: what could be given no caller
	total     []float64
}

type flowFunction struct {
	frame
	self  []flowCost
	calls []flowCost
}

// flowCost is what a line took, or a call from it.
type flowCost struct {
	line   int64
	to     int32 // -1 for the line itself
	values []int64
}

func newFlow() *flow { return &flow{index: map[frame]int32{}} }

func (g *flow) function(f frame) int32 {
	f.line = 0
	i, ok := g.index[f]
	if !ok {
		i = int32(len(g.functions))
		g.index[f] = i
		g.functions = append(g.functions, &flowFunction{frame: f})
	}
	return i
}

func (g *flow) self(at frame, values []int64) {
	f := g.functions[g.function(at)]
	f.self = append(f.self, flowCost{at.line, -1, values})
}

func (g *flow) call(from, to frame, values []int64) {
	f, callee := g.function(from), g.function(to)
	g.functions[f].calls = append(g.functions[f].calls, flowCost{from.line, callee, values})
}

// stacks takes the graph apart, column by column.
func (g *flow) stacks(m *maker, columns int) error {
	g.lost, g.total = make([]float64, columns), make([]float64, columns)
	for c := range columns {
		w := &walk{g: g, m: m, column: c, columns: columns, on: make([]bool, len(g.functions)), next: make([][2]int, len(g.functions))}
		if err := w.run(); err != nil {
			return err
		}
	}
	return nil
}

// warnings say what has no caller in the stacks and has one in the graph.
func (g *flow) warnings() []string {
	var out []string
	for c, lost := range g.lost {
		if lost > 0 {
			out = append(out, fmt.Sprintf("column %d: %.1f%% is in recursive calls, or in calls that do not add up, and stands without callers", c+1, 100*lost/g.total[c]))
		}
	}
	return append(out, "the file holds calls and no stacks: the stacks are some of those that add up to its calls")
}

// walk takes one column of a graph apart.
type walk struct {
	g               *flow
	m               *maker
	column, columns int
	on              []bool   // functions on the path
	next            [][2]int // by function: the first self and the first call with something left
	path            []step
}

// step is a function on the path and the cost that leads on from it.
type step struct {
	function int32
	cost     *flowCost
}

func (w *walk) run() error {
	for f, left := range w.roots() {
		for left > 0 {
			n, err := w.take(int32(f), left)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			left -= n
		}
	}
	return w.rest()
}

// rest writes what no call led to: the lines of a cycle, or of a graph that does
// not add up.
func (w *walk) rest() error {
	for f := range w.g.functions {
		for cost := w.left(int32(f), 0); cost != nil; cost = w.left(int32(f), 0) {
			w.path = append(w.path[:0], step{int32(f), cost})
			w.g.lost[w.column] += float64(cost.values[w.column])
			if err := w.emit(cost.values[w.column]); err != nil {
				return err
			}
		}
	}
	return nil
}

// roots is how much of each function's cost no call accounts for.
func (w *walk) roots() []int64 {
	left := make([]int64, len(w.g.functions))
	for i, f := range w.g.functions {
		for _, c := range f.self {
			left[i] += c.values[w.column]
			w.g.total[w.column] += float64(c.values[w.column])
		}
		for _, c := range f.calls {
			if c.to != int32(i) {
				left[i] += c.values[w.column]
				left[c.to] -= c.values[w.column]
			}
		}
	}
	return left
}

// left is the first self (kind 0) or call (kind 1) of a function that has
// something left and leads to no function on the path.
func (w *walk) left(function int32, kind int) *flowCost {
	f := w.g.functions[function]
	costs := [][]flowCost{f.self, f.calls}[kind]
	for i := w.next[function][kind]; i < len(costs); i++ {
		c := &costs[i]
		if c.values[w.column] == 0 {
			if i == w.next[function][kind] {
				w.next[function][kind]++
			}
			continue
		}
		if c.to < 0 || !w.on[c.to] {
			return c
		}
	}
	return nil
}

// take finds a way from a root to a line with a cost of its own, and takes as
// much as fits through. It is 0 when nothing leads anywhere.
func (w *walk) take(root int32, most int64) (int64, error) {
	for {
		n := min(most, w.descend(root))
		if w.path[len(w.path)-1].cost != nil {
			return n, w.emit(n)
		}
		if len(w.path) == 1 {
			return 0, nil
		}
		w.path[len(w.path)-2].cost.values[w.column] = 0 // a call that leads nowhere
	}
}

// descend follows what is left down from a root and returns how much fits through.
func (w *walk) descend(root int32) int64 {
	w.path = w.path[:0]
	fits := int64(math.MaxInt64)
	for f := root; ; {
		w.on[f] = true
		cost := w.left(f, 0)
		if cost == nil {
			cost = w.left(f, 1)
		}
		w.path = append(w.path, step{f, cost})
		if cost == nil {
			break
		}
		fits = min(fits, cost.values[w.column])
		if cost.to < 0 {
			break
		}
		f = cost.to
	}
	for _, s := range w.path {
		w.on[s.function] = false
	}
	return fits
}

// emit writes the path as a stack and takes its cost out of the graph.
func (w *walk) emit(n int64) error {
	stack := make([]uint32, 0, len(w.path))
	for _, s := range slices.Backward(w.path) {
		f := w.g.functions[s.function].frame
		f.line = s.cost.line
		stack = append(stack, w.m.location(f))
		s.cost.values[w.column] -= n
	}
	values := make([]int64, w.columns)
	values[w.column] = n
	return w.m.sample(stack, values)
}
