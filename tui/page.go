package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// page is text that is read over the screen: the help, or what a rule means.
type page struct {
	kind  action // help, why, or none
	title string
	text  string // of a rule
	copy  string // the command that tells the same
	found int    // line that the search has gone to
	scroll
	search rowSearch
}

// pageLine is a line of it, in the help behind the keys that do something.
type pageLine struct {
	keys, text string
	does       action
}

func (p *page) open() bool { return p.kind != none }

// explain opens what a rule means.
func (m *Model) explain(rule string) {
	text := ""
	if m.o.Explain != nil {
		text = m.o.Explain(rule)
	}
	if text == "" {
		m.status = "no rule of this goperf is called " + report.Clean(rule)
		return
	}
	m.frame.page = page{kind: why, title: "What " + report.Clean(rule) + " means", text: text, copy: shellWords([]string{"goperf", "explain", rule})}
}

// lines are those of the page at a width.
func (m *Model) pageLines(width int) (lines []pageLine) {
	if m.frame.page.kind == help {
		return m.helpLines()
	}
	room := min(width-4, mostProse)
	for line := range strings.SplitSeq(strings.TrimRight(m.frame.page.text, "\n"), "\n") {
		line = report.Clean(strings.ReplaceAll(line, "**", ""))        // the marks of a heading
		if paint.Width(line) <= room || strings.HasPrefix(line, " ") { // code stays as it is
			lines = append(lines, pageLine{text: line})
			continue
		}
		for _, words := range paint.Wrap(line, room) {
			lines = append(lines, pageLine{text: words})
		}
	}
	return lines
}

// pageKey scrolls the page, searches it, copies what it is of, or closes it. What
// means something else on the screen below is no key here.
func (m *Model) pageKey(name string) tea.Cmd {
	p := &m.frame.page
	a := actionOf(m.o.Keys, name, onOverview) // which is text too: g and G are its ends everywhere
	if a == keep {
		a = pageDown // as pagers have it
	}
	switch {
	case name == alwaysQuits:
		return m.quit()
	case p.move(a):
	case a == quit || a == out || a == in || a == help || a == p.kind:
		*p = page{}
	case a == search:
		m.line = prompt{open: true, kind: '/'}
		m.typed()
	case a == next || a == previous:
		m.status = p.step(a, m.keys())
	case a == copyCommand && p.copy != "":
		return m.copied(p.copy)
	}
	return nil
}

// find searches the lines of the page.
func (p *page) find(pattern string, lines []pageLine) (string, error) {
	n, err := p.search.find(pattern, len(lines), func(i int) string { return lines[i].keys + " " + lines[i].text })
	if err != nil || pattern == "" {
		return "", err
	}
	l := list{at: p.top}
	p.search.nearest(&l)
	p.found = l.at
	p.show()
	return plural(n, "line"), nil
}

// step goes to the next line that matches.
func (p *page) step(a action, keys hand) string {
	if p.search.pattern == "" {
		return keys.key(search) + " searches"
	}
	l := list{at: p.found}
	said := p.search.step(a, &l)
	p.found = l.at
	p.show()
	return said
}

// show scrolls to the line that was found, unless it is seen.
func (p *page) show() {
	if p.found < p.top || p.found >= p.top+p.page {
		p.top = p.found - p.page/2
		p.clamp()
	}
}

func (m *Model) drawPage(c *paint.Canvas, height int) {
	p := &m.frame.page
	lines := m.pageLines(c.W)
	c.Line(paint.Strong, " "+p.title)
	from, to := p.window(len(lines), height-1)
	for i, l := range lines[from:to] {
		style := paint.Plain
		if p.search.pattern != "" && from+i < len(p.search.hits) {
			if style = paint.Faint; p.search.hits[from+i] {
				style = paint.Strong
			}
		}
		if l.keys != "" {
			c.Put(paint.Key, "   "+ascii(c.Theme, l.keys))
			c.Pad(paint.Plain, 16)
		} else {
			c.Put(paint.Plain, "   ")
		}
		c.Line(style, l.text)
	}
	p.rest(c, "")
}

// pageHints are the keys while a page is read, in the place of those of the screen.
func (m *Model) pageHints(c *paint.Canvas) {
	keys := m.o.on(overviewScreen)
	for _, h := range []struct {
		does action
		text string
	}{{out, "closes"}, {pageDown, "down"}, {pageUp, "up"}, {search, "search"}, {copyCommand, "copy " + m.frame.page.copy}} {
		if h.does == copyCommand && m.frame.page.copy == "" {
			continue
		}
		c.Put(paint.Plain, " ")
		c.Put(paint.Key, keys.key(h.does))
		c.Put(paint.Plain, " "+h.text+" ")
	}
}

// pageClick does what a line of the help is about; beside the page it closes it.
func (m *Model) pageClick(at tea.Mouse) tea.Cmd {
	p, y := &m.frame.page, at.Y-m.above()-1
	lines := m.pageLines(m.frame.width)
	switch {
	case at.Button != tea.MouseLeft || at.Y < m.above() || at.Y >= m.frame.height-1:
		*p, m.line = page{}, prompt{}
	case y >= 0 && y < p.page && p.top+y < len(lines):
		if a := lines[p.top+y].does; a != none && a != help {
			*p = page{}
			return m.perform(a)
		}
	}
	return nil
}
