package tui

import (
	"github.com/goperf/goperf/tui/paint"
)

// mostGraph bounds the rows of the flame graph on the screen of a comparison; all of
// it has a screen of its own.
const mostGraph = 40

// mostBoxesOfChange bounds what is told of it; with --screen flame there is more.
const mostBoxesOfChange = 200

// changed is the flame graph of what changed, beside the figures of a comparison.
type changed struct {
	pic  icicle
	rows []line
}

// graph is a part with the flame graph of the difference that is looked at.
func (f *differences) graph() *part {
	s := f.s
	if s == nil || s.tree == nil || s.from.Base == nil || s.lens.base != nil {
		return nil
	}
	g := &changed{pic: icicle{t: s.tree, l: s.layout, labels: make([]label, len(s.tree.Frames)), percents: newPercents(), sel: -1}}
	for i := range min(len(s.tree.Rows)-1, mostGraph) {
		g.rows = append(g.rows, line{name: g.widest(i), paint: func(c *paint.Canvas) { g.pic.row(c, i, window{s.layout.Start[0], s.layout.End[0]}) }})
	}
	return &part{id: "graph", title: "flame graph of the change", note: s.text, show: g, picture: true, derived: true, shy: true, least: 7}
}

// widest is the function of the widest box of a row.
func (g *changed) widest(row int) string {
	t, l := g.pic.t, g.pic.l
	best := t.Rows[row]
	for n := best; n < t.Rows[row+1]; n++ {
		if l.Column.Width(n) > l.Column.Width(best) {
			best = n
		}
	}
	if best == 0 {
		return ""
	}
	return t.Name(best)
}

func (g *changed) lay(int) (head []line, rows int) { return nil, len(g.rows) }
func (g *changed) row(i int) line                  { return g.rows[i] }
func (g *changed) text(i int) string               { return g.rows[i].name }
