package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// key does what a key means.
func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	m.seen.want = nil
	name := k.String()
	if name == "alt+esc" && actionOf(m.o.Keys, name, m.here()) == none { // two that came as one
		escape := tea.KeyPressMsg{Code: tea.KeyEscape}
		return tea.Batch(m.key(escape), m.key(escape))
	}
	if m.line.open {
		return m.typing(k, name)
	}
	m.status = ""
	if m.frame.page.open() {
		return m.pageKey(name)
	}
	if name == alwaysQuits {
		return m.quit()
	}
	a := actionOf(m.o.Keys, name, m.here())
	m.writing.asked = m.writing.asked && a == quit
	m.writing.warned = m.writing.warned && a == recollect
	if a != quit && (m.frame.width < leastWidth || m.frame.height < leastHeight) {
		return nil // nobody sees what it does
	}
	return m.perform(a)
}

// perform does an action as if its key was pressed.
func (m *Model) perform(a action) tea.Cmd {
	if a >= screenAt {
		m.open(screenID(a - screenAt))
		return nil
	}
	defer m.remember(m.sight(), a)
	if done, cmd := m.act(a); done {
		return cmd
	}
	if m.screens[m.at].missing() != nil {
		return nil
	}
	return m.do(m.screens[m.at].act(a))
}

// act does the keys that mean the same on all screens; false for others.
func (m *Model) act(a action) (done bool, cmd tea.Cmd) {
	switch a {
	case none:
	case quit:
		return true, m.quit()
	case suspend:
		return true, tea.Suspend
	case help:
		m.frame.page = page{kind: help, title: "Keys on " + screenNames[m.at]}
	case search:
		m.line = prompt{open: true, kind: '/'}
		m.typed()
	case palette:
		m.line = prompt{open: true, kind: ':'}
		m.typed()
	case exportAs:
		m.line = prompt{open: true, kind: 'e', text: []rune(m.usualName())}
		m.typed()
	case keep:
		switch {
		case m.data.Collecting != nil:
			m.feed.stop()
			m.status = "keeping what is there"
		case m.watches():
			return true, m.pause()
		}
	case typeMenu, preferences:
		m.menu(a)
	case mark:
		m.markBase()
	case against:
		if m.at == diffScreen {
			return true, m.swap()
		}
		return true, m.through(m.againstBase())
	case wholePane:
		if s, ok := m.screens[m.at].(spreading); ok && m.screens[m.at].missing() == nil {
			s.spread()
		}
	case recollect:
		return true, m.recollect()
	case writeAll:
		m.line = prompt{open: true, kind: 'e', text: []rune("session.goperf")}
		m.typed()
	case unfilter, own, order, byLabel, normalise, widen, sampleType, group, earlier, later:
		return true, m.through(m.otherLens(a))
	case nextPane, previousPane, shrink, grow:
		m.pane(a)
	case undo, redo:
		return true, m.again(a)
	case back, forward, lastView:
		m.travel(a)
	case copyCommand:
		return true, m.copiedCommand()
	default:
		return false, nil
	}
	return true, nil
}

// otherLens is the lens that a key puts in the place of this one.
func (m *Model) otherLens(a action) lens {
	l := m.seen.lens
	switch a {
	case unfilter:
		l.focus, l.ignore, l.own, l.label = "", "", false, ""
	case own:
		l.own = !l.own
	case byLabel:
		l, m.status = l.nextLabel(m.data)
	case order:
		l.names = !l.names
	case widen:
		if s := m.seen.s; s == nil || s.from.Base == nil {
			m.status = "this is no comparison"
			return l
		}
		l.wide = (l.wide + 1) % flame.Wide(len(widths))
	case normalise:
		if s := m.seen.s; s == nil || s.from.After == nil {
			m.status = "this is no comparison"
			return l
		}
		l.raw = !l.raw
	case sampleType:
		return l.nextType(m.data, m.seen.s)
	case group:
		return l.nextGroup()
	case earlier, later:
		l, m.status = l.travels(m.data, a)
	}
	return l
}

// resize gives the part at hand more room or less.
func (m *Model) resize(a action) {
	by := resizeStep
	if a == shrink {
		by = -resizeStep
	}
	if s, ok := m.screens[m.at].(resizing); ok && m.screens[m.at].missing() == nil {
		s.resize(by)
	}
}

// resizeStep is how many lines a key gives or takes.
const resizeStep = 2

// pane goes to the next part of a screen, or to the next screen, or resizes it.
func (m *Model) pane(a action) {
	step := 1
	switch a {
	case shrink, grow:
		m.resize(a)
		return
	case previousPane:
		step = -1
	}
	if s, ok := m.screens[m.at].(paned); !ok || !s.pane(step) {
		m.besides(step)
	}
}

// recollect asks the service again, by the plan of the first time.
func (m *Model) recollect() tea.Cmd {
	switch {
	case m.data.Collecting != nil:
		m.status = "it is being collected"
	case !m.data.Live:
		m.status = "this was recorded: " + m.keys().key(recollect) + " collects again from a service that runs"
	case !m.writing.warned && m.unsaved(recollect) != "":
		m.writing.warned = true
		m.status = m.unsaved(recollect)
	default:
		m.writing.warned = false
		m.pin()
		m.feed = m.feed.again(m.o.Feed)
		return tea.Batch(m.feed.run, m.feed.await)
	}
	return nil
}

func (f feed) stop() {
	select {
	case f.keep <- struct{}{}:
	default: // it was said before
	}
}

// do does what a screen wants of the program.
func (m *Model) do(e effect) tea.Cmd {
	m.status = e.status
	cmds := []tea.Cmd{e.cmd}
	e.lens = m.knowing(e.about.name, e.lens)
	if e.lens != nil {
		cmds = append(cmds, m.through(*e.lens))
	}
	if e.copy != "" {
		cmds = append(cmds, m.copied(e.copy))
	}
	if e.explain != "" {
		m.explain(e.explain)
	}
	if e.goes {
		m.open(e.open)
		switch s := m.screens[e.open].(type) {
		case *topScreen:
			if e.name != "" && !s.selectName(e.name) {
				m.status = symbol.Short(e.name) + " has no samples here"
			}
			cmds = append(cmds, s.look())
		case *flameScreen:
			if said := s.come(e); said != "" {
				m.status = said
			}
		case *sourceScreen:
			cmds = append(cmds, m.list(s, e.about))
		case *overview:
			if e.finding > 0 {
				s.list.at, s.text.top = e.finding-1, 0
			}
		case interface{ seek(string, []string) }:
			s.seek(e.name, e.panes)
		}
	}
	return tea.Batch(cmds...)
}

// list shows the source of a function, if one is asked for.
func (m *Model) list(s *sourceScreen, at functionAt) tea.Cmd {
	if at.name == "" {
		return nil
	}
	s.given = true
	sub := m.seen.s
	if sub != nil && sub.lens != m.seen.lens {
		sub = nil // another one is coming, which has it
	}
	return s.ask(at, sub)
}

// copiedCommand copies a command that shows what is shown, or gets it.
func (m *Model) copiedCommand() tea.Cmd {
	if a := m.screens[m.at].missing(); a != nil && a.hint != "" {
		return m.copied(a.hint)
	}
	if m.isPiped() {
		m.status = "standard input cannot be read again" + m.keys().note(": ", writeAll, " writes it to a file that a command can name")
		return nil
	}
	cmd := m.copied(m.command())
	for _, doubt := range m.unlike() {
		m.status += "   (" + doubt + ")"
	}
	return cmd
}

// copied puts text into the clipboard of the terminal, and says it, because not
// all terminals have one that can be written.
func (m *Model) copied(text string) tea.Cmd {
	if text == "" {
		return nil
	}
	m.status = "copied: " + report.Clean(text)
	return tea.SetClipboard(text)
}
