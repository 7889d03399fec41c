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

func (f *flameScreen) zoomInto(n int32) { f.zoomOn(zoom{at: n}) }

func (f *flameScreen) zoomOn(z zoom) { f.zoom, f.top, f.await.zoom = z, 0, "" }

// zoomPath is the names down to the box that is zoomed into; of a part those to
// both of its ends, on a line each.
func (f *flameScreen) zoomPath() string {
	switch {
	case f.s == nil || f.await.zoom != "":
		return f.await.zoom
	case f.zoom.part():
		return f.pathTo(f.zoom.first) + "\n" + f.pathTo(f.zoom.last)
	}
	return f.pathTo(f.zoom.at)
}

// selPath is the names down to the selection, "" when it is what is zoomed into.
func (f *flameScreen) selPath() string {
	switch {
	case f.s == nil || f.await.sel != "":
		return f.await.sel
	case f.sel == f.zoom.at:
		return ""
	}
	return f.pathTo(f.sel)
}

func (f *flameScreen) pathTo(n int32) string { return pathTo(f.s.tree, n) }

// pathTo is the names down to a node, as commands have them.
func pathTo(t *flame.Tree, n int32) string { return strings.Join(path(t, n), ";") }

// zoomOf is what paths lead to; the whole and false when there is no such box.
func zoomOf(t *flame.Tree, paths string) (zoom, bool) {
	from, to, part := strings.Cut(paths, "\n")
	first, ok := find(t, from)
	if !ok {
		return zoom{}, false
	}
	if !part {
		return zoom{at: first}, true
	}
	last, ok := find(t, to)
	if !ok || last == 0 {
		return zoom{}, false
	}
	return between(t, first, last), true
}

// zoomTo zooms into the box at the end of a path, now and in the trees to come.
func (f *flameScreen) zoomTo(paths string) {
	if f.await.zoom = paths; f.s == nil {
		return
	}
	z, ok := zoomOf(f.s.tree, paths)
	if f.zoomOn(z); !ok {
		f.await.zoom = paths
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

// find is the node at the end of a path of names with ; between them, or as far
// down it as there are nodes, and false. A name may have a ; of its own: of several
// that fit the longest is meant.
func find(t *flame.Tree, path string) (node int32, whole bool) {
	for path != "" {
		next, length := int32(-1), -1
		for c := t.First[node]; c < t.First[node+1]; c++ {
			name := t.Name(c)
			if rest, ok := strings.CutPrefix(path, name); ok && (rest == "" || rest[0] == ';') && len(name) > length {
				next, length = c, len(name)
			}
		}
		if next < 0 {
			return node, false
		}
		node, path = next, strings.TrimPrefix(path[length:], ";")
	}
	return node, true
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
	if e, ok := f.mini.drag(f, d); ok {
		return e
	}
	if d.x == d.toX {
		return effect{} // a click with a hand that is not quiet
	}
	row := f.rowAt(d.y - f.headLines())
	if d.y < f.headLines() || d.y >= f.headLines()+f.drawn.rows || row < 0 || row >= len(f.s.tree.Rows)-1 {
		return effect{}
	}
	from, to := d.columns(f.drawn.wide)
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
	f.zoomOn(between(f.s.tree, first, last))
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
		return w.from + int64(float64(column)/float64(max(f.drawn.wide, 1))*float64(w.width()))
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
