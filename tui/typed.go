package tui

import (
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// paste puts what the terminal hands over into the line that is typed, as one line
// of harmless letters. It is never taken for keys.
func (m *Model) paste(text string) {
	if !m.line.open {
		if words := harmless(text); len(words) > 0 {
			m.status = "nothing is typed: " + m.keys().key(search) + " searches, " + m.keys().key(palette) + " takes commands"
		}
		return
	}
	p := &m.line
	p.text = append(p.text, harmless(text)...)
	p.text = p.text[:min(len(p.text), mostText)]
	m.typed()
}

// harmless is text as one line, without what is not written.
func harmless(text string) []rune {
	line := strings.Join(strings.Fields(text), " ")
	return slices.DeleteFunc([]rune(line), func(r rune) bool { return !unicode.IsPrint(r) })
}

// mostLines bounds what is remembered of each kind of line.
const mostLines = 100

// keepLine remembers a line that was entered.
func (h *history) keepLine(kind rune, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if h.lines == nil {
		h.lines = map[rune][]string{}
	}
	lines := slices.DeleteFunc(h.lines[kind], func(line string) bool { return line == text })
	lines = append(lines, text)
	h.lines[kind] = lines[max(len(lines)-mostLines, 0):]
}

// recall puts a line of the same kind that was entered before into the place of this
// one, which comes back behind the last.
func (m *Model) recall(step int) {
	p, lines := &m.line, m.past.lines[m.line.kind]
	ago := p.ago - step
	if ago < 0 || ago > len(lines) {
		return
	}
	if p.ago == 0 {
		p.draft = string(p.text)
	}
	if p.ago = ago; ago == 0 {
		p.text = []rune(p.draft)
	} else {
		p.text = []rune(lines[len(lines)-ago])
	}
	m.typed()
}

// place is where the items of the line are: the first line of the screen that is
// theirs, and the first item that is seen.
func (p *prompt) place(height int) (y, first int) {
	p.top = max(min(p.top, p.at, len(p.items)-mostItems), p.at-mostItems+1, 0)
	return height - 1 - p.lines(), p.top
}

// lineClick chooses an item of the line that is typed; a second click takes it, and
// one beside them closes the line. A search stays, and the click is for the screen:
// then it is not done.
func (m *Model) lineClick(at tea.Mouse) (done bool, cmd tea.Cmd) {
	p := &m.line
	if !p.chooses() {
		if at.Y < m.frame.height-1 {
			return false, m.entered()
		}
		return true, nil
	}
	y, first := p.place(m.frame.height)
	switch i := first + at.Y - y - 1; {
	case at.Y == m.frame.height-1 || at.Y == y:
	case at.Y < y || at.Button != tea.MouseLeft:
		p.open = false
	case i < len(p.items):
		now := click{at.X, at.Y, m.at}
		again := m.frame.click == now && p.at == i
		m.frame.click, m.frame.held = now, press{}
		p.choose(i)
		if again {
			m.frame.click = click{}
			return true, m.entered()
		}
	}
	return true, nil
}

// choose goes to an item.
func (p *prompt) choose(i int) {
	p.at = i
	if p.kind == 'e' {
		p.chooseForm()
	}
}

// lineWheel goes through the items.
func (m *Model) lineWheel(a action) {
	p := &m.line
	if n := len(p.items); n > 0 && p.chooses() {
		step := 1
		if a == up {
			step = -1
		}
		p.choose(max(min(p.at+step, n-1), 0))
	}
}
