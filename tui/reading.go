package tui

import (
	"fmt"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// The overview has two parts: the findings, and what is said of one of them, which
// can be longer than the screen.

// paneDetails is what a command calls the details, paneFindings the findings.
const paneDetails, paneFindings = "details", "findings"

func (o *overview) rowsOf(part string) (int, bool) {
	return o.list.n, part != paneDetails && o.list.n > 0
}

// partIDs are what there is on the screen.
func (o *overview) partIDs() []string {
	if o.list.n == 0 {
		return []string{paneDetails}
	}
	return []string{paneFindings, paneDetails}
}

func (o *overview) act(a action) effect {
	if o.scrolls(a) {
		return effect{}
	}
	f := o.chosen()
	switch {
	case a == next || a == previous:
		at := o.list.at
		said := o.search.step(a, &o.list)
		o.from(at)
		return told(said)
	case a == out:
		o.leave()
	case f == nil && a == in && o.has(diffScreen):
		return effect{open: diffScreen, goes: true}
	case f == nil:
	case a == in || a == flameOf || a == sandwich || a == sourceOf:
		return o.evidence(f, a)
	case a == why:
		return effect{explain: f.Rule}
	case a == copyName:
		return effect{copy: report.Clean(f.Title)}
	}
	return effect{}
}

// scrolls does what moving keys mean. Pages are of the details while there is more of
// them than fits: the findings are few.
func (o *overview) scrolls(a action) bool {
	if o.reading || o.list.n == 0 || (a == pageUp || a == pageDown) && o.text.over() {
		return o.text.move(a)
	}
	at := o.list.at
	moved := o.list.move(a)
	o.from(at)
	return moved
}

// from begins to read when another finding is chosen.
func (o *overview) from(at int) {
	if o.list.at != at {
		o.text.top = 0
	}
}

// leave closes what is open, then the search.
func (o *overview) leave() {
	switch {
	case o.full:
		o.full = false
	case o.reading:
		o.reading = false
	default:
		o.search = rowSearch{}
	}
}

// pane goes from the findings to the details, and from there to the next screen.
func (o *overview) pane(step int) bool {
	if o.r == nil || o.list.n == 0 || o.reading == (step > 0) {
		o.reading = false
		return false
	}
	o.reading = step > 0
	return true
}

// spread gives all the room to the details, unless the keys are about findings of
// which there are more than fit.
func (o *overview) spread() {
	if o.full = !o.full; o.full && o.list.n > 0 && o.list.n <= o.list.page {
		o.reading = true
	}
}

func (o *overview) point(_, y int, again bool) effect {
	if i, ok := o.list.hit(y, o.placed.rows); ok && y < o.placed.text {
		at := o.list.at
		o.list.at, o.reading = i, false
		if o.from(at); again {
			return o.act(in)
		}
		return effect{}
	}
	o.reading = o.list.n > 0 && y >= o.placed.text
	return effect{}
}

// wheel scrolls what it is over: three lines of text, or to the next finding.
func (o *overview) wheel(_, y, by int) {
	if y >= o.placed.text || o.list.n == 0 {
		o.text.top += by
		o.text.clamp()
		return
	}
	at := o.list.at
	o.list.at += min(max(by, -1), 1)
	o.list.clamp()
	o.from(at)
}

func (o *overview) draw(c *paint.Canvas, height int) {
	start, n := c.Lines(), len(o.r.Findings)
	if !o.full {
		o.vitals(c, max(height/12, 2))
		c.Line(paint.Strong, " "+render.Headline(o.r))
	}
	o.list.n, o.placed.rows = n, height
	if n > 0 && (!o.full || !o.reading) {
		o.drawList(c, start, height)
	}
	if n > 0 {
		o.rule(c, n-o.list.page)
	} else {
		c.End()
	}
	o.placed.text = c.Lines() - start
	if o.full && !o.reading && n > 0 {
		return
	}
	o.layOut(c.W)
	from, to := o.text.window(len(o.details), start+height-c.Lines())
	for _, d := range o.details[from:to] {
		c.Put(paint.Faint, " "+d.label)
		c.Pad(paint.Plain, detailIndent)
		c.Line(d.style, d.text)
	}
	o.text.rest(c, o.keys.key(pageDown)+" "+o.keys.key(pageUp)+" scroll, "+o.keys.key(wholePane)+" whole screen")
}

// drawList draws the findings, of many some.
func (o *overview) drawList(c *paint.Canvas, start, height int) {
	n := len(o.r.Findings)
	rows := min(n, max((height-c.Lines()+start)*2/5, 3))
	if o.full {
		rows = min(n, height-2)
	}
	o.headings(c)
	o.placed.rows = c.Lines() - start
	from, to := o.list.window(n, rows)
	for i := from; i < to; i++ {
		o.row(c, i)
	}
}

// rule is the line above the details. It says when the keys are about them.
func (o *overview) rule(c *paint.Canvas, more int) {
	if more > 0 && (!o.full || !o.reading) {
		c.Put(paint.Faint, fmt.Sprintf("   %d more ", more))
	}
	rule := c.Theme.Glyphs.Rule
	if o.reading {
		c.Repeat(paint.Rule, rule, c.Col()+1)
		c.Put(paint.Key, " details ")
	}
	c.Repeat(paint.Rule, rule, c.W)
	c.End()
}
