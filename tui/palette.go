package tui

import (
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// item is a command of the palette.
type item struct {
	name, help string
	run        func(m *Model, arg string) tea.Cmd
}

// mostItems is how many commands are shown at once.
const mostItems = 8

// withArguments are the commands that take something; the others are the keys.
func withArguments() []item {
	search := func(to screenID) func(*Model, string) tea.Cmd {
		return func(m *Model, arg string) tea.Cmd {
			m.open(to)
			if f, ok := m.searched(); ok && arg != "" {
				result, err := f.find(arg)
				if m.status = result; err != nil {
					m.status = oneLine(err)
				}
			}
			return m.found()
		}
	}
	filter := func(a action) func(*Model, string) tea.Cmd {
		return func(m *Model, arg string) tea.Cmd {
			if _, err := regexp.Compile(arg); err != nil {
				m.status = oneLine(err)
				return nil
			}
			return m.do(refilter(m.seen.lens, a, arg, m.keys()))
		}
	}
	return []item{
		{"flame REGEXP", "search the flame graph", search(flameScreenID)},
		{"top REGEXP", "search the functions", search(topScreenID)},
		{"goroutines REGEXP", "search the goroutines: state, function", search(goroutineScreen)},
		{"focus REGEXP", "keep only stacks with it", filter(focus)},
		{"ignore REGEXP", "drop stacks with it", filter(ignore)},
		{"write FILE", "write what is shown: .svg .html .png .pb.gz .goperf .md .json .txt", func(m *Model, arg string) tea.Cmd { return m.exportTo(arg) }},
	}
}

// matching are the commands that hold all words of a text; with an argument those
// that take one.
func (m *Model) matching(text string) (found []item) {
	name, _, more := strings.Cut(strings.TrimLeft(text, " "), " ")
	for _, it := range withArguments() {
		if word, _, _ := strings.Cut(it.name, " "); more && word == name {
			return []item{it}
		} else if matches(it, text) {
			found = append(found, it)
		}
	}
	for _, k := range m.o.Keys {
		if k.where&m.here() == 0 || k.does <= last || k.does == palette {
			continue
		}
		if it := (item{k.Show, k.Help, key(k.does)}); matches(it, text) {
			found = append(found, it)
		}
	}
	return found
}

// key is the command that does what a key does.
func key(a action) func(*Model, string) tea.Cmd {
	return func(m *Model, _ string) tea.Cmd { return m.perform(a) }
}

func matches(it item, text string) bool {
	all := strings.ToLower(it.name + " " + it.help)
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

// argument is what stands behind the name of a command.
func argument(text string) string {
	_, arg, _ := strings.Cut(strings.TrimLeft(text, " "), " ")
	return strings.TrimSpace(arg)
}

// chooses says that the line is about a list of things.
func (p *prompt) chooses() bool { return p.kind == ':' || p.kind == 'T' || p.kind == ',' }

// lines are how many lines the palette takes above the footer.
func (p *prompt) lines() int {
	if !p.open || !p.chooses() {
		return 0
	}
	return min(len(p.items), mostItems) + 1
}

func (p *prompt) drawItems(c *paint.Canvas) {
	if p.lines() == 0 {
		return
	}
	c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, c.W)
	c.End()
	from := max(min(p.at-mostItems/2, len(p.items)-mostItems), 0)
	for i := from; i < min(from+mostItems, len(p.items)); i++ {
		mark, style := " ", paint.Plain
		if i == p.at {
			mark, style = c.Theme.Glyphs.Picked, paint.Strong
		}
		c.Put(paint.Accent, mark)
		c.Put(paint.Key, report.Clean(p.items[i].name))
		c.Pad(paint.Plain, max(22, p.column))
		c.Put(style, p.items[i].help)
		c.End()
	}
}
