package tui

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// View is what is looked at, in the words of the command's flags.
type View struct {
	Screen     string // name of the screen, "" for the overview
	Kind       string // of profile
	Column     string // name of the sample type
	Focus      string
	Ignore     string
	Own        bool
	Group      string // functions, packages, files, lines
	Search     string
	Function   string // selected in Top, listed in Source
	Sort       string // of Top or Goroutines, see [Sorts]
	Against    *Slices
	Part, Upto int    // first and last slice of the window or snapshot, from 1
	Raw        bool   // of a comparison: as it was measured
	Width      string // of a comparison: what the width of a box stands for, one of [Widths]
	Label      string // whose values are above the stacks
	Names      bool   // the flame graph is in the order of names
	UpsideDown bool   // the flame graph has its root at the bottom
	Place
}

// Place is where one is on a screen.
type Place struct {
	Pane   string   // part of the screen
	Asm    string   // machine code beside the source, see [AsmModes]; "" for none
	Row    int      // that is selected in it, from 1
	Hide   *float64 // changes below this percentage that are not sure; nil for the usual
	Fresh  bool     // changes of functions alone that are new or gone
	Rows   []PaneAt // that are selected in other parts
	Whole  bool     // the part has the whole screen
	Zoom   string   // of the flame graph: names from the root down, with ; between them; two lines for a part from one box to another
	Select string   // and the selected box, "" for what is zoomed into
}

// PaneAt is a row of a part of a screen, from 1.
type PaneAt struct {
	Pane string
	Row  int
}

// groups are the words for granularities.
var groups = []struct {
	word string
	by   profile.Granularity
}{{"functions", ""}, {"packages", profile.ByPackage}, {"files", profile.ByFile}, {"lines", profile.ByLine}}

func (v View) lens() lens {
	l := lens{kind: v.Kind, column: v.Column, focus: v.Focus, ignore: v.Ignore, own: v.Own, names: v.Names, label: v.Label, raw: v.Raw, wide: wideOf(v.Width)}.over(v.Part, v.Upto, math.MaxInt)
	for _, g := range groups {
		if g.word == v.Group {
			l.by = g.by
		}
	}
	if a := v.Against; a != nil {
		l.base = &base{kind: v.Kind, lens: lens{}.over(a.From, a.To, math.MaxInt)}
	}
	return l
}

// word is the granularity of a lens, "" for functions.
func (l lens) word() string {
	for _, g := range groups {
		if g.by == l.by && g.by != "" {
			return g.word
		}
	}
	return ""
}

// Slices are the first and the last of a profile, from 1; 0 for all.
type Slices struct{ From, To int }

// numbers are the slices of a lens as a flag has them.
func (l lens) numbers(whole string) string {
	switch {
	case l.upto > 0:
		return fmt.Sprintf("%d-%d", l.part, l.upto)
	case l.part > 0:
		return strconv.Itoa(l.part)
	}
	return whole
}

// widths are what the width of a box of a comparison can stand for.
var widths = [...]struct{ name, words string }{flame.Both: {"both", "before and after together"}, flame.Before: {"before", "before"}, flame.After: {"after", "after"}, flame.Larger: {"larger", "the larger of before and after"}}

// Widths are the names of what the width of a box of a comparison can stand for, the
// usual one first.
func Widths() (names []string) {
	for _, w := range widths {
		names = append(names, w.name)
	}
	return names
}

func wideOf(name string) flame.Wide {
	return flame.Wide(max(slices.Index(Widths(), name), 0))
}

// chips are the filters of a lens, for people.
func (l lens) chips() string {
	var chips []string
	for _, c := range l.chipList() {
		chips = append(chips, c.text)
	}
	return strings.Join(chips, "   ")
}

// spoken is a pattern for people: without the mark that small letters match large
// ones, which a search has by itself.
func spoken(pattern string) string { return report.Clean(strings.TrimPrefix(pattern, "(?i)")) }

// history is what was looked at before.
type history struct {
	undo, redo []sightAt
	places     []screenID
	at         int // of places
	before     screenID
	lines      map[rune][]string // that were typed, by kind
}

// sightAt is what undo brings back.
type sightAt struct {
	lens lens
	zoom string
}

// mostSteps bounds what is remembered.
const mostSteps = 200

func (m *Model) sight() sightAt {
	return sightAt{m.seen.lens, m.flame().zoomPath()}
}

func (m *Model) flame() *flameScreen { return m.screens[flameScreenID].(*flameScreen) }

// remember keeps what was looked at before a key changed it.
func (m *Model) remember(before sightAt, a action) {
	if a != undo && a != redo && before != m.sight() {
		m.past.undo, m.past.redo = append(m.past.undo, before), nil
		m.past.undo = m.past.undo[max(len(m.past.undo)-mostSteps, 0):]
	}
}

// again undoes or does again.
func (m *Model) again(a action) tea.Cmd {
	from, to := &m.past.undo, &m.past.redo
	if a == redo {
		from, to = to, from
	}
	n := len(*from)
	if n == 0 {
		m.status = "nothing to undo"
		if a == redo {
			m.status = "nothing to do again"
		}
		return nil
	}
	*to = append(*to, m.sight())
	target := (*from)[n-1]
	*from = (*from)[:n-1]
	m.flame().zoomTo(target.zoom)
	return m.through(target.lens)
}

// through looks through another lens.
func (m *Model) through(l lens) tea.Cmd {
	if l == m.seen.lens {
		return nil
	}
	return m.look(l)
}

// open shows a screen.
func (m *Model) open(to screenID) {
	if m.screens[to] == nil {
		return
	}
	m.frame.page = page{}
	if to == m.at {
		return
	}
	p := &m.past
	if len(p.places) == 0 {
		p.places = []screenID{m.at}
	}
	p.places = append(p.places[:p.at+1], to)
	if len(p.places) > mostSteps {
		p.places = p.places[1:]
	}
	p.at = len(p.places) - 1
	p.before, m.at = m.at, to
}

// travel goes through the screens in the order in which they were opened.
func (m *Model) travel(a action) {
	p := &m.past
	switch {
	case a == lastView:
		if len(p.places) > 0 {
			m.open(p.before)
		}
		return
	case a == back && p.at > 0:
		p.at--
	case a == forward && p.at+1 < len(p.places):
		p.at++
	default:
		m.status = "no more history"
		return
	}
	p.before, m.at = m.at, p.places[p.at]
}

// besides opens the next or previous screen.
func (m *Model) besides(step int) {
	for i := 1; i < int(screenCount); i++ {
		to := screenID((int(m.at) + i*step + int(screenCount)*i) % int(screenCount))
		if m.screens[to] != nil {
			m.open(to)
			return
		}
	}
}

// command is a shell command that shows what is shown.
func (m *Model) command() string {
	words := append([]string{"goperf", "tui"}, m.args()...)
	add := func(flag, v string) {
		if v != "" {
			words = append(words, "--"+flag, v)
		}
	}
	var place []string
	if s, ok := m.screens[m.at].(placed); ok {
		place = s.spot().flags()
	}
	if m.at != overviewScreen || len(place) > 0 {
		add("screen", strings.ToLower(screenNames[m.at]))
	}
	if (onProfile|onSource)&m.here() != 0 {
		words = append(words, m.lensFlags()...)
	}
	if s, ok := m.screens[m.at].(searchable); ok {
		add("search", s.searched())
	}
	if g, ok := m.screens[m.at].(*goroutines); ok && g.sort > 0 {
		add("sort", groupSorts[g.sort].name)
	}
	if f, ok := m.screens[m.at].(*differences); ok {
		words = append(words, f.view.flags()...)
	}
	words = append(append(words, place...), m.settingFlags()...)
	return shellWords(words)
}

// args are the targets of a command: a service, or the bundle in which it was kept,
// which shows the same and asks nobody.
func (m *Model) args() []string {
	all, c, w := m.o.Args, m.data.Compared, &m.writing
	if c != nil && c.Args != nil {
		all = c.Args
	}
	switch {
	case w.kept == nil || w.kept != m.data.Report:
		return all
	case c == nil || c.Side == nil:
		return []string{w.bundle}
	}
	all = slices.Clone(all)
	for i := range all {
		if all[i] == c.Side.Title {
			all[i] = w.bundle
		}
	}
	return all
}

// isPiped says that a command cannot name what is looked at: it came from standard
// input, and was written to no file.
func (m *Model) isPiped() bool { return slices.Contains(m.args(), "-") }

// unlike says in what a command does not show the same.
func (m *Model) unlike() (doubts []string) {
	if b := m.seen.lens.base; b != nil && !m.isHere(b) {
		doubts = append(doubts, "without the comparison: its base is of an earlier collection")
	}
	if w := &m.writing; w.kept != nil && w.kept == m.data.Report {
		return doubts
	}
	if len(m.o.Less) > 0 {
		doubts = append(doubts, "without --"+strings.Join(m.o.Less, ", --")+", for nobody to read")
	}
	if m.data.Live && m.o.Bundle != nil {
		doubts = append(doubts, "it collects anew: "+m.keys().key(writeAll)+" keeps this")
	}
	return doubts
}

// lensFlags say what of the profiles is looked at, and where in the screen.
func (m *Model) lensFlags() (words []string) {
	add := func(flag, v string) {
		if v != "" {
			words = append(words, "--"+flag, v)
		}
	}
	l := m.seen.lens
	add("profile", l.kind)
	add("sample-index", l.column)
	add("focus", l.focus)
	add("ignore", l.ignore)
	if l.own {
		words = append(words, "--own")
	}
	add("granularity", l.word())
	add("by-label", l.label)
	add("slice", l.numbers(""))
	if b := l.base; b != nil && m.isHere(b) {
		add("against", b.lens.numbers("all"))
	}
	if l.raw {
		words = append(words, "--as-measured")
	}
	if l.wide > 0 && m.at == flameScreenID {
		add("width", widths[l.wide].name)
	}
	switch s := m.screens[m.at].(type) {
	case *topScreen:
		if s.sort > 0 {
			add("sort", topSorts[s.sort].name)
		}
		add("search", s.search.pattern)
		add("function", s.name())
		if s.calls.on {
			add("select", s.calls.path())
		}
		return words
	case *sourceScreen:
		add("function", s.at.name)
		add("asm", s.asm.mode.word())
		return words
	}
	f := m.flame()
	if l.names {
		words = append(words, "--by-name")
	}
	if f.upsideDown {
		words = append(words, "--upside-down")
	}
	add("search", f.search.pattern)
	for end := range strings.SplitSeq(f.zoomPath(), "\n") {
		add("zoom", end)
	}
	add("select", f.selPath())
	return words
}

// shellWords are words as a POSIX shell reads them.
func shellWords(words []string) string {
	var all []string
	for _, w := range words {
		all = append(all, quote(w))
	}
	return strings.Join(all, " ")
}

// quote writes a word so that a POSIX shell reads it as one.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@,+%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
