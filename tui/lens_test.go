package tui

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// f keeps what the search has found: small letters match large ones there too, and
// the command that is copied shows the same.
func TestFocusOnSearch(t *testing.T) {
	d := &Data{Title: "x", Profiles: []Profile{{Kind: "cpu", Profile: parsed(t, "\nmain.main;main.Encode 30\nmain.main;main.decode 20\n", "cpu")}}}
	for _, screen := range []string{"2", "3"} {
		m := began(t, d, trueColor, 100, 30)
		m.press(screen, "/", "type:encode", "enter", "f")
		frame := text(shown(m))
		if !strings.Contains(frame, "60% kept") || !strings.Contains(frame, "focus on encode") {
			t.Errorf("screen %s: the match of the search is not kept:\n%s", screen, frame)
		}
		if got, want := m.command(), "--focus '(?i)encode'"; !strings.Contains(got, want) {
			t.Errorf("screen %s: %q has no %q", screen, got, want)
		}
	}
}

// Filters that leave nothing say so, and can be undone.
func TestNothingLeft(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
	m.press("2", "/", "type:nowhere", "enter", "f")
	if !strings.Contains(m.status, "no stack is left") {
		t.Errorf("status %q", m.status)
	}
	m.press("u")
	if m.seen.s.empty() || m.seen.lens.focus != "" {
		t.Errorf("after undo the lens is %+v", m.seen.lens)
	}
}

// o puts the boxes in the order of their names; down still goes to the largest.
func TestOrder(t *testing.T) {
	d := &Data{Title: "x", Profiles: []Profile{{Kind: "cpu", Profile: parsed(t, "\nmain.main;main.zebra 30\nmain.main;main.ant 20\n", "cpu")}}}
	m := began(t, d, trueColor, 100, 30)
	before := func() bool {
		frame := text(shown(m))
		return strings.Index(frame, "main.ant") < strings.Index(frame, "main.zebra")
	}
	m.press("2")
	if before() {
		t.Error("the smaller box comes first")
	}
	m.press("o")
	if !before() || !strings.Contains(m.command(), "--by-name") {
		t.Errorf("by name, %s:\n%s", m.command(), text(shown(m)))
	}
	m.press("home", "j", "j")
	if got := m.flame().name(); got != "main.zebra" {
		t.Errorf("down goes to %s, want the largest callee", got)
	}
	m.press("u")
	if before() {
		t.Error("u does not undo the order")
	}
}

// The command that y copies shows what is shown: another program that is run with
// its flags has the same frame.
func TestCommandReproduces(t *testing.T) {
	for _, keys := range [][]string{
		{"2"},
		{"2", "/", "type:regexp", "enter", "f", "j", "j", "enter"},
		{"2", "j", "j", "j", "l"},
		{"2", "j", "j", "enter", "j", "l", "o"},
		{"2", "t", "g", "o", "I", "k", "k"},
		{"2", "p", "/", "type:order|valid", "enter"},
		{"3", "S", "j", "j"},
		{"3", "/", "type:json", "enter"},
		{"3", "j", "s"},
		{"3", "j", "j", "tab"},
		{"3", "j", "tab", "k", "k"},
		{"3", "S", "j", "tab", "j", "j"},
		{"1", "/", "type:json", "enter"},
		{"4", "S", "S", "/", "type:chan", "enter"},
		{"4", "/", "type:nosuch", "enter"},
		{"5"},
		{"5", "/", "type:heap", "enter"},
		{"6", "/", "type:main", "enter"},
		{"7", "/", "type:main", "enter"},
		{"0", "/", "type:heap", "enter"},
		{"1", "j"},
		{"1", "/", "type:notify", "enter"},
		{"2", "Z"},
		{"2", "<", "b", "<", "d"},
		{"3", "<", "d", "b", "<", "d", "Z"},
		{"4", "S", "j"},
		{"4", "/", "type:netFD", "enter", "tab"},
		{"5", "tab", "tab", "k"},
		{"4", "j", "tab", "j"},
		{"6", "j", "tab", "j"},
		{"6", "tab", "tab", "j", "tab", "j"},
		{"7", "tab", "j", "tab"},
		{"5", "/", "type:store", "enter"},
		{"6", "tab", "j"},
		{"6", "/", "type:store", "enter"},
		{"7", "tab", "j", "Z"},
		{"7", "/", "type:CLOSE_WAIT", "enter"},
		{"9", "j", "j"},
		{"9", "a", "j"},
		{"9", "j", "a", "a", "tab", "j", "j", "j"},
		{"9", "a", "tab", "j", "Z"},
		{"9", "a", "tab", "["},
		{"9", "enter", "tab"},
		{"9", "/", "type:statement.17", "enter"},
		{"9", "]", "a", "a", "/", "type:CALL", "enter"},
		{"0", "tab"},
		{"1", "tab"},
		{"1", "j", "tab", "Z"},
	} {
		m := began(t, shop(t), trueColor, 120, 36)
		m.press(keys...)
		o := trueColor
		o.View = viewOf(t, m.command())
		again := began(t, shop(t), o, 120, 36)
		m.status, again.status = "", ""
		m.frame.stale, again.frame.stale = true, true
		if got, want := text(shown(again)), text(shown(m)); got != want {
			t.Errorf("after %q, %s shows\n%s\nand not\n%s", keys, m.command(), got, want)
		}
	}
}

// viewOf reads the flags of a command as package cmd does.
func viewOf(t *testing.T, command string) (v View) {
	t.Helper()
	words := strings.Fields(command)
	to := map[string]*string{"screen": &v.Screen, "profile": &v.Kind, "sample-index": &v.Column, "focus": &v.Focus, "ignore": &v.Ignore, "granularity": &v.Group, "search": &v.Search, "function": &v.Function, "sort": &v.Sort, "width": &v.Width, "pane": &v.Pane, "select": &v.Select, "by-label": &v.Label, "asm": &v.Asm}
	on := map[string]*bool{"own": &v.Own, "by-name": &v.Names, "upside-down": &v.UpsideDown, "whole": &v.Whole, "as-measured": &v.Raw, "only-new": &v.Fresh}
	for i := 2; i < len(words); i++ {
		name := strings.TrimPrefix(words[i], "--")
		switch {
		case on[name] != nil:
			*on[name] = true
		case name == "row":
			i++
			pane, number, other := strings.Cut(words[i], "=")
			if !other {
				number = pane
			}
			row, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			if other {
				v.Rows = append(v.Rows, PaneAt{pane, row})
			} else {
				v.Row = row
			}
		case name == "hide":
			i++
			percent, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				t.Fatal(err)
			}
			v.Hide = &percent
		case name == "against":
			i++
			v.Against = &Slices{}
			_, _ = fmt.Sscanf(words[i], "%d-%d", &v.Against.From, &v.Against.To) // all is none
		case name == "slice":
			i++
			if n, err := fmt.Sscanf(words[i], "%d-%d", &v.Part, &v.Upto); n < 1 {
				t.Fatal(words[i], err)
			}
		case name == "zoom":
			i++
			if v.Zoom != "" {
				v.Zoom += "\n"
			}
			v.Zoom += strings.Trim(words[i], "'")
		case to[name] != nil:
			i++
			*to[name] = strings.Trim(words[i], "'")
		default:
			t.Fatalf("no flag %q in %s", words[i], command)
		}
	}
	return v
}

// What y copies has with --plain the numbers that are on the screen, but for what the
// last lines say of the selection.
func TestCommandTellsTheNumbers(t *testing.T) {
	number := regexp.MustCompile(`\d[\d,.]* ?(?:%|ns|µs|ms|s|min|KiB|MiB|GiB|MB|B)(?:\s|$)`)
	for _, c := range []struct {
		d    func(testing.TB) *Data
		keys []string
	}{
		{shop, []string{"2", "/", "type:regexp", "enter", "f", "j", "j", "enter"}},
		{shop, []string{"2", "<", "b", "<", "d"}},
		{shop, []string{"2", "<", "b", "<", "d", "="}},
		{shop, []string{"3", "/", "type:json", "enter", "Z"}},
		{shop, []string{"4", "/", "type:netFD", "enter"}},
		{shop, []string{"5", "tab", "Z"}},
		{shop, []string{"6", "/", "type:store", "enter", "Z"}},
		{shop, []string{"7", "tab", "Z"}},
		{differs, []string{"8"}},
		{shop, []string{"9", "Z"}},
		{shop, []string{"9", "a", "tab", "j"}},
		{shop, []string{"9", "j", "a", "a", "tab", "j"}},
	} {
		m := began(t, c.d(t), trueColor, 200, 50)
		m.press(c.keys...)
		m.status = ""
		o := trueColor
		o.View, o.List, o.Asm = viewOf(t, m.command()), source, machine
		var b strings.Builder
		if err := Plain(t.Context(), &b, c.d(t), o); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(text(shown(m)), "\n")
		for _, n := range number.FindAllString(strings.Join(lines[2:len(lines)-5], "\n"), -1) {
			if n = strings.TrimSpace(n); !strings.Contains(b.String(), n) {
				t.Errorf("after %q, %s --plain has no %q:\n%s", c.keys, m.command(), n, b.String())
				break
			}
		}
	}
}
