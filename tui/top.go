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
	calls   calls
	said    topSaid
	search  rowSearch
	first   int // line of the first row, drawn last
	edge    int // line below the rows, 0 when nothing is below it
	rows    int // that the user has given to the table, 0 for the usual
	axis    axis
	chips   chipLine
	full    bool // the table has all the room
	moving  bool // the line below the table is held with the mouse
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
	t.calls.show(s)
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
	return fmt.Sprintf("%d of %s, self %s of all", n, plural(len(t.order), t.noun()), share(self, t.whole())), nil
}

func (t *topScreen) act(a action) effect {
	if t.calls.act(a) {
		return effect{}
	}
	if t.list.move(a) {
		t.calls.on = false
		return effect{cmd: t.look()}
	}
	name := t.target()
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
	case in:
		if t.calls.on && t.calls.at > 0 {
			return t.centre()
		}
		return effect{open: flameScreenID, goes: true, name: name}
	case flameOf:
		return effect{open: flameScreenID, goes: true, name: name}
	case sourceOf:
		return effect{open: sourceScreenID, goes: true, about: functionAt{name: name, file: t.fileOf(name)}}
	case sandwich:
		t.calls.on = t.calls.has()
		return told("callers are above the bar, callees below it")
	case copyName:
		return effect{copy: name}
	}
	return effect{}
}

// fileOf is the file of a function, "" when it is not in the table.
func (t *topScreen) fileOf(name string) string {
	for i := range t.s.table.Rows {
		if r := &t.s.table.Rows[i]; r.Name == name {
			return r.File
		}
	}
	return ""
}

func (t *topScreen) spread() { t.full = !t.full }

// The least of the table, and the lines without which the calls say little.
const (
	leastRows  = 3
	leastCalls = 8
)

// resize gives the table more rows, or the calls when the keys are about them.
func (t *topScreen) resize(by int) {
	if t.edge == 0 {
		return
	}
	if t.calls.on {
		by = -by
	}
	t.rows = max(t.edge-t.first+by, leastRows)
}

// drag moves the line below the table, or picks slices.
func (t *topScreen) drag(d drag) effect {
	if t.edge > 0 && d.y == t.edge || t.moving {
		t.moving = !d.done
		t.rows = max(d.toY-t.first, leastRows)
		return effect{}
	}
	e, _ := t.axis.drag(t.s, d)
	return e
}

func (t *topScreen) point(x, y int, again bool) effect {
	if e, ok := t.chips.point(x, y); ok {
		return e
	}
	if e, ok := t.axis.point(t.s, x, y, again); ok {
		return e
	}
	if e, ok := t.pointCalls(x, y, again); ok {
		return e
	}
	i, ok := t.list.hit(y, t.first)
	if !ok {
		return effect{}
	}
	t.calls.on = false
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
	t.chips.draw(c, t.s.lens)
	text := t.header()
	if c.Room() < len(text)+2 {
		text = t.said.order
	}
	c.Right(paint.Faint, text, c.W-1)
	c.End()
	t.axis.draw(c, t.s, start)
	if t.full && t.calls.on && height >= leastCalls+2 {
		t.first, t.edge = height, 0 // no row of the table is pointed at
		t.drawCalls(c, start, end)
		c.Fill(end)
		return
	}
	t.columns(c)
	t.first = c.Lines() - start
	rows := height - t.first
	split := height >= 18 && !t.full
	if t.edge = 0; split {
		rows = min(cmp.Or(t.rows, max(height*2/5, 6)), len(t.order), rows-leastCalls)
		rows = max(rows, leastRows)
		t.edge = t.first + rows
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
	if t.calls.drawn = (drawnCalls{}); split {
		t.border(c, len(t.order)-to)
		t.drawCalls(c, start, end)
	}
	c.Fill(end)
}

// topSaid is what stands at the right of the first line, for an order.
type topSaid struct {
	of          *subject
	sort        int
	order, text string
}

func (t *topScreen) header() string {
	if h := &t.said; h.of != t.s || h.sort != t.sort || h.text == "" {
		*h = topSaid{of: t.s, sort: t.sort}
		h.order = fmt.Sprintf("sort: %s (%s)   %s", topSorts[t.sort].name, t.keys.key(sortBy), plural(len(t.order), t.noun()))
		h.text = fmt.Sprintf("sort: %s (%s)   group: %s (%s)   %s", topSorts[t.sort].name, t.keys.key(sortBy), cmp.Or(t.s.lens.word(), "functions"), t.keys.key(group), plural(len(t.order), t.noun()))
	}
	return t.said.text
}

// noun is what the rows are.
func (t *topScreen) noun() string { return nounOf(t.s.lens.by) }

// border is the line between the table and the calls; it says how much of the
// table there was no room for.
func (t *topScreen) border(c *paint.Canvas, more int) {
	if more > 0 {
		c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, 1)
		c.Put(paint.Faint, " "+c.Theme.Glyphs.More+" "+report.FormatValue(float64(more), "count")+" more ")
	}
	c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, c.W)
	c.End()
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
		if mark, style = c.Theme.Glyphs.Picked, paint.Strong; t.calls.on {
			mark = c.Theme.Glyphs.Edge // the keys are about the calls
		}
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

// plural is "1 function", "2 functions".
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return report.FormatValue(float64(n), "count") + " " + noun
}
