package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/tui/paint"
)

// sides are the callers and the callees of one function.
type sides struct {
	of            *subject
	name          string
	up, down      *flame.Tree
	upper, downer *flame.Layout
}

// sideRows bounds the rows of callers and of callees.
const sideRows = 24

// calls is the selected function of the table between who calls it and what it
// calls: callers grow upwards from a bar that is the whole of it, callees downwards.
type calls struct {
	sides *sides
	on    bool   // the keys are about it
	up    bool   // the selected box is above the bar
	at    int32  // selected box of that side, 0 for the bar
	want  string // path from the bar to the box that a command selects
	pic   icicle
	drawn drawnCalls
	noted callsNote
}

// drawnCalls is where it was drawn last; with no width it was not.
type drawnCalls struct {
	top, bar, wide int // first line of the callers, and that of the bar
	ups, downs     int // lines of callers and callees
	upper, downer  int // rows of them that are passed over, nearest to the bar
}

// callsNote is what is told of the selected box, made when another one is selected.
type callsNote struct {
	sides             *sides
	up                bool
	at                int32
	whose, place, end string
}

// paneCalls and the other one are what commands call the sides.
const (
	paneCalls   = "calls"
	paneCallers = "callers"
	paneCallees = "callees"
)

func (k *calls) show(s *subject) {
	k.pic = icicle{labels: make([]label, len(s.tree.Frames)), percents: k.pic.percents, spans: k.pic.spans}
}

// tree and layout are those of the side that the selected box is on.
func (k *calls) tree() *flame.Tree {
	if k.up {
		return k.sides.up
	}
	return k.sides.down
}

func (k *calls) layout() *flame.Layout {
	if k.up {
		return k.sides.upper
	}
	return k.sides.downer
}

// has says that there is something to go through.
func (k *calls) has() bool { return k.sides != nil && k.sides.up != nil && k.drawn.wide > 0 }

// look finds callers and callees in a command.
func (t *topScreen) look() tea.Cmd {
	name, s, k := t.name(), t.s, &t.calls
	if name == "" || k.sides != nil && k.sides.of == s && k.sides.name == name {
		return nil
	}
	return func() tea.Msg {
		out := &sides{of: s, name: name}
		frame := int32(slices.IndexFunc(s.tree.Frames, func(f flame.Frame) bool { return f.Name == name }))
		if frame < 0 {
			return out // too small for the tree
		}
		out.up, out.down = s.tree.Callers(s.tree.Column, frame, sideRows), s.tree.Callees(s.tree.Column, frame, sideRows)
		out.upper, out.downer = out.up.Layout(0), out.down.Layout(0)
		return out
	}
}

// take takes what look found, unless something else is selected by now. Of the same
// function the same box stays selected.
func (t *topScreen) take(s *sides) {
	if s.of != t.s || s.name != t.name() {
		return
	}
	k := &t.calls
	if k.sides != nil && k.sides.name == s.name && k.at > 0 {
		k.want = k.path()
	}
	k.sides, k.at = s, 0
	if s.up != nil && k.want != "" {
		k.at, _ = find(k.tree(), k.want)
	}
	k.want = ""
}

// path is the names from the bar to the selected box.
func (k *calls) path() string {
	if k.sides == nil || k.sides.up == nil || k.at == 0 {
		return k.want
	}
	return pathTo(k.tree(), k.at)
}

// target is the function that keys are about.
func (t *topScreen) target() string {
	if k := &t.calls; k.on && k.at > 0 && k.has() {
		return k.tree().Name(k.at)
	}
	return t.name()
}

// pane goes from the table to the calls, and on.
func (t *topScreen) pane(step int) bool {
	k := &t.calls
	if on := step > 0; k.on != on && (k.has() || !on) {
		k.on = on
		return true
	}
	k.on = false
	return false
}

// act moves the selection among the boxes; false for what the table does too.
func (k *calls) act(a action) bool {
	if !k.on || !k.has() {
		return false
	}
	switch a {
	case up:
		k.away(true)
	case down:
		k.away(false)
	case left:
		k.beside(-1)
	case right:
		k.beside(1)
	case first, last, pageUp, pageDown:
		for before := int32(-1); before != k.at; {
			before = k.at
			k.away(a == first || a == pageUp)
		}
	case out:
		k.on = false
	default:
		return false
	}
	return true
}

// away goes up or down: to the largest box further from the bar, or a box nearer.
func (k *calls) away(upwards bool) {
	if k.at > 0 && k.up != upwards {
		k.at = k.tree().Parent[k.at]
		return
	}
	if k.at == 0 {
		k.up = upwards
	}
	if t := k.tree(); t.First[k.at] < t.First[k.at+1] && depth(t, k.at)+1 < len(t.Rows)-1 {
		k.at = t.First[k.at] // the largest comes first
	}
}

// beside goes to the next box of the row that is drawn as one.
func (k *calls) beside(step int) {
	spans := k.layout().AppendPart(nil, depth(k.tree(), k.at), k.layout().Start[0], k.layout().End[0], k.drawn.wide)
	at := slices.IndexFunc(spans, func(s flame.Span) bool { return s.Node == k.at })
	for i := at + step; at >= 0 && i >= 0 && i < len(spans); i += step {
		if spans[i].Node >= 0 {
			k.at = spans[i].Node
			return
		}
	}
}

// centre makes the selected box the function that is between the others.
func (t *topScreen) centre() effect {
	name := t.target()
	if !t.selectName(name) {
		return told(symbol.Short(name) + " is not in the table")
	}
	t.calls.at = 0
	return effect{cmd: t.look(), status: symbol.Short(name) + " with its callers and callees"}
}

// pointCalls selects the box under the mouse, or makes it the function in the middle.
func (t *topScreen) pointCalls(x, y int, again bool) (effect, bool) {
	k, d := &t.calls, &t.calls.drawn
	if !k.has() || y < d.top || y > d.bar+d.downs {
		return effect{}, false
	}
	k.on = true
	if y == d.bar {
		k.at = 0
		if again {
			return effect{open: flameScreenID, goes: true, name: t.name()}, true
		}
		return effect{}, true
	}
	was := *k
	row := y - d.bar + d.downer
	if k.up = y < d.bar; k.up {
		row = d.bar - y + d.upper
	}
	l := k.layout()
	for _, s := range l.AppendPart(nil, row, l.Start[0], l.End[0], d.wide) {
		if x < s.From || x >= s.To || s.Node < 0 {
			continue
		}
		same := was.up == k.up && was.at == s.Node
		if k.at = s.Node; again && same {
			return t.centre(), true
		}
		return effect{}, true
	}
	k.up = was.up
	return effect{}, true
}

// draw draws the callers upwards from the selected function and the callees
// downwards, with their shares of it.
func (t *topScreen) drawCalls(c *paint.Canvas, start, end int) {
	name, k := t.name(), &t.calls
	k.drawn = drawnCalls{}
	if name == "" {
		return
	}
	if k.sides == nil || k.sides.of != t.s || k.sides.name != name || k.sides.up == nil {
		c.Put(paint.Strong, " "+name)
		if k.sides != nil && k.sides.of == t.s && k.sides.name == name {
			c.Put(paint.Faint, "  too small to be in the call tree")
		}
		c.End()
		return
	}
	up, down := k.sides.up, k.sides.down
	room := end - c.Lines() - 4 // what stands above, below, the bar and the note
	d := &k.drawn
	d.wide = c.W
	d.ups = max(min(len(up.Rows)-2, max(room*2/5, 1, room-(len(down.Rows)-2)), room), 0)
	d.downs = max(min(len(down.Rows)-2, room-d.ups), 0)
	if sel := depth(k.tree(), k.at); k.up {
		d.upper = max(sel-d.ups, 0)
	} else {
		d.downer = max(sel-d.downs, 0)
	}
	k.pic.whole = up.Columns[0].Width(0)
	k.label(c, "caller", ": who spends it", up)
	d.top = c.Lines() - start
	for i := d.ups; i >= 1; i-- {
		k.row(c, true, i+d.upper)
	}
	d.bar = c.Lines() - start
	t.bar(c, name, up)
	for i := 1; i <= d.downs; i++ {
		k.row(c, false, i+d.downer)
	}
	k.label(c, "callee", ": where it goes", down)
	c.Fill(end - 1)
	t.note(c)
}

func (k *calls) row(c *paint.Canvas, up bool, row int) {
	k.pic.t, k.pic.l, k.pic.sel = k.sides.down, k.sides.downer, -1
	if up {
		k.pic.t, k.pic.l = k.sides.up, k.sides.upper
	}
	if k.up == up && k.at > 0 {
		k.pic.sel = k.at
	}
	if row < len(k.pic.t.Rows)-1 {
		k.pic.row(c, row, k.pic.all())
	}
	c.End()
}

// bar is the function itself: the whole of it.
func (t *topScreen) bar(c *paint.Canvas, name string, up *flame.Tree) {
	style, edge, col := paint.Selected, c.Theme.Glyphs.Picked, &up.Columns[0]
	switch {
	case !t.calls.on:
		edge = c.Theme.Glyphs.Edge
	case t.calls.at > 0:
		style, edge = paint.Box(up.Class[0], 0), c.Theme.Glyphs.Edge
	}
	c.Put(style, edge)
	c.Put(style, name)
	total := value(col.Width(0), t.s.table.Type) + "  100% "
	if col.BaseCum != nil {
		total = change(col, 0) + " of all "
	}
	if c.Room() > len(total)+2 {
		c.Pad(style, c.W-len(total))
		c.Put(style, total)
	}
	c.Pad(style, c.W)
	c.End()
}

func (k *calls) label(c *paint.Canvas, noun, text string, tree *flame.Tree) {
	if n := int(tree.First[1] - tree.First[0]); n > 0 {
		c.Line(paint.Faint, " "+plural(n, noun)+text)
	} else {
		c.Line(paint.Faint, " no "+noun)
	}
}

// note tells of the box that is selected, or of the function.
func (t *topScreen) note(c *paint.Canvas) {
	k := &t.calls
	if n := &k.noted; n.sides != k.sides || n.up != k.up || n.at != k.at {
		tree := k.tree()
		col, frame := &tree.Columns[0], &tree.Frames[tree.Frame[k.at]]
		*n = callsNote{sides: k.sides, up: k.up, at: k.at}
		n.whose, n.place = "  "+tree.Class[k.at].String(), linePlace(frame)
		switch {
		case col.BaseCum != nil:
			n.end = change(col, k.at)
		case k.at > 0:
			n.end = fmt.Sprintf("%s, %s of it", value(col.Width(k.at), col.Type), share(col.Width(k.at), col.Width(0)))
		default:
			n.end = fmt.Sprintf("%s = %s of all", value(col.Width(0), col.Type), t.s.shareOf(col.Width(0)))
		}
	}
	room := paint.Width(k.noted.end) + 3
	c.Put(paint.Plain, " ")
	c.Until(c.W - room)
	c.Put(paint.Strong, k.tree().Name(k.at))
	if c.Room() >= len(k.noted.whose) {
		c.Put(paint.Faint, k.noted.whose)
	}
	if room := c.Room() - 2; room > 12 {
		c.Put(paint.Faint, "  ")
		c.Put(paint.Faint, tail(k.noted.place, room, c.Theme.Glyphs.More))
	}
	c.Until(c.W)
	c.Right(paint.Plain, k.noted.end, c.W-1)
	c.End()
}

// over makes what is under the mouse what the keys are about: the table or the calls.
func (t *topScreen) over(_, y int) {
	if t.edge > 0 {
		t.calls.on = y > t.edge && t.calls.has()
	}
}
