package tui

import (
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// item is a command of the palette: its name, the key that does the same, if any.
type item struct {
	name, help string
	run        func(m *Model, arg string) tea.Cmd
	key        string
}

// mostItems is how many commands are shown at once.
const mostItems = 9

// withArguments are the commands that take something; the others are the keys.
func withArguments() []item {
	search := func(to screenID, what string) item {
		return item{name: strings.ToLower(screenNames[to]) + " REGEXP", help: "search " + what, run: func(m *Model, arg string) tea.Cmd {
			m.open(to)
			return m.findHere(arg)
		}}
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
		search(flameScreenID, "the flame graph"),
		search(topScreenID, "the functions"),
		search(goroutineScreen, "the goroutines: state=REGEXP, function"),
		search(overviewScreen, "the findings"),
		search(memoryScreen, "memory"),
		search(offCPUScreen, "what is waited for"),
		search(tcpScreen, "the connections"),
		search(diffScreen, "the comparison"),
		{name: "focus REGEXP", help: "keep only stacks with it", run: filter(focus)},
		{name: "ignore REGEXP", help: "drop stacks with it", run: filter(ignore)},
		{name: "write FILE", help: "write what is shown: " + strings.Join(ends(), " "), run: func(m *Model, arg string) tea.Cmd { return m.exportTo(arg, false) }},
		{name: "mouse on|off", help: "goperf's mouse, or the terminal's own, which selects text", run: (*Model).setMouse},
		{name: "set gogc|gomemlimit VALUE", help: "copy the command that runs the target with it; nothing is changed", run: (*Model).setCollector},
	}
}

// findHere searches the screen that is shown; a slash before the pattern and the name
// of what it is of are as people write them.
func (m *Model) findHere(arg string) tea.Cmd {
	arg = strings.TrimPrefix(arg, "/")
	for _, of := range []string{"state=", "function="} {
		arg = strings.TrimPrefix(arg, of)
	}
	if arg != "" {
		result, err := m.find(arg)
		if m.status = result; err != nil {
			m.status = oneLine(err)
		}
	}
	return m.found()
}

func (m *Model) setMouse(arg string) tea.Cmd {
	switch arg {
	case "on", "off":
		m.looks.noMouse = arg == "off"
		m.status = "the mouse is " + map[bool]string{false: "goperf's", true: "the terminal's: it selects text"}[m.looks.noMouse]
	default:
		m.status = "mouse on, or mouse off"
	}
	return nil
}

// setting is a setting of the collector and its value.
var setting = regexp.MustCompile(`^(?i:(gogc)[ =](off|\d{1,6})|(gomemlimit)[ =](off|\d{1,15}(?:[KMGT]i)?B?))$`)

// setCollector copies what runs the target with another setting of the collector.
func (m *Model) setCollector(arg string) tea.Cmd {
	words := setting.FindStringSubmatch(arg)
	if words == nil {
		m.status = "set gogc 400, or set gomemlimit 512MiB"
		return nil
	}
	app := "COMMAND"
	if r := m.data.Report; r != nil && r.Target.Command != "" {
		app = report.Clean(r.Target.Command)
	}
	return m.copied(strings.ToUpper(words[1]+words[3]) + "=" + words[2] + words[4] + " " + app)
}

// matching are the commands that a text may mean, the likeliest first: those of that
// name, whose name begins so or holds it, that hold all its words, whose name has its
// letters in this order. With an argument it is one of those that take one.
func (m *Model) matching(text string) (found []item) {
	word, arg, _ := strings.Cut(strings.TrimLeft(text, " "), " ")
	all := withArguments()
	if arg != "" {
		if with := ranked(all, word, word); len(with) > 0 && rank(with[0], word, word) <= beginsSo {
			return with[:1]
		}
	}
	for i := range m.o.Keys {
		if k := &m.o.Keys[i]; k.where&m.here() != 0 && k.does > last && k.does != palette {
			all = append(all, item{name: k.Name(), help: k.Help, run: key(k.does), key: k.Show})
		}
	}
	return ranked(all, strings.TrimRight(word, " "), text)
}

// key is the command that does what a key does.
func key(a action) func(*Model, string) tea.Cmd {
	return func(m *Model, _ string) tea.Cmd { return m.perform(a) }
}

// How well a command matches.
const (
	isIt = iota
	beginsSo
	isInName
	holdsWords
	hasLetters
	noMatch
)

// ranked are the items that match, the best first.
func ranked(all []item, word, text string) (found []item) {
	for how := range noMatch {
		for _, it := range all {
			if rank(it, word, text) == how {
				found = append(found, it)
			}
		}
	}
	return found
}

func rank(it item, word, text string) int {
	name, _, _ := strings.Cut(it.name, " ")
	word = strings.ToLower(word)
	single := strings.TrimSpace(text) == word
	switch {
	case name == word && (single || it.key == ""):
		return isIt
	case strings.HasPrefix(name, word) && (single || it.key == ""):
		return beginsSo
	case single && strings.Contains(name, word):
		return isInName
	case matches(it, text):
		return holdsWords
	case single && inOrder(name, word):
		return hasLetters
	}
	return noMatch
}

// inOrder says that a name has these letters in this order.
func inOrder(name, letters string) bool {
	for _, r := range letters {
		i := strings.IndexRune(name, r)
		if i < 0 {
			return false
		}
		name = name[i+len(string(r)):]
	}
	return true
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
func (p *prompt) chooses() bool {
	return p.kind == ':' || p.kind == 'T' || p.kind == ',' || p.kind == 'e'
}

// lines are how many lines the palette takes above the footer.
func (p *prompt) lines() int {
	if !p.open || !p.chooses() {
		return 0
	}
	return min(len(p.items), mostItems) + 1
}

// Where the keys of commands stand, what they do, and what the items of menus do.
const nameColumns, commandColumns, menuColumns = 20, 30, 22

func (p *prompt) drawItems(c *paint.Canvas) {
	if p.lines() == 0 {
		return
	}
	c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, c.W)
	c.End()
	_, from := p.place(0)
	for i := from; i < min(from+mostItems, len(p.items)); i++ {
		mark, style := " ", paint.Plain
		if i == p.at {
			mark, style = c.Theme.Glyphs.Picked, paint.Strong
		}
		c.Put(paint.Accent, mark)
		c.Put(paint.Plain, report.Clean(p.items[i].name))
		help := max(menuColumns, p.column)
		if p.kind == ':' {
			c.Pad(paint.Plain, nameColumns)
			c.Put(paint.Key, ascii(c.Theme, p.items[i].key))
			help = commandColumns
		}
		c.Pad(paint.Plain, help)
		c.Put(style, p.items[i].help)
		c.End()
	}
}
