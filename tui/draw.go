package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// The smallest screen on which there is more than a line to read, and from where
// on there is room for tabs and for two things side by side.
const (
	leastWidth, leastHeight = 60, 16
	tabsHeight              = 28
	sideWidth               = 100
	roomyTabs               = 112
)

// draw draws the whole frame.
func (m *Model) draw() string {
	c := &m.frame.canvas
	c.Start(m.frame.theme, m.frame.width)
	if m.frame.width < 1 || m.frame.height < 1 {
		return "" // the first call comes before the size is known
	}
	if m.frame.width < leastWidth || m.frame.height < leastHeight {
		c.Line(paint.Plain, fmt.Sprintf("goperf needs %dx%d, this is %dx%d", leastWidth, leastHeight, m.frame.width, m.frame.height))
		return c.String()
	}
	m.title(c)
	if m.hasTabs() {
		m.tabs(c)
	}
	if m.progresses() {
		m.data.Collecting.line(c)
	}
	above := 1 + m.line.lines()
	body := m.frame.height - c.Lines() - above
	c.Floor(m.frame.height - above)
	switch s := m.screens[m.at]; {
	case m.frame.page.open():
		m.drawPage(c, body)
	case m.data.failed():
		m.drawAbsence(c, &absence{what: "There is nothing to show.", why: []string{oneLine(m.data.Err), report.Clean(m.data.Hint)}}, body)
	default:
		if m.isProgress() {
			m.screens[liveScreen].draw(c, body)
			break
		}
		if a := s.missing(); a != nil {
			m.drawMissing(c, a, body)
			break
		}
		s.draw(c, body)
	}
	c.Fill(m.frame.height - above)
	c.Floor(m.frame.height)
	m.line.drawItems(c)
	m.footer(c)
	return c.String()
}

// isProgress says that a screen has how far the collection is, because what it is
// about is known in the end.
func (m *Model) isProgress() bool {
	return m.data.first() && (m.at == overviewScreen || m.at == diffScreen && m.data.Compared != nil)
}

// progresses says that a line tells how far the collection is: everywhere but
// where that is the subject.
func (m *Model) progresses() bool {
	return m.data.Collecting != nil && m.at != liveScreen && !m.isProgress() && !m.frame.page.open()
}

// line is how far the collection is, and how rough what is shown is by now.
func (p *Collecting) line(c *paint.Canvas) {
	c.Put(paint.Plain, " ")
	if p.Window > 0 {
		c.Bar(paint.Good, min(float64(p.Elapsed)/float64(p.Window), 1), min(30, c.W/4))
		c.Put(paint.Plain, " ")
	}
	c.Put(paint.Accent, " "+p.words())
	if doubt := p.doubt(); doubt != "" && c.Room() > paint.Width(doubt)+3 {
		c.Put(paint.Faint, ";  "+ascii(c.Theme, doubt))
	}
	c.End()
}

func (m *Model) hasTabs() bool { return m.frame.height >= tabsHeight }

// title is the target and its state.
func (m *Model) title(c *paint.Canvas) {
	c.Put(paint.Bar, " goperf  ")
	m.state(c)
	name := ""
	if !m.hasTabs() {
		name = m.places()[m.at].name
	}
	c.Until(c.W - 10 - paint.Width(name)) // where one is goes before what one looks at
	c.Put(paint.Bar, tail(m.data.title(), c.Room(), c.Theme.Glyphs.More))
	c.Until(c.W - 8)
	c.Put(paint.Bar, "  ")
	if r := m.data.Report; r != nil {
		facts := []string{m.data.recorded(), r.Target.Command, r.Target.GoVersion}
		if short := "read-only"; facts[0] != "" && c.Room() <= len(facts[0])+4+len(name) {
			facts[0] = short
		}
		for _, fact := range facts {
			if fact != "" && fact != m.data.Title && c.Room() > len(fact)+4+len(name) {
				c.Put(paint.Bar, report.Clean(fact))
				c.Put(paint.Bar, "  ")
			}
		}
	}
	c.Put(paint.Bar, name)
	c.Until(c.W)
	c.Pad(paint.Bar, c.W-7)
	for i := range m.frame.ends {
		if e := &m.frame.ends[i]; e.does == help && len(e.Show) == 1 {
			c.Put(paint.Bar, e.Show)
			c.Put(paint.Bar, " help")
		}
	}
	c.Pad(paint.Bar, c.W)
	c.End()
}

// state is what is being done with a target that runs, or why nothing is.
func (m *Model) state(c *paint.Canvas) {
	g := c.Theme.Glyphs
	switch {
	case m.data.failed():
		c.Put(paint.Bar, g.Circle+" failed  ")
	case m.data.Collecting == nil && m.data.Lost && m.data.Silence.For > 0:
		c.Put(paint.Bar, g.Circle+" lost "+seconds(m.data.Silence.For)+" ago  ")
	case m.data.Lost && (m.data.Collecting == nil || m.data.Report == nil):
		c.Put(paint.Bar, g.Circle+" lost  ")
	case m.data.Collecting != nil && m.data.Live:
		c.Put(paint.Bar, g.Dot+" collecting  ")
	case m.data.Collecting != nil:
		c.Put(paint.Bar, g.Dot+" reading  ")
	case m.watches() && m.feed.watch.paused:
		c.Put(paint.Bar, g.Circle+" paused  ")
	case m.watches() && m.feed.watch.blurred:
		c.Put(paint.Bar, g.Circle+" waits for focus  ")
	case m.watches():
		c.Put(paint.Bar, g.Dot+" live  ")
	case m.data.Live:
		c.Put(paint.Bar, g.Circle+" collected  ")
	}
}

// recorded says that what is looked at is no living process, and since when.
func (d *Data) recorded() string {
	if d.Recorded.IsZero() || d.Live {
		return ""
	}
	return "read-only, recorded " + d.Recorded.UTC().Format("2 Jan 2006 15:04 UTC")
}

// title is the target, for people.
func (d *Data) title() string { return report.Clean(d.Title) }

// tabs are the screens; those that have nothing to show are dim.
func (m *Model) tabs(c *paint.Canvas) {
	for _, t := range m.places() {
		style := paint.Tab
		switch {
		case t.at == m.at:
			style = paint.TabOn
		case m.screens[t.at].missing() != nil:
			style = paint.TabOff
		}
		c.Pad(paint.Plain, t.from)
		c.Put(style, t.text)
	}
	c.End()
}

// tabPlace is where the tab of a screen is.
type tabPlace struct {
	at       screenID
	name     string // with its key
	text     string
	from, to int
}

// places are where the tabs are, worked out anew when that has changed.
func (m *Model) places() []tabPlace {
	if p := &m.frame.tabs; len(p.places) == 0 || p.at != m.at || p.width != m.frame.width {
		p.at, p.width, p.places = m.at, m.frame.width, m.tabPlaces()
	}
	return m.frame.tabs.places
}

func (m *Model) tabPlaces() (all []tabPlace) {
	x, pad := 1, " "
	if m.frame.width < roomyTabs {
		pad = ""
	}
	for i := range m.screens {
		name := m.numbered(screenID(i))
		text := pad + name + pad
		if screenID(i) == m.at && m.o.Looks.Colors == 0 {
			text = "[" + strings.TrimSpace(text) + "]"
		}
		all = append(all, tabPlace{screenID(i), name, text, x, x + paint.Width(text)})
		x += paint.Width(text) + 1
	}
	return all
}

// footer is the line being typed, what the last key did, or the keys of this place.
func (m *Model) footer(c *paint.Canvas) {
	m.frame.hints = m.frame.hints[:0]
	switch {
	case m.line.open:
		m.line.draw(c)
	case m.status != "":
		c.Put(paint.Accent, " "+m.status)
	case m.frame.page.open():
		m.pageHints(c)
	default:
		m.hints(c)
	}
	c.Pad(paint.Plain, c.W)
}

// hints are the keys of this place, as many as there is room for; help has all.
func (m *Model) hints(c *paint.Canvas) {
	ends := m.frame.ends
	rest := 0
	for _, e := range ends {
		rest += 2 + paint.Width(e.Show) + 1 + len(e.Short)
	}
	c.Put(paint.Plain, " ")
	c.Until(c.W - rest)
	empty := m.screens[m.at].missing() != nil
	for i := range m.o.Keys {
		k := &m.o.Keys[i]
		if k.Short == "" || k.Show == "" || k.Short == "help" || k.Short == "quit" || k.Short == "keep" && m.data.Collecting == nil || k.where&m.here() == 0 || m.hinted(i) || c.Room() < paint.Width(k.Show)+len(k.Short)+3 {
			continue
		}
		show := k.Show
		if show == "⏎" {
			show = c.Theme.Glyphs.Return
		}
		from := c.Col()
		key, word := paint.Key, paint.Plain
		if empty && slices.Contains(ofContent[:], k.does) {
			key, word = paint.Faint, paint.Faint
		}
		c.Put(key, show)
		c.Put(word, " ")
		c.Put(word, k.Short)
		m.frame.hints = append(m.frame.hints, hintPlace{from, c.Col(), k.does})
		c.Put(paint.Plain, "  ")
	}
	c.Until(c.W)
	c.Pad(paint.Plain, c.W-rest)
	for _, e := range ends {
		c.Put(paint.Plain, "  ")
		from := c.Col()
		c.Put(paint.Key, e.Show)
		c.Put(paint.Plain, " ")
		c.Put(paint.Plain, e.Short)
		m.frame.hints = append(m.frame.hints, hintPlace{from, c.Col(), e.does})
	}
}

// ofContent are the actions that do nothing where there is nothing to see.
var ofContent = [...]action{in, out, next, previous, same, focus, ignore, sortBy, sandwich, flameOf, sourceOf, copyName, why, edit, hideSmall, onlyFresh, wholePane}

// endHints are those that are always there, at the right end: help and quit, by
// their first keys.
func endHints(table []Key) (ends []Key) {
	for _, does := range []action{help, quit} {
		i := slices.IndexFunc(table, func(k Key) bool { return k.does == does && k.Show != "" })
		if i >= 0 {
			k := table[i]
			k.Show, _, _ = strings.Cut(k.Show, " ")
			ends = append(ends, k)
		}
	}
	return ends
}

// hintPlace is where a hint is that does what its key does when it is clicked.
type hintPlace struct {
	from, to int
	does     action
}

// hintAt is what the hint in a column of the footer does.
func (m *Model) hintAt(x int) action {
	for _, h := range m.frame.hints {
		if x >= h.from && x < h.to {
			return h.does
		}
	}
	return none
}

// hinted says that a key before number i has the same word here.
func (m *Model) hinted(i int) bool {
	return slices.ContainsFunc(m.o.Keys[:i], func(k Key) bool { return k.Short == m.o.Keys[i].Short && k.where&m.here() != 0 })
}

func (m *Model) here() place { return 1 << m.at }

// helpLines are the keys, those of this screen first.
func (m *Model) helpLines() (lines []pageLine) {
	for _, here := range []bool{true, false} {
		for _, k := range m.o.Keys {
			if k.Show != "" && k.where&m.here() != 0 && here == (k.where != everywhere) {
				lines = append(lines, pageLine{k.Show, k.Help, k.does})
			}
		}
	}
	return lines
}

// drawMissing says why a screen has nothing, and which have something.
func (m *Model) drawMissing(c *paint.Canvas, a *absence, height int) {
	m.drawAbsence(c, a, height)
	var others []string
	for i, s := range m.screens {
		if s != nil && s.missing() == nil {
			others = append(others, m.numbered(screenID(i)))
		}
	}
	if len(others) > 0 {
		c.End()
		c.Line(paint.Plain, "   There is something on: "+strings.Join(others, "   "))
	}
}

func (m *Model) drawAbsence(c *paint.Canvas, a *absence, height int) {
	most := c.Lines() + height - 3
	c.End()
	c.Line(paint.Strong, "   "+a.what)
	for _, w := range a.why {
		for _, line := range paint.Wrap(w, min(c.W-6, 90)) {
			if c.Lines() < most {
				c.Line(paint.Plain, "   "+line)
			}
		}
	}
	if a.hint != "" && c.Lines() < most {
		c.End()
		c.Put(paint.Faint, "   "+m.keys().key(copyCommand)+" copies  ")
		c.Line(paint.Key, a.hint)
	}
}

// words is how far the collection is.
func (p *Collecting) words() string {
	var parts []string
	if p.Window > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s", seconds(min(p.Elapsed, p.Window)), seconds(p.Window)))
	}
	if p.Samples > 0 {
		parts = append(parts, report.FormatValue(float64(p.Samples), "count")+" CPU samples")
	}
	if p.Bytes > 0 {
		parts = append(parts, report.FormatValue(float64(p.Bytes), "B"))
	}
	return strings.Join(append(parts, report.Clean(p.Doing)), ", ")
}

func oneLine(err error) string { return report.Clean(strings.ReplaceAll(err.Error(), "\n", "; ")) }
