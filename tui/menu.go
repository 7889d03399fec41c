package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/report"
)

// changes is what was changed in the settings, so that a command can say it.
type changes struct {
	light, ascii, noMouse bool
}

// menu opens a list to choose from.
func (m *Model) menu(a action) {
	kind := ','
	if a == typeMenu {
		kind = 'T'
	}
	m.line = prompt{open: true, kind: kind}
	m.typed()
}

func (m *Model) menuItems(kind rune) []item {
	if kind == 'T' {
		return m.types()
	}
	return m.settings()
}

// types are all sample types of all profiles, with how much there is of each.
func (m *Model) types() (all []item) {
	for _, p := range m.data.Profiles {
		for i, t := range p.SampleTypes {
			kind, column := p.Kind, t.Type
			it := item{name: report.Clean(kind + " " + column), help: value(p.Total(i), t)}
			if i == p.DefaultType() {
				it.help += "  (the usual one)"
			}
			it.run = func(m *Model, _ string) tea.Cmd {
				l := m.seen.lens
				if l.kind = kind; m.seen.s == nil || m.seen.s.from.Kind != kind {
					l.part, l.upto, l.base = 0, 0, nil
				}
				l.column = column
				return m.through(l)
			}
			all = append(all, it)
		}
	}
	return all
}

// settings are what can be changed of how everything is drawn, and what it is now.
func (m *Model) settings() []item {
	set := func(change func(m *Model)) func(*Model, string) tea.Cmd {
		return func(m *Model, _ string) tea.Cmd {
			change(m)
			m.frame.theme = m.o.Looks.theme()
			return nil
		}
	}
	on := func(b bool, yes, no string) string {
		if b {
			return yes
		}
		return no
	}
	looks := &m.o.Looks
	return []item{
		{name: "background: " + on(looks.Light, "light", "dark"), help: "of the terminal: which colours are chosen", run: set(func(m *Model) { looks.Light, m.looks.light = !looks.Light, true })},
		{name: "colours: " + colorWords[looks.Colors], help: "true colour, 256, 16, none", run: set(func(*Model) { looks.Colors = (looks.Colors + 1) % flame.Colors(len(colorWords)) })},
		{name: "characters: " + on(looks.ASCII, "ASCII", "all"), help: "what boxes and bars are drawn with", run: set(func(m *Model) { looks.ASCII, m.looks.ascii = !looks.ASCII, true })},
		{name: "mouse: " + on(m.looks.noMouse, "the terminal's", "goperf's"), help: "the terminal's own selects text", run: set(func(m *Model) { m.looks.noMouse = !m.looks.noMouse })},
	}
}

// settingFlags are the settings that were changed, as flags of the command.
func (m *Model) settingFlags() (words []string) {
	if m.looks.light {
		theme := "dark"
		if m.o.Looks.Light {
			theme = "light"
		}
		words = append(words, "--theme", theme)
	}
	if m.looks.ascii && m.o.Looks.ASCII {
		words = append(words, "--ascii")
	}
	return words
}

// colorWords are the kinds of colours.
var colorWords = [...]string{flame.NoColors: "none", flame.Sixteen: "16", flame.Cube: "256", flame.TrueColor: "true colour"}
