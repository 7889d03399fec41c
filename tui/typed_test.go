package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// What is pasted goes into the line that is typed, as one line without what could
// do harm, and is no keys where none is.
func TestPaste(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
	m.press("2")
	before := text(shown(m))
	m.Update(tea.PasteMsg{Content: "quick\n2"})
	if m.at != flameScreenID || m.line.open || !strings.Contains(m.status, "/ searches") {
		t.Errorf("pasted where nothing is typed: screen %s, %q", screenNames[m.at], m.status)
	}
	for _, kind := range []string{"/", ":", "e", "T"} {
		m.press(kind, "ctrl+u")
		m.Update(tea.PasteMsg{Content: "  encoding\r\n\tjson.\x1b[31mMar\u202eshal\x00\n"})
		if got := string(m.line.text); got != "encoding json.[31mMarshal" {
			t.Errorf("%s: pasted %q", kind, got)
		}
		m.Update(tea.PasteMsg{Content: strings.Repeat("x", 5000)})
		if n := len(m.line.text); n > mostText {
			t.Errorf("%s: %d letters", kind, n)
		}
		checkFrame(t, m)
		m.press("esc")
	}
	m.press("/")
	m.Update(tea.PasteMsg{Content: "json\\.Marshal$\n"})
	if m.press("enter"); m.flame().search.pattern != `json\.Marshal$` || text(shown(m)) == before {
		t.Errorf("searched for %q", m.flame().search.pattern)
	}
}

// Lines that were entered come back, those of each kind apart.
func TestLinesComeBack(t *testing.T) {
	o := trueColor
	m := began(t, shop(t), o, 100, 30)
	m.press("2", "/", "type:json", "enter", "/", "type:regexp", "enter", "/", "enter", ":", "type:top Quote", "enter", "2")
	line := func(keys ...string) string {
		m.press(keys...)
		return string(m.line.text)
	}
	m.press("/", "type:dra")
	for _, c := range []struct{ key, want string }{{"up", "regexp"}, {"up", "json"}, {"up", "json"}, {"down", "regexp"}, {"down", "dra"}, {"down", "dra"}, {"ctrl+p", "regexp"}, {"ctrl+n", "dra"}} {
		if got := line(c.key); got != c.want {
			t.Errorf("%s: %q, want %q", c.key, got, c.want)
		}
	}
	if m.press("up", "enter"); m.flame().search.pattern != "regexp" {
		t.Errorf("searched for %q", m.flame().search.pattern)
	}
	if got := line(":", "ctrl+p"); got != "top Quote" {
		t.Errorf("the last command is %q", got)
	}
	m.press("esc")
	for i := range 2 * mostLines {
		m.press("/", fmt.Sprintf("type:x%d", i), "enter")
	}
	if n := len(m.past.lines['/']); n != mostLines {
		t.Errorf("%d lines are kept", n)
	}
}

// The lists above the line are for the mouse too.
func TestListsAreClicked(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
	do := func(msg tea.Msg) {
		_, cmd := m.Update(msg)
		m.settle(cmd)
		m.View()
	}
	row := func(words string) int {
		lines := strings.Split(text(shown(m)), "\n")
		return slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, words) })
	}
	press := func(y int) { do(tea.MouseClickMsg{X: 5, Y: y, Button: tea.MouseLeft}) }
	m.press("2", "T")
	y := row("heap alloc_space")
	if press(y); !m.line.open || m.line.items[m.line.at].name != "heap alloc_space" {
		t.Fatalf("a click on line %d chose item %d of\n%s", y, m.line.at, text(shown(m)))
	}
	if press(y); m.line.open || m.seen.s.from.Kind != "heap" {
		t.Errorf("a second click did not take it: %s", m.seen.s.from.Kind)
	}
	m.press("T")
	if press(6); m.line.open || m.at != flameScreenID {
		t.Error("a click beside the list does not close it")
	}
	m.press(":")
	for range 12 {
		do(tea.MouseWheelMsg{X: 5, Y: 25, Button: tea.MouseWheelDown})
	}
	if m.line.at != 12 {
		t.Errorf("the wheel went to item %d", m.line.at)
	}
	y = row(m.line.items[9].name)
	if press(y); m.line.at != 9 || row(m.line.items[9].name) != y {
		t.Errorf("a click on line %d chose item %d, now on line %d", y, m.line.at, row(m.line.items[9].name))
	}
	do(tea.MouseWheelMsg{X: 5, Y: 25, Button: tea.MouseWheelUp})
	if m.line.at != 8 {
		t.Errorf("the wheel went up to item %d", m.line.at)
	}
	m.press("esc", "/", "type:store")
	x, y := m.place(t, "ServeHTTP")
	if m.clicked(x, y, tea.MouseLeft); m.line.open || m.flame().search.pattern != "store" || !strings.HasSuffix(m.flame().name(), "ServeHTTP") {
		t.Errorf("a click while a search is typed: open %v, %q, on %s", m.line.open, m.flame().search.pattern, m.flame().name())
	}
}

// What a search says to have found is what n goes over.
func TestMatchesAreCounted(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("2")
	for _, pattern := range []string{"json", "systemstack", "regexp", "serve", "gc|sys", "."} {
		m.press("/", "type:"+pattern)
		words := strings.Fields(m.line.result)
		n := words[0]
		if i := slices.Index(words, "boxes,"); i > 0 {
			n = words[i-1]
		}
		if m.press("enter", "n"); m.status != "match 1 of "+n {
			t.Errorf("%s: found %q, then %s", pattern, strings.Join(words, " "), m.status)
		}
		m.press("esc")
	}
}
