package tui

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/tui/paint"
)

// note makes the facts on the selection: what it has, of all and of its caller,
// whose code that is, and what is known of the function beyond this graph.
func (f *flameScreen) note() {
	t, told := f.s.tree, &f.told
	frame := &t.Frames[t.Frame[f.sel]]
	if told.name = "all"; f.sel > 0 {
		told.name = frame.Name
	}
	told.place = linePlace(frame)
	told.all = append(f.numbers(told.all[:0]), told.beyond.facts(f.s, t.Frame[f.sel])...)
}

// linePlace is where a frame's source is, as far as it is known.
func linePlace(f *flame.Frame) string {
	if f.File != "" && f.Line > 0 {
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return f.File
}

// numbers are what the box has.
func (f *flameScreen) numbers(all []string) []string {
	t, n := f.s.tree, f.sel
	c := &t.Columns[t.Column]
	if c.BaseCum != nil {
		return append(all, "total "+change(c, n), fmt.Sprintf("self %s to %s", value(c.BaseSelf[n], c.Type), value(c.Self[n], c.Type)))
	}
	total := fmt.Sprintf("total %s  %s", value(c.Change(n), c.Type), f.s.shareOf(c.Width(n)))
	if n > 0 {
		total += fmt.Sprintf(", %s of its caller", share(c.Width(n), c.Width(t.Parent[n])))
	}
	all = append(all, total, fmt.Sprintf("self %s  %s", value(c.Self[n], c.Type), share(c.Self[n], c.Whole)))
	if f.s.rough { // what is left out of it is of no class
		return append(all, "whose code: comes with the whole graph")
	}
	classes := make([]flame.Class, 0, len(f.below))
	for class, v := range f.below {
		if v > 0 {
			classes = append(classes, flame.Class(class))
		}
	}
	slices.SortStableFunc(classes, func(a, b flame.Class) int { return cmp.Compare(f.below[b], f.below[a]) })
	for i, class := range classes {
		text := class.String() + " " + share(f.below[class], c.Width(n))
		if i == 0 {
			text = "spent in " + text
		}
		all = append(all, text)
	}
	return all
}

// The lines of the foot: with panes their heading, the name and the facts.
const (
	paneHeight = 24 // from which there is room for panes
	paneLines  = 5
)

// footLines are how many lines below the graph are about the selection and the colours.
func (f *flameScreen) footLines(height int) int {
	switch {
	case f.full || height < 12:
		return 1
	case height >= paneHeight:
		return paneLines
	}
	return 3
}

// foot is what is told of the selection, and what the colours mean: in panes side
// by side, below one another, or the numbers alone.
func (f *flameScreen) foot(c *paint.Canvas, start, lines int) {
	f.mini.line = 0
	switch {
	case lines == 1:
		c.Put(paint.Strong, " ")
		c.Put(paint.Strong, f.told.name)
		c.Put(paint.Plain, "  ")
		f.flow(c, 0)
		return
	case lines == paneLines && c.W >= sideWidth:
		f.panes(c, start)
		return
	case lines == paneLines:
		c.Put(paint.Plain, " ")
		f.legend(c, 0)
		c.End()
	}
	c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, c.W)
	c.End()
	f.nameLine(c)
	c.End()
	for next, left := 0, min(lines-2, 2); left > 0; left-- {
		c.Put(paint.Plain, " ")
		next = f.flow(c, next)
		c.End()
	}
}

// panes are the selection at the left, and at the right the colours and where the
// zoom is in the whole.
func (f *flameScreen) panes(c *paint.Canvas, start int) {
	left := c.W * 11 / 20
	heading(c, paint.Strong, "selected", left-2)
	c.Pad(paint.Plain, left)
	heading(c, paint.Strong, "legend", c.W)
	c.End()
	fact, class := 0, 0
	for i := range paneLines - 1 {
		c.Until(left - 2)
		if i == 0 {
			f.nameLine(c)
		} else {
			c.Put(paint.Plain, " ")
			fact = f.flow(c, fact)
		}
		c.Until(c.W)
		c.Pad(paint.Plain, left+1)
		switch i {
		case 0, 1:
			class = f.legend(c, class)
		case 2:
			c.Put(paint.Faint, "map ")
			c.Until(c.W - 1)
			f.mini.draw(c, f, start)
		default:
			c.Put(paint.Faint, f.zoomTold())
		}
		c.End()
	}
}

// heading is a rule with a title in it.
func heading(c *paint.Canvas, style paint.Style, title string, right int) {
	c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, c.Col()+1)
	c.Put(style, " ")
	c.Put(style, title)
	c.Put(style, " ")
	c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, right)
}

// nameLine is the name of the selection and the place of its source.
func (f *flameScreen) nameLine(c *paint.Canvas) {
	c.Put(paint.Strong, " ")
	c.Put(paint.Strong, f.told.name)
	if room := c.Room() - 3; room > 12 {
		c.Right(paint.Faint, tail(f.told.place, room, c.Theme.Glyphs.More), c.Limit()-1)
	}
}

// flow writes the facts from one on, as many as a line has room for, and says
// which comes next.
func (f *flameScreen) flow(c *paint.Canvas, from int) (next int) {
	for i, text := range f.told.all[from:] {
		if i > 0 {
			if c.Room() < paint.Width(text)+3 {
				return from + i
			}
			c.Put(paint.Plain, "   ")
		}
		c.Put(paint.Plain, text)
	}
	return len(f.told.all)
}
