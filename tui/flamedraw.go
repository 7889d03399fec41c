package tui

import (
	"strings"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/tui/paint"
)

// headLines are the lines above the graph.
func (f *flameScreen) headLines() int { return f.drawn.fixed }

func (f *flameScreen) draw(c *paint.Canvas, height int) {
	f.drawn.wide = c.W
	end := c.Lines() + height
	start := c.Lines()
	f.head(c, height, start)
	f.drawn.fixed = c.Lines() - start
	foot := f.footLines(height)
	rows := max(end-foot-c.Lines(), 1)
	f.scroll(rows)
	f.pic.sel, f.pic.hits = f.sel, f.search.hits
	held, seen := f.pic.held, f.window()
	for i := range rows {
		row := f.rowAt(i)
		if f.pic.held = (window{}); row == f.heldRow {
			f.pic.held = held
		}
		if row < len(f.s.tree.Rows)-1 {
			f.pic.row(c, row, seen)
		}
		c.End()
	}
	f.pic.held = held
	f.foot(c, start, foot)
	c.Fill(end)
}

// head is what is shown and through which filters, and, zoomed, the way there.
func (f *flameScreen) head(c *paint.Canvas, height, start int) {
	c.Put(paint.Plain, " ")
	c.Put(paint.Plain, f.s.text)
	f.chips.draw(c, f.s.lens)
	c.End()
	if f.axis.line = 0; height < 12 {
		return
	}
	f.axis.draw(c, f.s, start)
	if w := &f.way; w.width != c.W || w.zoom != f.zoom || w.lost != f.await.zoom {
		w.zoom, w.lost, w.width, w.text = f.zoom, f.await.zoom, c.W, f.breadcrumbs(c)
	}
	c.Put(paint.Faint, f.way.text)
	if height < paneHeight || c.W < sideWidth || f.full { // the legend has it otherwise
		c.Right(paint.Faint, f.zoomTold(), c.W-1)
	}
	c.End()
}

// lost says what was zoomed into when it is not in what is shown, "" otherwise.
func (f *flameScreen) lost() string {
	if f.await.zoom == "" {
		return ""
	}
	first, _, _ := strings.Cut(f.await.zoom, "\n")
	return "without " + symbol.Short(first[strings.LastIndex(first, ";")+1:]) + ", which was zoomed into"
}

// breadcrumbs are the names down to the box that is zoomed into, the last ones
// when there is no room for all.
func (f *flameScreen) breadcrumbs(c *paint.Canvas) string {
	var way []string
	for n := f.zoom.at; n > 0 && len(way) < 40; n = f.s.tree.Parent[n] {
		way = append([]string{flame.Labels(f.s.tree.Name(n))[1]}, way...)
	}
	sep := " " + c.Theme.Glyphs.Sep + " "
	if z := f.zoom; z.part() {
		way = append(way, flame.Labels(f.s.tree.Name(z.first))[1]+" to "+flame.Labels(f.s.tree.Name(z.last))[1])
	}
	if lost := f.lost(); lost != "" {
		way = append(way, lost)
	}
	if len(way) == 0 {
		return " all"
	}
	text := " all" + sep + strings.Join(way, sep)
	for len(way) > 1 && paint.Width(text) > c.W-1 {
		way = way[1:]
		text = " " + c.Theme.Glyphs.More + sep + strings.Join(way, sep)
	}
	return text
}

// scroll brings the selection into view, and the box that is zoomed into to the
// upper third.
func (f *flameScreen) scroll(rows int) {
	f.drawn.rows = rows
	t := f.s.tree
	sel, total := depth(t, f.sel), len(t.Rows)-1
	least := max(depth(t, f.zoom.at)-rows/3, 0)
	if sel < f.top {
		f.top = max(sel-1, 0)
	}
	if sel >= f.top+rows {
		f.top = sel - rows + 1
	}
	f.top = max(min(f.top, max(total-rows, least)), least)
}

// legend says what the colours mean, from one class on as many as there is room
// for, and which comes next. It is the same for each selection, whose shares are
// with the facts: a number in a colour of its own costs 40 bytes to change.
func (f *flameScreen) legend(c *paint.Canvas, from int) (next int) {
	if f.s.layout.Column.BaseCum != nil {
		if from == 0 {
			f.leanLegend(c)
		} else {
			c.Put(paint.Faint, "width: ")
			c.Put(paint.Faint, widths[f.s.lens.wide].words)
			c.Put(paint.Faint, " (")
			c.Put(paint.Faint, f.keys.key(widen))
			c.Put(paint.Faint, ")")
		}
		return 1
	}
	for class := from; class < len(f.all); class++ {
		if f.all[class] == 0 && flame.Class(class) >= flame.Native {
			continue
		}
		style, name := paint.Box(flame.Class(class), 0), flame.Class(class).String()
		if c.Room() < len(name)+3 {
			return class
		}
		c.Put(style, " ")
		c.Put(style, name)
		c.Put(style, " ")
		c.Put(paint.Plain, " ")
	}
	if c.Room() < len(tooNarrow)+4 {
		return len(f.all)
	}
	if from <= len(f.all) {
		c.Put(paint.Bundle, " ")
		c.Put(paint.Bundle, c.Theme.Glyphs.Bundle)
		c.Put(paint.Faint, tooNarrow)
	}
	return len(f.all) + 1
}

const tooNarrow = " too narrow to draw"

// leanLegend says what the colours of a difference mean.
func (f *flameScreen) leanLegend(c *paint.Canvas) {
	for _, l := range leans {
		c.Put(paint.Lean(l.lean), " ")
		c.Put(paint.Lean(l.lean), leanMark(c.Theme.Glyphs, l.lean))
		c.Put(paint.Lean(l.lean), l.name)
		c.Put(paint.Plain, " ")
	}
}

// leans are the colours of a difference.
var leans = []struct {
	lean float64
	name string
}{{-1, "gone"}, {-0.4, "less"}, {0, "same"}, {0.4, "more"}, {1, "new"}}

// tail is the end of text in so many columns: of a path the end says the most.
func tail(text string, columns int, more string) string {
	if paint.Width(text) <= columns {
		return text
	}
	for whole := text; ; {
		cut := strings.IndexAny(text[min(1, len(text)):], "/ ")
		if cut < 0 {
			if len(text) < len(whole) {
				text = text[1:] // else it reads as the whole path
			}
			short, _ := paint.Cut(text, columns, more)
			return short
		}
		text = text[cut+1:]
		if paint.Width(text)+1 <= columns {
			return more + text
		}
	}
}
