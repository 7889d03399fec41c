package tui

import (
	"cmp"
	"regexp"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/flame"
)

// flameScreen is the flame graph of the subject, callers above callees.
type flameScreen struct {
	absence    *absence
	keys       hand
	s          *subject
	sel        int32
	zoom       zoom
	below      [flame.Neutral + 1]int64        // values of the classes at and below the selection
	all        [flame.Neutral + 1]int64        // and of the whole
	top        int                             // first row of the graph below the fixed ones
	upsideDown bool                            // the root is at the bottom
	full       bool                            // the graph has all the room
	drawn      struct{ rows, fixed, wide int } // of the graph, the lines above it, and the screen
	mini       minimap
	heldRow    int // row that the mouse is held on
	axis       axis
	chips      chipLine
	search     flameSearch
	told       facts
	way        crumbs
	await      awaited
	pic        icicle
}

// awaited is what was chosen and is not in the tree at hand: it is gone to in the
// first one that has it.
type awaited struct {
	name  string // function that is selected
	proof *proof // of a finding, instead of it
	said  string // of what was waited for, until it is told
	sel   string // path to the selection, "" when the tree has it
	zoom  string // and what is zoomed into
}

func (f *flameScreen) set(d *Data) {
	f.absence = d.noProfile()
	if f.absence != nil {
		f.await.sel, f.await.zoom = f.selPath(), f.zoomPath()
		f.s = nil
	}
}

func (f *flameScreen) missing() *absence {
	if f.s == nil && f.absence == nil {
		return &absence{what: "Reading…"}
	}
	return cmp.Or(f.absence, f.s.lacks(f.keys))
}

// show takes a new subject and finds the selection and the zoom again, by their
// paths. What it has not is waited for: a slice may lack it, and a collection that
// begins anew.
func (f *flameScreen) show(s *subject) tea.Cmd { //nolint:unparam // other screens need time for it
	sel, zoom := f.selPath(), f.zoomPath()
	f.s, f.absence, f.way = s, nil, crumbs{}
	f.pic = icicle{t: s.tree, l: s.layout, labels: make([]label, len(s.tree.Frames)), percents: f.pic.percents, spans: f.pic.spans}
	f.all = f.shares(0)
	var ok bool
	if f.zoom, ok = zoomOf(s.tree, zoom); ok {
		zoom = ""
	}
	n, whole := f.zoom.at, true
	if sel != "" {
		n, whole = find(s.tree, sel)
	}
	f.pick(n)
	if whole {
		sel = ""
	}
	f.await.sel, f.await.zoom = sel, zoom
	f.search.over(s)
	f.awaited(s.rough)
	return nil
}

// awaited selects what was waited for; a rough tree may not have it yet.
func (f *flameScreen) awaited(rough bool) {
	name, proof := f.await.name, f.await.proof
	switch {
	case proof != nil:
		f.await.said = f.prove(proof)
	case name != "":
		f.selectName(name)
	}
	if !rough {
		name, proof = "", nil
	}
	f.await.name, f.await.proof = name, proof
}

// pick selects a node; its row comes into view with the next drawing.
func (f *flameScreen) pick(n int32) {
	f.sel, f.await.sel = n, ""
	f.below = f.shares(n)
	f.note()
}

// facts are what is told of the selection, made when it changes and not for each frame.
type facts struct {
	name, place string
	all         []string // the numbers first
	beyond      *beyond
}

// take takes what was found of functions beside their boxes.
func (f *flameScreen) take(b *beyond) {
	if f.told.beyond = b; f.s == b.of {
		f.note()
	}
}

// crumbs is the way to the box that is zoomed into, for a width.
type crumbs struct {
	zoom  zoom
	lost  string // what was zoomed into and is not there
	width int
	text  string
}

// shares is the values of each class at and below a node. The nodes below one
// are a part of each row.
func (f *flameScreen) shares(n int32) (sums [flame.Neutral + 1]int64) {
	t, c := f.s.tree, &f.s.tree.Columns[f.s.tree.Column]
	for lo, hi := n, n+1; lo < hi; lo, hi = t.First[lo], t.First[hi] {
		for k := lo; k < hi; k++ {
			sums[t.Class[k]] += c.Self[k]
		}
	}
	return sums
}

// seenShares is the values of each class in what is zoomed into.
func (f *flameScreen) seenShares() (sums [flame.Neutral + 1]int64) {
	if !f.zoom.part() {
		return f.shares(f.zoom.at)
	}
	for n := f.zoom.first; n <= f.zoom.last; n++ {
		for class, v := range f.shares(n) {
			sums[class] += v
		}
	}
	return sums
}

// depth is the row that a node is in.
func depth(t *flame.Tree, n int32) int {
	d := 0
	for ; n > 0; n = t.Parent[n] {
		d++
	}
	return d
}

// within says that a node is a or below it.
func within(t *flame.Tree, n, a int32) bool {
	for n > a {
		n = t.Parent[n]
	}
	return n == a
}

// name is the full name of the selection, "" for the whole.
func (f *flameScreen) name() string {
	if f.s == nil || f.sel == 0 {
		return ""
	}
	return f.s.tree.Name(f.sel)
}

func (f *flameScreen) act(a action) effect {
	if f.s == nil {
		return effect{}
	}
	t := f.s.tree
	if f.upsideDown {
		a = a.turned()
	}
	switch a {
	case up:
		if f.sel != f.zoom.at && f.sel > 0 {
			f.pick(t.Parent[f.sel])
		} else if f.zoom.at > 0 {
			f.zoomInto(t.Parent[f.zoom.at])
			f.pick(f.zoom.at)
		}
	case down:
		f.intoCallee()
	case left:
		f.beside(-1)
	case right:
		f.beside(1)
	case pageUp, pageDown, first, last:
		f.leap(a)
	case in:
		f.zoomInto(f.sel)
	case out:
		return f.out()
	case next, previous:
		return f.step(a)
	default:
		return f.lensKey(a)
	}
	return effect{}
}

// turned is what a key means where callees are above their callers.
func (a action) turned() action {
	switch a {
	case up:
		return down
	case down:
		return up
	case pageUp:
		return pageDown
	case pageDown:
		return pageUp
	}
	return a
}

// rowAt is the row of the tree that is drawn in a line of the graph.
func (f *flameScreen) rowAt(line int) int {
	if f.upsideDown {
		line = f.drawn.rows - 1 - line
	}
	return f.top + line
}

// intoCallee selects the largest callee.
func (f *flameScreen) intoCallee() {
	if n := f.largest(f.sel); n >= 0 {
		f.pick(n)
	}
}

// spans is what is seen of a row.
func (f *flameScreen) spans(row int) []flame.Span {
	w := f.window()
	return f.s.layout.AppendPart(nil, row, w.from, w.to, max(f.drawn.wide, 1))
}

// beside selects the next box of the row that is drawn as a box, in a direction.
func (f *flameScreen) beside(step int) {
	row := depth(f.s.tree, f.sel)
	spans := f.spans(row)
	at := -1
	for i, s := range spans {
		if s.Node == f.sel {
			at = i
		}
	}
	for at >= 0 {
		if at += step; at < 0 || at >= len(spans) {
			return
		}
		if spans[at].Node >= 0 {
			f.pick(spans[at].Node)
			return
		}
	}
	if len(spans) > 0 && spans[0].Node >= 0 { // the selection itself is not drawn
		f.pick(spans[0].Node)
	}
}

// leap goes many rows up or down: down the heaviest callees.
func (f *flameScreen) leap(a action) {
	t := f.s.tree
	n, steps := f.sel, max(f.drawn.rows-1, 1)
	if a == first || a == last {
		steps = len(t.Rows)
	}
	for range steps {
		switch a {
		case pageUp, first:
			if n == f.zoom.at || n == 0 {
				f.pick(n)
				return
			}
			n = t.Parent[n]
		default:
			next := f.largest(n)
			if next < 0 {
				f.pick(n)
				return
			}
			n = next
		}
	}
	f.pick(n)
}

// out leaves the search first, then the zoom, one box at a time.
func (f *flameScreen) out() effect {
	switch {
	case f.search.pattern != "":
		f.search = flameSearch{}
	case f.await.zoom != "":
		f.await.zoom = ""
	case f.zoom.part():
		f.zoomInto(f.zoom.at)
	case f.zoom.at > 0:
		f.zoomInto(f.s.tree.Parent[f.zoom.at])
	}
	return effect{}
}

// lensKey does the keys that look at something else, or at the same in another way.
func (f *flameScreen) lensKey(a action) effect {
	switch a {
	case same:
		if name := f.name(); name != "" {
			result, _ := f.find(wholeName(name)) // is one by construction
			return told(result)
		}
		return told("select a box first")
	case focus, ignore:
		pattern := wholeName(f.name())
		if f.search.re != nil {
			pattern = f.search.re.String() // with what the search says of small letters
		}
		return refilter(f.s.lens, a, pattern, f.keys)
	case upsideDown:
		f.upsideDown = !f.upsideDown
	case sandwich:
		if f.name() != "" {
			return effect{open: topScreenID, goes: true, name: f.name()}
		}
		return told("select a box first")
	case sourceOf:
		if f.name() != "" {
			return effect{open: sourceScreenID, goes: true, about: functionAt{name: f.name(), file: f.s.tree.Frames[f.s.tree.Frame[f.sel]].File}}
		}
		return told("select a box first")
	case copyName:
		return effect{copy: f.name()}
	}
	return effect{}
}

// wholeName matches a name and no other, "" for none.
func wholeName(name string) string {
	if name == "" {
		return ""
	}
	return "^" + regexp.QuoteMeta(name) + "$"
}

// refilter is the lens with another focus, or with something more to ignore.
func refilter(l lens, a action, pattern string, keys hand) effect {
	if pattern == "" {
		return told("search for something or select a box first")
	}
	if a == focus {
		l.focus = pattern
		return effect{lens: &l, status: "focus on " + spoken(pattern) + ": " + keys.unfilters()}
	}
	if l.ignore != "" {
		pattern = l.ignore + "|" + pattern
	}
	l.ignore = pattern
	return effect{lens: &l, status: "without " + spoken(pattern) + ": " + keys.unfilters()}
}

// selectName selects the largest box of a function; without one it waits for the
// tree that is being made.
func (f *flameScreen) selectName(name string) bool {
	f.await.name = name
	if f.s == nil {
		return false
	}
	t, best, most := f.s.tree, int32(-1), int64(-1)
	frame := int32(slices.IndexFunc(t.Frames, func(fr flame.Frame) bool { return fr.Name == name }))
	for n, has := range t.Frame {
		if w := f.s.layout.Column.Width(int32(n)); has == frame && w > most {
			best, most = int32(n), w
		}
	}
	if best < 0 {
		return false
	}
	if !f.sees(best) {
		f.zoomInto(0)
	}
	f.pick(best)
	f.await.name = ""
	return true
}

// point selects the box under the mouse; again zooms into it.
func (f *flameScreen) point(x, y int, again bool) effect {
	if e, ok := f.chips.point(x, y); ok {
		return e
	}
	if e, ok := f.axis.point(f.s, x, y, again); ok {
		return e
	}
	if f.mini.point(f, x, y) {
		return effect{}
	}
	row := f.rowAt(y - f.headLines())
	if f.s == nil || y >= f.headLines()+f.drawn.rows || y < f.headLines() || row < 0 || row >= len(f.s.tree.Rows)-1 {
		return effect{}
	}
	for _, s := range f.spans(row) {
		if x >= s.From && x < s.To && s.Node >= 0 {
			if again && f.sel == s.Node {
				f.zoomInto(s.Node)
			}
			f.pick(s.Node)
		}
	}
	return effect{}
}
