package tui

import (
	"cmp"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/tui/paint"
)

// label is the ways to write a name, and how wide they are. It is made when the
// name is drawn first.
type label struct {
	text  [4]string
	width [4]int16
	shade int8
	ready bool
}

func (l *label) make(f *flame.Frame) {
	l.text = flame.Labels(f.Name)
	for i, s := range l.text {
		l.width[i] = int16(min(paint.Width(s), 1<<14))
	}
	l.shade, l.ready = int8(f.Shade()), true
}

// fit is the fullest way in so many columns; when none fits the shortest, which
// is cut, and nothing where that would say nothing.
func (l *label) fit(columns int) (text string, width int) {
	for i, w := range l.width {
		if int(w) <= columns {
			return l.text[i], int(w)
		}
	}
	if columns < 3 {
		return "", 0
	}
	return l.text[3], columns
}

// icicle draws rows of a tree.
type icicle struct {
	t        *flame.Tree
	l        *flame.Layout
	labels   []label // of each frame
	percents *percentTable
	whole    int64  // that shares are of, 0 for the column's
	sel      int32  // drawn as the selection, -1 for none
	held     window // boxes in it are drawn as selected too
	hits     []bool // frames that a search has found, nil when there is none
	spans    []flame.Span
}

// window is what is seen of a layout, from one place to another.
type window struct{ from, to int64 }

func (w window) width() int64 { return w.to - w.from }

// overlaps says that something of a box is in the window.
func (w window) overlaps(l *flame.Layout, n int32) bool {
	return l.Start[n] < w.to && l.End[n] > w.from
}

// all is the window with everything in it.
func (p *icicle) all() window { return window{p.l.Start[0], p.l.End[0]} }

// row draws what is in the window of a row of the tree, from the column at hand to the edge.
func (p *icicle) row(c *paint.Canvas, row int, w window) {
	at := c.Col()
	p.spans = p.l.AppendPart(p.spans[:0], row, w.from, w.to, c.Room())
	for _, s := range p.spans {
		c.Pad(paint.Plain, at+s.From)
		if s.Node < 0 {
			c.Repeat(paint.Bundle, c.Theme.Glyphs.Bundle, at+s.To)
			continue
		}
		p.box(c, s, at)
	}
}

// box draws one box: an edge, the name as far as it goes, and its share where
// there is room.
func (p *icicle) box(c *paint.Canvas, s flame.Span, at int) {
	frame := p.t.Frame[s.Node]
	l := &p.labels[frame]
	if !l.ready {
		l.make(&p.t.Frames[frame])
	}
	style, edge := paint.Box(p.t.Class[s.Node], int(l.shade)), c.Theme.Glyphs.Edge
	if p.l.Column.BaseCum != nil {
		style = paint.Lean(p.l.Column.Lean(s.Node))
	}
	if p.hits != nil {
		style = paint.Dim
		if p.hits[frame] {
			style = paint.Match
		}
	}
	if s.Node == p.sel || p.held.overlaps(p.l, s.Node) {
		style, edge = paint.Selected, c.Theme.Glyphs.Picked
	}
	c.Put(style, edge)
	columns := s.To - s.From - 1
	if p.l.Column.BaseCum != nil && columns > 5 {
		c.Put(style, leanMark(c.Theme.Glyphs, p.l.Column.Lean(s.Node)))
		columns -= 2
	}
	text, n := l.fit(columns)
	edgeOf := c.Limit()
	c.Until(at + s.To)
	c.Put(style, text)
	c.Until(edgeOf)
	if style == paint.Match {
		style = paint.MatchPad
	}
	if room := columns - n; room > 7 && n > 0 {
		t := ""
		if p.l.Column.BaseCum != nil {
			t = signed(p.l.Column.Change(s.Node), p.l.Column.Whole)
		} else {
			t = p.percents.of(p.l.Column.Width(s.Node), cmp.Or(p.whole, p.l.Column.Whole))
		}
		if len(t)+1 < room {
			c.Pad(style, at+s.To-len(t)-1)
			c.Put(style, t)
		}
	}
	c.Pad(style, at+s.To)
}

// evenBelow is the change, as a part of before and after together, below which a
// box is drawn as equal.
const evenBelow = 0.02

// leanMark says in a character and a space what the colour of a difference says.
func leanMark(g *paint.Glyphs, lean float64) string {
	switch {
	case lean >= evenBelow:
		return g.Up + " "
	case lean <= -evenBelow:
		return g.Down + " "
	}
	return "= "
}
