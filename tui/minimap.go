package tui

import (
	"fmt"

	"github.com/goperf/goperf/tui/paint"
)

// minimap is the whole of a flame graph in a line: how deep it is from the left to
// the right, with what is zoomed into marked. A click on it moves the zoom there, or
// out of it; a drag zooms into what it goes over.
type minimap struct {
	of          *subject
	width       int
	levels      []int // of each column
	line        int   // of the screen that it was drawn in last, 0 for none
	left, right int
	zoom        zoom // that text is of
	text        string
}

// looks is in how many places of a column the depth is looked at: the deepest is drawn.
const looks = 4

// lay looks how deep the graph is, for a width.
func (m *minimap) lay(s *subject, width int) {
	m.of, m.width, m.levels = s, width, m.levels[:0]
	whole, rows := float64(s.layout.End[0]-s.layout.Start[0]), max(len(s.tree.Rows)-2, 1)
	for i := range width {
		deepest := 0
		for k := range looks {
			at := s.layout.Start[0] + int64((float64(i*looks+k)+0.5)/float64(width*looks)*whole)
			deepest = max(deepest, depth(s.tree, s.layout.Deepest(at)))
		}
		m.levels = append(m.levels, min(deepest*8/(rows+1), 7))
	}
}

// draw draws it from the column at hand to the edge.
func (m *minimap) draw(c *paint.Canvas, f *flameScreen, start int) {
	g := c.Theme.Glyphs
	m.line, m.left, m.right = c.Lines()-start, c.Col(), c.Limit()
	width := m.right - m.left
	if width < 8 {
		m.line = 0
		return
	}
	if m.of != f.s || m.width != width {
		m.lay(f.s, width)
	}
	from, to := m.columns(f)
	for i, level := range m.levels {
		style, glyph := paint.Accent, g.Levels[level]
		switch {
		case f.zoom == (zoom{}):
		case i == from:
			style, glyph = paint.Key, g.Picked
		case i == to-1:
			style, glyph = paint.Key, g.Edge
		case i < from || i >= to:
			style = paint.Bundle
		}
		c.Put(style, glyph)
	}
}

// columns are the first of what is seen, and the one behind the last.
func (m *minimap) columns(f *flameScreen) (from, to int) {
	w, whole := f.window(), f.pic.all()
	scale := float64(m.width) / float64(max(whole.width(), 1))
	from = min(int(float64(w.from-whole.from)*scale), m.width-1)
	to = max(int(float64(w.to-whole.from)*scale+0.5), from+1)
	return from, min(to, m.width)
}

// place is the place in the graph of a column of the screen.
func (m *minimap) place(x int) int64 {
	l := m.of.layout
	at := (float64(min(max(x, m.left), m.right-1)-m.left) + 0.5) / float64(m.width)
	return l.Start[0] + int64(at*float64(l.End[0]-l.Start[0]))
}

// zoomTold says where in the whole the zoom is, "" where there is none.
func (f *flameScreen) zoomTold() string {
	m := &f.mini
	if f.zoom == (zoom{}) {
		return ""
	}
	if m.zoom != f.zoom || m.text == "" {
		w, whole := f.window(), f.pic.all()
		m.zoom = f.zoom
		m.text = fmt.Sprintf("the zoom is %s of all, from %s to %s", share(w.width(), whole.width()), share(w.from-whole.from, whole.width()), share(w.to-whole.from, whole.width()))
	}
	return m.text
}

// point moves the zoom to a place, to a box as deep as the one that is zoomed into;
// within the zoom it leads a step out.
func (m *minimap) point(f *flameScreen, x, y int) bool {
	if m.line == 0 || y != m.line || x < m.left || x >= m.right || m.of != f.s {
		return false
	}
	if from, to := m.columns(f); f.zoom != (zoom{}) && x-m.left >= from && x-m.left < to {
		_ = f.out()
	} else {
		f.zoomInto(f.boxAt(m.place(x), max(depth(f.s.tree, f.zoom.at), 1)))
	}
	if !f.sees(f.sel) {
		f.pick(f.zoom.at)
	}
	return true
}

// drag zooms into what the mouse goes over, when its button is let go.
func (m *minimap) drag(f *flameScreen, d drag) (effect, bool) {
	if m.line == 0 || d.y != m.line || d.x < m.left || d.x >= m.right || m.of != f.s {
		return effect{}, false
	}
	w := window{m.place(min(d.x, d.toX)), m.place(max(d.x, d.toX))}
	if !d.done {
		return told(fmt.Sprintf("%s: let go to zoom", share(w.width(), f.pic.all().width()))), true
	}
	f.zoomOn(between(f.s.tree, f.boxAt(w.from, 1), f.boxAt(w.to, 1)))
	f.pick(f.zoom.at)
	return effect{}, true
}

// boxAt is the box of a row at a place, or the deepest above it.
func (f *flameScreen) boxAt(place int64, row int) int32 {
	n := f.s.layout.Deepest(place)
	for d := depth(f.s.tree, n); d > row; d-- {
		n = f.s.tree.Parent[n]
	}
	return n
}
