package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// state is what a screen is looked at in: keys after the data has come.
type state struct {
	name string
	d    func(testing.TB) *Data // nil is the whole shop
	o    Options
	keys []string
}

// everyState are those that each screen is looked at in. The first is the one that
// the others are compared with.
var everyState = []state{
	{name: "all there"},
	{name: "selected", keys: []string{"j", "j"}},
	{name: "searched", keys: []string{"/", "type:regexp|store", "enter"}},
	{name: "no match", keys: []string{"/", "type:no such thing"}},
	{name: "help", keys: []string{"?"}},
	{name: "palette", keys: []string{":", "type:fil"}},
	{name: "collecting", d: collecting},
	{name: "growing", d: growing},
	{name: "diagnosing", d: diagnosing},
	{name: "nothing yet", d: begun},
	{name: "empty", d: empty},
	{name: "gap", d: nothing},
	{name: "error", d: failed},
	{name: "lost", d: gone},
	{name: "read-only", d: bundled},
	{name: "hostile", d: hostile},
	{name: "ascii", o: Options{Looks: Looks{ASCII: true}}},
}

// ownStates are those that a screen has beside.
var ownStates = [screenCount][]state{
	overviewScreen: {{name: "healthy", d: healthy}, {name: "export", keys: []string{"e"}}, {name: "why", keys: []string{"x"}}},
	flameScreenID: {
		{name: "zoomed", keys: []string{"j", "j", "j", "enter", "j"}},
		{name: "searching", keys: []string{"/", "type:json|regexp"}},
		{name: "bad pattern", keys: []string{"/", "type:json("}},
		{name: "focus", keys: []string{"/", "type:json", "enter", "f"}},
		{name: "nothing left", keys: []string{"/", "type:no such thing", "enter", "f"}},
		{name: "no samples", d: idle},
		{name: "own", keys: []string{"p"}},
		{name: "packages", keys: []string{"g"}},
		{name: "heap", keys: []string{"t", "t"}},
		{name: "types", keys: []string{"T", "type:heap"}},
		{name: "whole", keys: []string{"Z"}},
		{name: "slice against slice", keys: []string{"<", "b", "<", "d", "j", "j"}},
		{name: "difference", d: differs, keys: []string{"j", "j"}},
		{name: "difference by after", d: differs, keys: []string{"w", "w"}},
	},
	topScreenID: {
		{name: "sandwich", keys: []string{"2", "j", "j", "j", "c"}},
		{name: "no samples", d: idle},
		{name: "by total", keys: []string{"S"}},
		{name: "whole", keys: []string{"Z"}},
		{name: "settings", keys: []string{","}},
		{name: "difference", d: differs},
	},
	goroutineScreen: {{name: "by growth", keys: []string{"S", "j"}}, {name: "who blocks whom", keys: []string{"tab", "tab", "tab"}}},
	memoryScreen:    {{name: "frontier", keys: []string{"tab", "tab", "k"}}},
	offCPUScreen: {
		{name: "lengths", keys: []string{"tab", "tab", "j"}},
		{name: "wakers", keys: []string{"tab", "tab", "tab", "tab", "tab"}},
		{name: "to flame", keys: []string{"enter"}},
	},
	sourceScreenID: {
		{name: "assembly", keys: []string{"a"}},
		{name: "assembly of the function", keys: []string{"a", "a", "tab", "]"}},
		{name: "assembly searched", keys: []string{"a", "a", "/", "type:cmpq", "enter"}},
		{name: "no assembly", keys: []string{"a", "tab"}, o: Options{Looks: trueColor.Looks, Asm: stripped}},
		{name: "callee and back", keys: []string{"enter", "esc"}},
		{name: "caller, which allocates", keys: []string{"tab", "tab", "enter"}},
		{name: "callee", keys: []string{"a", "tab", "enter"}},
		{name: "to the finding", keys: []string{"x"}},
		{name: "hostile assembly", d: hostile, keys: []string{"a", "a"}},
		{name: "assembly, ascii", o: Options{Looks: Looks{ASCII: true}}, keys: []string{"a"}},
		{name: "growing assembly", d: growing, keys: []string{"a"}},
	},
	tcpScreen:  {{name: "members", keys: []string{"tab", "tab", "j", "tab"}}, {name: "whole", keys: []string{"tab", "Z"}}},
	diffScreen: {{name: "difference", d: differs}, {name: "function", d: differs, keys: []string{"tab", "tab"}}, {name: "new and gone", d: differs, keys: []string{"G"}}, {name: "by name, all", d: differs, keys: []string{"S", "S", "S", "%", "%", "%"}}},
}

// stripped is a function whose program is not here.
func stripped(*profile.Profile, string, listing.Function) Assembly {
	return Assembly{Why: "the executable that it was taken from is not on this machine, or is another build: /srv/\x1b[31mshopd: no such file or directory", Hint: "goperf tui shop.goperf --screen source --asm line --binary FILE: the one with build id 5ec3b"}
}

// sizes are the terminals that are looked at.
var sizes = [][2]int{{80, 24}, {120, 36}, {200, 50}, {40, 10}}

// Every screen in every state at every size. A file holds a screen; its first state
// is there as it is, of the others the lines that differ from it. The sizes of one
// state are those of one terminal that is resized.
func TestScreens(t *testing.T) {
	for at := range screenCount {
		t.Run(screenNames[at], func(t *testing.T) {
			all := make([]strings.Builder, len(sizes))
			first := make([][]string, len(sizes))
			for _, s := range append(everyState, ownStates[at]...) {
				m := inState(t, at, s)
				for i, size := range sizes {
					m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
					checkFrame(t, m)
					lines := strings.Split(strings.TrimRight(text(shown(m)), "\n"), "\n")
					fmt.Fprintf(&all[i], "== %dx%d %s\n%s", size[0], size[1], s.name, unlike(first[i], lines))
					if first[i] == nil {
						first[i] = lines
					}
				}
			}
			whole := ""
			for i := range all {
				whole += all[i].String()
			}
			golden(t, strings.ToLower(screenNames[at]), whole)
		})
	}
}

// The colours of the flame graph, as letters: they are pinned apart from the text.
func TestPaints(t *testing.T) {
	for _, looks := range []Looks{{Colors: flame.TrueColor}, {Colors: flame.TrueColor, Light: true}, {Colors: flame.Sixteen}, {}} {
		m := began(t, shop(t), Options{Looks: looks}, 80, 24)
		m.press("2", "j", "j")
		golden(t, fmt.Sprintf("paints-%d-%v", looks.Colors, looks.Light), paints(shown(m)))
	}
}

// inState is the program with a screen in a state.
func inState(t *testing.T, at screenID, s state) *Model {
	t.Helper()
	d := shop
	if s.d != nil {
		d = s.d
	}
	if s.o.Looks == (Looks{}) {
		s.o = trueColor
	}
	m := began(t, d(t), s.o, sizes[0][0], sizes[0][1])
	m.press(at.digit())
	m.press(s.keys...)
	return m
}

// unlike is the lines that differ from those of another frame, with their numbers;
// all of them when there is no other.
func unlike(other, lines []string) string {
	var b strings.Builder
	for i := range max(len(lines), len(other)) {
		line, was := "", ""
		if i < len(lines) {
			line = lines[i]
		}
		if i < len(other) {
			was = other[i]
		}
		switch {
		case other == nil:
			b.WriteString(short(line) + "\n")
		case line != was:
			fmt.Fprintf(&b, "%d|%s\n", i+1, short(line))
		}
	}
	return b.String()
}

var rules = regexp.MustCompile("─{9,}")

// short is a line with its rules as ─{their length}.
func short(line string) string {
	return rules.ReplaceAllStringFunc(line, func(run string) string { return fmt.Sprintf("─{%d}", len(run)/len("─")) })
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("%s (go test ./tui -update rewrites it):\n%s", file, diff)
	}
}
