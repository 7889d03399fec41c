package tui

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/goperf/goperf/flame"
)

// zoom is what of the tree is seen: a box with what is below it, or of that the
// part that was dragged, from one box to another.
type zoom struct {
	at          int32
	first, last int32 // the ends of the part; both 0 for all of the box
}

func (z zoom) part() bool { return z.last > 0 }

// between is the part from one box to another: that of the nearest box above both.
func between(t *flame.Tree, first, last int32) zoom {
	a, b := first, last
	for a != b { // of two boxes the later one is not above the other
		if a < b {
			b = t.Parent[b]
		} else {
			a = t.Parent[a]
		}
	}
	if a == first || a == last {
		return zoom{at: a}
	}
	return zoom{a, first, last}
}

// window is the places of what is seen.
func (f *flameScreen) window() window {
	l, z := f.s.layout, f.zoom
	if !z.part() {
		return window{l.Start[z.at], l.End[z.at]}
	}
	return window{min(l.Start[z.first], l.Start[z.last]), max(l.End[z.first], l.End[z.last])}
}

// sees says that a box is in the window, and below the box that is zoomed into.
func (f *flameScreen) sees(n int32) bool {
	return within(f.s.tree, n, f.zoom.at) && (n == f.zoom.at || f.window().overlaps(f.s.layout, n))
}

func (f *flameScreen) spread() { f.full = !f.full }

func (f *flameScreen) zoomInto(n int32) { f.zoom, f.top = zoom{at: n}, 0 }

// zoomPath is the names down to the box that is zoomed into; of a part those to
// both of its ends, on a line each.
func (f *flameScreen) zoomPath() string {
	if f.s == nil {
		return f.await.path
	}
	if f.zoom.part() {
		return f.pathTo(f.zoom.first) + "\n" + f.pathTo(f.zoom.last)
	}
	return f.pathTo(f.zoom.at)
}

func (f *flameScreen) pathTo(n int32) string { return strings.Join(path(f.s.tree, n), ";") }

// zoomOf is what paths lead to, the whole when there is no such box.
func zoomOf(t *flame.Tree, paths string) zoom {
	if paths == "" {
		return zoom{}
	}
	from, to, part := strings.Cut(paths, "\n")
	first := find(t, strings.Split(from, ";"), true)
	if !part || first == 0 {
		return zoom{at: first}
	}
	last := find(t, strings.Split(to, ";"), true)
	if last == 0 {
		return zoom{}
	}
	return between(t, first, last)
}

// zoomTo zooms into the box at the end of a path, now and in the trees to come.
func (f *flameScreen) zoomTo(paths string) {
	f.await.path = paths
	if f.s == nil {
		return
	}
	f.zoom, f.top = zoomOf(f.s.tree, paths), 0
	if f.zoom != (zoom{}) {
		f.await.path = ""
	}
	if !f.sees(f.sel) {
		f.pick(f.zoom.at)
	}
}

// path is the names from the root to a node, without the root's.
func path(t *flame.Tree, n int32) []string {
	var names []string
	for ; n > 0; n = t.Parent[n] {
		names = append(names, t.Name(n))
	}
	slices.Reverse(names)
	return names
}

// find is the node at the end of a path, or as far down it as there are nodes.
// Of a zoom only the whole is of use.
func find(t *flame.Tree, names []string, whole bool) int32 {
	at := int32(0)
names:
	for _, name := range names {
		for c := t.First[at]; c < t.First[at+1]; c++ {
			if t.Name(c) == name {
				at = c
				continue names
			}
		}
		if whole {
			return 0
		}
		break
	}
	return at
}

// drag is the mouse with its button held: from where, to where, on a screen.
type drag struct {
	x, y, toX, toY int
	done           bool // the button was let go
}

// columns are the first and the last, within a width.
func (d drag) columns(width int) (from, to int) {
	from, to = min(d.x, d.toX), max(d.x, d.toX)
	return max(from, 0), min(to, width-1)
}

// drag selects the boxes of a row from one column to another, and zooms into them
// when the button is let go.
func (f *flameScreen) drag(d drag) effect {
	f.pic.held = window{}
	if e, ok := f.axis.drag(f.s, d); ok {
		return e
	}
	row := f.rowAt(d.y - f.headLines())
	if d.y < f.headLines() || d.y >= f.headLines()+f.rows || row < 0 || row >= len(f.s.tree.Rows)-1 {
		return effect{}
	}
	from, to := d.columns(f.wide)
	first, last, ok := f.boxes(row, from, to)
	if !ok {
		return effect{}
	}
	l := f.s.layout
	w := window{l.Start[first], l.End[last]}
	if !d.done {
		f.pic.held, f.heldRow = w, row
		return told(fmt.Sprintf("%s to %s: let go to zoom", value(w.width(), l.Column.Type), share(w.width(), l.Column.Whole)))
	}
	f.zoom, f.top = between(f.s.tree, first, last), 0
	if f.pick(first); f.zoom.part() {
		f.pick(f.zoom.at)
	}
	return effect{}
}

// boxes are the first and the last of a row in some columns, also those that are
// too narrow to be drawn.
func (f *flameScreen) boxes(row, from, to int) (first, last int32, ok bool) {
	t, l, w := f.s.tree, f.s.layout, f.window()
	place := func(column int) int64 {
		return w.from + int64(float64(column)/float64(max(f.wide, 1))*float64(w.width()))
	}
	lo, n := t.Rows[row], int(t.Rows[row+1]-t.Rows[row])
	a, b := place(from), max(place(to+1), place(from)+1)
	first = lo + int32(sort.Search(n, func(i int) bool { return l.End[lo+int32(i)] > a }))
	last = lo + int32(sort.Search(n, func(i int) bool { return l.Start[lo+int32(i)] >= b })) - 1
	return first, last, first <= last
}

// largest is the largest callee that is seen, -1 when there is none.
func (f *flameScreen) largest(of int32) int32 {
	t, c, best := f.s.tree, f.s.layout.Column, int32(-1)
	for n := t.First[of]; n < t.First[of+1]; n++ {
		if (best < 0 || c.Width(n) > c.Width(best)) && (!f.zoom.part() || f.sees(n)) {
			best = n
		}
		if best >= 0 && !f.s.lens.names {
			break // it comes first
		}
	}
	return best
}
