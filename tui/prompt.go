package tui

import (
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// prompt is a line that is being typed: a search, a command or the name of a file.
type prompt struct {
	open   bool
	kind   rune // '/', ':', 'e', 'T' for types, ',' for settings
	text   []rune
	result string // what it finds so far, or why it cannot be used
	items  []item // commands that match
	at     int    // of items, -1 for none
	sure   string // name of the file that is there and is to be replaced
	column int    // where what is said of them begins
	top    int    // item that is drawn first
	ago    int    // lines of its kind that it is before this one, 0 for itself
	draft  string // itself, meanwhile
}

// leads are what stands before the line.
var leads = map[rune]string{'/': "/", ':': ":", 'e': "write to ", 'T': "type ", ',': "setting "}

// mostText bounds what can be typed.
const mostText = 300

func (p *prompt) draw(c *paint.Canvas) {
	c.Put(paint.Key, " "+leads[p.kind])
	text := []rune(report.Clean(string(p.text)))
	for room := c.W - 34; len(text) > 0 && paint.Width(string(text)) > max(room, 8); {
		text = text[1:]
	}
	c.Put(paint.Plain, string(text))
	c.Put(paint.Selected, " ")
	c.Put(paint.Faint, "  "+p.result)
}

// typing takes a key while a line is typed.
func (m *Model) typing(k tea.KeyPressMsg, name string) tea.Cmd {
	p := &m.line
	switch name {
	case "enter":
		return m.entered()
	case "esc", "ctrl+c":
		p.open = false
		if p.kind == '/' {
			_, _ = m.find("") // nothing cannot be wrong
		}
		return nil
	case "ctrl+p", "ctrl+n", "up", "down", "tab", "shift+tab":
		m.between(name)
		return nil
	case "backspace":
		if len(p.text) == 0 {
			p.open = false
			return nil
		}
		p.text = p.text[:len(p.text)-1]
	case "ctrl+u":
		p.text = nil
	case "ctrl+w":
		p.text = withoutWord(p.text)
	default:
		if k.Text == "" || len(p.text) > mostText {
			return nil
		}
		p.text = append(p.text, []rune(k.Text)...)
	}
	m.typed()
	return nil
}

// between goes to another item, or where there are none, and with ^p and ^n, to
// another line that was typed before.
func (m *Model) between(name string) {
	p, step := &m.line, 1
	if name == "ctrl+p" || name == "up" || name == "shift+tab" {
		step = -1
	}
	switch n := len(p.items); {
	case name == "ctrl+p" || name == "ctrl+n" || !p.chooses() && (name == "up" || name == "down"):
		m.recall(step)
	case n > 0:
		p.choose((max(p.at, 0) + step + n) % n)
	}
}

// withoutWord takes the last word off.
func withoutWord(text []rune) []rune {
	for len(text) > 0 && !wordy(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	for len(text) > 0 && wordy(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// find searches the screen that is shown, or what comes there.
func (m *Model) find(pattern string) (result string, err error) {
	if p := &m.frame.page; p.open() {
		return p.find(pattern, m.pageLines(m.frame.width))
	}
	s := m.screens[m.at]
	if f, ok := s.(finding); ok && s.missing() == nil {
		return f.find(pattern)
	}
	switch s := s.(type) {
	case searchable:
		err = s.expect(pattern)
	case *flameScreen:
		_, err = s.find(pattern)
	case *topScreen:
		err = s.search.seek(pattern)
	default:
		return "there is nothing to search here", nil
	}
	if err == nil && m.data.Collecting == nil && (m.data.Report != nil || m.data.Err != nil) {
		return "nothing to search here", nil // and nothing comes
	}
	return awaitsSearch, err
}

// awaitsSearch is said of a search before there is anything to search.
const awaitsSearch = "is looked for as soon as there is something here"

// searched says what came of a search that was typed before there was anything.
func (m *Model) searched() {
	if !strings.Contains(m.status, awaitsSearch) || m.screens[m.at].missing() != nil {
		return
	}
	m.status = ""
	if f := m.flame(); m.at == flameScreenID && f.search.pattern != "" {
		m.status = f.found()
	}
}

// typed says what comes of the line so far.
func (m *Model) typed() {
	p := &m.line
	text := string(p.text)
	p.top = 0
	switch p.kind {
	case 'e':
		p.items, p.at, p.column, p.sure = m.forms(), -1, 0, ""
		if i := formOf(text); i >= 0 {
			p.at = slices.IndexFunc(p.items, func(it item) bool { return it.name == exports()[i].end })
		}
		p.result = exportHint(text)
	case 'T', ',':
		p.items, p.at = nil, 0
		for _, it := range m.menuItems(p.kind) {
			if p.column = max(p.column, len(it.name)+3); matches(it, text) {
				p.items = append(p.items, it)
			}
		}
		p.result = "enter takes it, esc leaves"
	case ':':
		p.items, p.at = m.matching(text), 0
		p.result = ""
		if len(p.items) == 0 {
			p.result = "no such command"
		}
	default:
		result, err := m.find(text)
		if err != nil {
			result = "not yet a regular expression"
		}
		p.result = result
	}
}

// entered does what the line says.
func (m *Model) entered() tea.Cmd {
	p := m.line
	m.line = prompt{}
	m.past.keepLine(p.kind, string(p.text))
	switch {
	case p.kind == 'e':
		name := strings.TrimSpace(string(p.text))
		return m.exportTo(name, name == p.sure)
	case p.chooses() && p.at >= 0 && p.at < len(p.items):
		cmd := p.items[p.at].run(m, argument(string(p.text)))
		if p.kind == ',' { // there may be another one to change
			m.menu(preferences)
			m.line.at = min(p.at, len(m.line.items)-1)
		}
		return cmd
	case p.kind == ':' && len(strings.TrimSpace(string(p.text))) > 0:
		m.line = p // to be mended
		m.line.result = "no such command: esc leaves"
	case p.kind == '/':
		if m.status = p.result; !m.frame.page.open() {
			return m.found()
		}
	}
	return nil
}

// found is what follows when a search has selected something.
func (m *Model) found() tea.Cmd {
	if t, ok := m.screens[m.at].(*topScreen); ok && t.s != nil {
		return t.look()
	}
	return nil
}
