package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// topScreen is the functions of the subject, and the selected one between who
// calls it and what it calls.
type topScreen struct {
	absence *absence
	keys    hand
	s       *subject
	list    list
	sort    int     // index into topSorts
	order   []int32 // rows of the table
	wanted  string  // name to select once there is a table with it
	sides   *sides
	pic     icicle
	search  rowSearch
	first   int // line of the first row, drawn last
	axis    axis
	full    bool // the table has all the room
}

// sides are the callers and the callees of one function.
type sides struct {
	of            *subject
	name          string
	up, down      *flame.Tree
	upper, downer *flame.Layout
}

var topSorts = []struct {
	name    string
	compare func(a, b *profile.Row) int
}{
	{"self", func(a, b *profile.Row) int {
		return cmp.Or(cmp.Compare(abs(b.Flat), abs(a.Flat)), cmp.Compare(abs(b.Cum), abs(a.Cum)))
	}},
	{"total", func(a, b *profile.Row) int { return cmp.Compare(abs(b.Cum), abs(a.Cum)) }},
	{"name", func(a, b *profile.Row) int { return strings.Compare(a.Name, b.Name) }},
}

// Sorts are the names of the orders of functions on Top, of groups on Goroutines and
// of changes on Diff.
func Sorts() (names []string) {
	for _, s := range topSorts {
		names = append(names, s.name)
	}
	for _, s := range groupSorts {
		names = append(names, s.name)
	}
	for _, s := range diffSorts {
		if !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	return names
}

func abs(v int64) int64 { return max(v, -v) }

// sideRows bounds the rows of callers and of callees.
const sideRows = 24

func (t *topScreen) set(d *Data) {
	if t.absence = d.noProfile(); t.absence != nil {
		t.s = nil
	}
}

func (t *topScreen) missing() *absence {
	if t.s == nil && t.absence == nil {
		return &absence{what: "Reading…"}
	}
	return cmp.Or(t.absence, t.s.lacks(t.keys))
}

func (t *topScreen) show(s *subject) tea.Cmd {
	if s.rough {
		return nil // what it showed stands until there is a table
	}
	kept := cmp.Or(t.wanted, t.name())
	t.s, t.absence = s, nil
	t.pic = icicle{labels: make([]label, len(s.tree.Frames)), percents: t.pic.percents, spans: t.pic.spans}
	t.sorted()
	t.search.over(len(t.order), t.text)
	t.selectName(kept)
	return t.look()
}

// sorted puts the rows in the chosen order.
func (t *topScreen) sorted() {
	rows := t.s.table.Rows
	t.order = make([]int32, len(rows))
	for i := range t.order {
		t.order[i] = int32(i)
	}
	slices.SortStableFunc(t.order, func(a, b int32) int { return topSorts[t.sort].compare(&rows[a], &rows[b]) })
	t.list.n = len(rows)
	t.list.clamp()
}

func (t *topScreen) row(i int) *profile.Row { return &t.s.table.Rows[t.order[i]] }

func (t *topScreen) text(i int) string { return t.row(i).Name + " " + t.row(i).File }

// name is the selected function, "" when there is none.
func (t *topScreen) name() string {
	if t.s == nil || t.list.at >= len(t.order) {
		return ""
	}
	return t.row(t.list.at).Name
}

// selectName selects a function; without a table it waits for one.
func (t *topScreen) selectName(name string) bool {
	t.wanted = name
	if t.s == nil || name == "" {
		return false
	}
	for i := range t.order {
		if t.row(i).Name == name {
			t.list.at, t.wanted = i, ""
			return true
		}
	}
	if !t.s.rough {
		t.wanted = ""
	}
	return false
}

// look finds callers and callees in a command.
func (t *topScreen) look() tea.Cmd {
	name, s := t.name(), t.s
	if name == "" || t.sides != nil && t.sides.of == s && t.sides.name == name {
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

// take takes what look found, unless something else is selected by now.
func (t *topScreen) take(s *sides) {
	if s.of == t.s && s.name == t.name() {
		t.sides = s
	}
}

func (t *topScreen) find(pattern string) (string, error) {
	if t.s == nil {
		return "", nil
	}
	n, err := t.search.find(pattern, len(t.order), t.text)
	if err != nil || pattern == "" {
		return "", err
	}
	t.search.nearest(&t.list)
	var self int64
	for i, hit := range t.search.hits {
		if hit {
			self += t.row(i).Flat
		}
	}
	return fmt.Sprintf("%d of %s, self %s of all", n, plural(len(t.order), "function"), share(self, t.whole())), nil
}

func (t *topScreen) act(a action) effect {
	if t.list.move(a) {
		return effect{cmd: t.look()}
	}
	name := t.name()
	switch a {
	case next, previous:
		text := t.search.step(a, &t.list)
		return effect{status: text, cmd: t.look()}
	case out:
		t.search = rowSearch{}
	case sortBy:
		t.sort = (t.sort + 1) % len(topSorts)
		t.sorted()
		t.search.over(len(t.order), t.text)
		t.selectName(name)
		return told("by " + topSorts[t.sort].name)
	case focus, ignore:
		pattern := wholeName(name)
		if t.search.re != nil {
			pattern = t.search.re.String() // with what the search says of small letters
		}
		return refilter(t.s.lens, a, pattern, t.keys)
	}
	if name == "" {
		return effect{}
	}
	switch a {
	case same:
		result, _ := t.find(wholeName(name)) // is one by construction
		return told(result)
	case in, flameOf:
		return effect{open: flameScreenID, goes: true, name: name}
	case sourceOf:
		return effect{open: sourceScreenID, goes: true, about: functionAt{name: name, file: t.row(t.list.at).File}}
	case sandwich:
		return told("callers are above the bar, callees below it")
	case copyName:
		return effect{copy: name}
	}
	return effect{}
}

func (t *topScreen) spread() { t.full = !t.full }

func (t *topScreen) drag(d drag) effect {
	e, _ := t.axis.drag(t.s, d)
	return e
}

func (t *topScreen) point(x, y int, again bool) effect {
	if e, ok := t.axis.point(t.s, x, y, again); ok {
		return e
	}
	i, ok := t.list.hit(y, t.first)
	if !ok {
		return effect{}
	}
	t.list.at = i
	if again {
		return t.act(in)
	}
	return effect{cmd: t.look()}
}

func (t *topScreen) draw(c *paint.Canvas, height int) {
	start := c.Lines()
	end := start + height
	c.Put(paint.Plain, " "+t.s.text)
	if chips := t.s.lens.chips(); chips != "" {
		c.Put(paint.Warning, "   "+chips)
	}
	c.Right(paint.Faint, fmt.Sprintf("sort: %s (%s)   %s", topSorts[t.sort].name, t.keys.key(sortBy), plural(len(t.order), "function")), c.W-1)
	c.End()
	t.axis.draw(c, t.s, start)
	t.columns(c)
	t.first = c.Lines() - start
	rows := height - t.first - 1
	if height >= 18 && !t.full {
		rows = min(max(height*2/5, 6), len(t.order))
	}
	from, to := t.list.window(len(t.order), max(rows, 1))
	var sum int64
	for i := range from {
		sum += t.row(i).Flat
	}
	for i := from; i < to; i++ {
		sum += t.row(i).Flat
		t.line(c, i, sum)
	}
	if height >= 18 && !t.full {
		c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, c.W)
		c.End()
		t.sandwich(c, end)
	}
	c.Fill(end)
}

// columns are the headings.
func (t *topScreen) columns(c *paint.Canvas) {
	c.Put(paint.Faint, fmt.Sprintf(" %9s %7s", "self", "self%"))
	if c.W >= sideWidth {
		c.Put(paint.Faint, fmt.Sprintf(" %7s", "sum%"))
	}
	c.Put(paint.Faint, fmt.Sprintf(" %9s %7s   ", "total", "total%"))
	if c.W >= sideWidth {
		if t.s.trend != nil {
			c.Put(paint.Faint, fmt.Sprintf("%-*s", trendWidth, "trend"))
		}
		c.Put(paint.Faint, fmt.Sprintf("%-12s", "whose"))
	}
	c.Line(paint.Faint, "function")
}

// trendWidth is the columns of the trend with the space after it.
const trendWidth = mostTrend + 1

// trended is which of a row's values the trend is of: that which it is sorted by.
func (t *topScreen) trended() int {
	if topSorts[t.sort].name == "total" {
		return trendTotal
	}
	return trendSelf
}

func (t *topScreen) line(c *paint.Canvas, i int, sum int64) {
	r, typ := t.row(i), t.s.table.Type
	mark, style := " ", paint.Plain
	if i == t.list.at {
		mark, style = c.Theme.Glyphs.Picked, paint.Strong
	}
	if t.search.pattern != "" && !t.search.hits[i] {
		style = paint.Faint
	}
	class := t.s.class[t.order[i]]
	c.Put(paint.Accent, mark)
	c.Put(style, fmt.Sprintf("%9s %7s", value(r.Flat, typ), t.share(r.Flat)))
	if c.W >= sideWidth {
		text := ""
		if topSorts[t.sort].name == "self" {
			text = t.share(sum)
		}
		c.Put(paint.Faint, fmt.Sprintf(" %7s", text))
	}
	c.Put(style, fmt.Sprintf(" %9s %7s ", value(r.Cum, typ), t.share(r.Cum)))
	end := 58
	if c.W >= sideWidth && t.s.trend != nil {
		c.Put(paint.Accent, ascii(c.Theme, t.s.trend.of(r.Name, t.trended())))
		end += trendWidth
		c.Pad(paint.Plain, end-13)
	}
	c.Put(paint.Box(class, 0), " ")
	if c.W >= sideWidth {
		c.Put(paint.Faint, " "+class.String())
		c.Pad(paint.Plain, end)
		c.Until(c.W - 14)
	}
	if style == paint.Plain && class == flame.Own {
		style = paint.Strong
	}
	c.Put(style, " "+r.Name)
	if c.W >= sideWidth {
		c.Until(c.W)
		c.Pad(paint.Plain, c.W-13)
		if most := t.most(); most > 0 {
			c.Bar(paint.Accent, float64(abs(r.Flat))/float64(most), 12)
		}
	}
	c.End()
}

// whole is what percentages are of: all that there was before filters.
func (t *topScreen) whole() int64 { return t.s.layout.Column.Whole }

// share is a value in percent; of a difference with its sign.
func (t *topScreen) share(v int64) string {
	if t.s.layout.Column.BaseCum != nil {
		return signed(v, t.whole())
	}
	return share(v, t.whole())
}

// most is the largest flat value: what the bars are parts of.
func (t *topScreen) most() int64 {
	if len(t.s.table.Rows) == 0 {
		return 0
	}
	return abs(t.s.table.Rows[0].Flat)
}

// sandwich draws the callers upwards from the selected function and the callees
// downwards. The bar between them is the whole of it.
func (t *topScreen) sandwich(c *paint.Canvas, end int) {
	name := t.name()
	if name == "" {
		return
	}
	if t.sides == nil || t.sides.of != t.s || t.sides.name != name || t.sides.up == nil {
		c.Put(paint.Strong, " "+name)
		if t.sides != nil && t.sides.of == t.s && t.sides.name == name {
			c.Put(paint.Faint, "  too small to be in the call tree")
		}
		c.End()
		return
	}
	up, down := t.sides.up, t.sides.down
	room := end - c.Lines() - 3
	ups := min(len(up.Rows)-2, max(room*2/5, 1), room)
	downs := min(len(down.Rows)-2, room-max(ups, 0))
	t.label(c, "caller", "who spends it", up)
	t.pic.t, t.pic.l, t.pic.sel = up, t.sides.upper, -1
	for i := max(ups, 0); i >= 1; i-- {
		t.pic.row(c, i, t.pic.whole())
		c.End()
	}
	c.Put(paint.Selected, c.Theme.Glyphs.Picked+name)
	total := value(up.Columns[0].Width(0), t.s.table.Type) + "  " + share(up.Columns[0].Width(0), up.Columns[0].Whole) + " of all "
	if up.Columns[0].BaseCum != nil {
		total = change(&up.Columns[0], 0) + " of all "
	}
	if c.Room() > len(total)+2 {
		c.Pad(paint.Selected, c.W-len(total))
		c.Put(paint.Selected, total)
	}
	c.End()
	t.pic.t, t.pic.l = down, t.sides.downer
	for i := 1; i <= max(downs, 0); i++ {
		t.pic.row(c, i, t.pic.whole())
		c.End()
	}
	t.label(c, "callee", "where it goes", down)
}

func (t *topScreen) label(c *paint.Canvas, noun, text string, tree *flame.Tree) {
	if n := int(tree.First[1] - tree.First[0]); n > 0 {
		c.Line(paint.Faint, " "+plural(n, noun)+": "+text)
	} else {
		c.Line(paint.Faint, " no "+noun)
	}
}

// plural is "1 function", "2 functions".
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return report.FormatValue(float64(n), "count") + " " + noun
}
