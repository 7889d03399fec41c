package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// mouse selects what is under it; a second click on the same opens it, the right
// button leads out.
func (m *Model) mouse(at tea.Mouse) tea.Cmd {
	m.status = ""
	if m.frame.page.open() {
		return m.pageClick(at)
	}
	if m.line.open {
		done, cmd := m.lineClick(at)
		if !done {
			cmd = tea.Batch(cmd, m.mouse(at)) // the line is closed
		}
		return cmd
	}
	if m.frame.width < leastWidth || m.frame.height < leastHeight {
		return nil
	}
	if at.Y == m.frame.height-1 && at.Button == tea.MouseLeft && !m.line.open {
		return m.perform(m.hintAt(at.X))
	}
	if at.Button == tea.MouseRight && m.screens[m.at].missing() == nil {
		return m.do(m.screens[m.at].act(out))
	}
	if at.Button != tea.MouseLeft {
		return nil
	}
	if m.hasTabs() && at.Y == 1 {
		i := slices.IndexFunc(m.places(), func(t tabPlace) bool { return at.X >= t.from && at.X < t.to })
		if i >= 0 {
			m.open(m.places()[i].at)
		}
		return nil
	}
	y := at.Y - m.above()
	now := click{at.X, at.Y, m.at}
	again := now == m.frame.click
	m.frame.click, m.frame.held = now, press{on: true}
	defer m.remember(m.sight(), none)
	if s, ok := m.screens[m.at].(pointing); ok && y >= 0 && m.screens[m.at].missing() == nil {
		return m.do(s.point(at.X, y, again))
	}
	return nil
}

// above is how many lines are above a screen.
func (m *Model) above() int {
	n := 1
	if m.hasTabs() {
		n++
	}
	if m.progresses() {
		n++
	}
	return n
}

// press is whether the left button is held down since the last click, and was moved.
type press struct{ on, moved bool }

// drag goes over a screen with the button held; done lets it go.
func (m *Model) drag(at tea.Mouse, done bool) tea.Cmd {
	h, c := &m.frame.held, &m.frame.click
	if at.Button != tea.MouseLeft && !done || !h.on || c.at != m.at || m.frame.page.open() {
		h.on = h.on && !done
		return nil
	}
	h.moved = h.moved || at.X != c.x || at.Y != c.y
	moved := h.moved
	if done {
		*h = press{}
	}
	s, ok := m.screens[m.at].(dragging)
	if !ok || !moved || m.screens[m.at].missing() != nil || m.frame.width < leastWidth || m.frame.height < leastHeight {
		return nil
	}
	d := drag{x: c.x, y: c.y - m.above(), toX: at.X, toY: at.Y - m.above(), done: done}
	if done {
		*c = click{} // the next one there is the first
	}
	defer m.remember(m.sight(), none)
	return m.do(s.drag(d))
}

// wheelRows is how far the wheel goes.
const wheelRows = 3

// wheeled is what the wheel does: sideways with shift, or where it can be tilted.
func wheeled(at tea.Mouse) action {
	sideways := at.Mod&tea.ModShift != 0
	switch at.Button {
	case tea.MouseWheelLeft:
		return left
	case tea.MouseWheelRight:
		return right
	case tea.MouseWheelUp:
		if sideways {
			return left
		}
		return up
	case tea.MouseWheelDown:
		if sideways {
			return right
		}
		return down
	}
	return none
}

// wheel scrolls what it is over, sideways by a box.
func (m *Model) wheel(at tea.Mouse) tea.Cmd {
	a, times := wheeled(at), wheelRows
	if a == up || a == left {
		times = -times
	}
	switch p := &m.frame.page; {
	case m.line.open && m.line.chooses():
		m.lineWheel(a)
		return nil
	case p.open() && (a == up || a == down):
		p.top += times
		p.clamp()
		return nil
	case p.open() || a == none || m.screens[m.at].missing() != nil:
		return nil
	case a == left || a == right:
		return m.do(m.screens[m.at].act(a))
	}
	if s, ok := m.screens[m.at].(wheeling); ok {
		s.wheel(at.X, at.Y-m.above(), times)
		return nil
	}
	if s, ok := m.screens[m.at].(hovered); ok {
		s.over(at.X, at.Y-m.above())
	}
	var cmds []tea.Cmd
	for range wheelRows {
		cmds = append(cmds, m.do(m.screens[m.at].act(a)))
	}
	return tea.Batch(cmds...)
}
