package tui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// Every form in which the screen can be written is what its name says.
func TestExport(t *testing.T) {
	files := map[string][]byte{}
	o := trueColor
	o.Write = func(_ context.Context, name string, _ bool, write func(io.Writer) error) error {
		if strings.HasPrefix(name, "no/") {
			return fmt.Errorf("no/: no such directory")
		}
		var b bytes.Buffer
		err := write(&b)
		files[name] = b.Bytes()
		return err
	}
	m := began(t, shop(t), o, 100, 30)
	m.press("2", "/", "type:json", "enter", "f")
	for name, holds := range map[string]string{"x.svg": "<svg", "x.html": "<!doctype html>", "x.md": "## ", "x.json": `"schema": 1`, "x.txt": "encoding/json.Marshal"} {
		m.press("e", "ctrl+u", "type:"+name, "enter")
		if !bytes.Contains(files[name], []byte(holds)) || m.status != "wrote "+name {
			t.Errorf("%s: status %q, %d bytes without %q", name, m.status, len(files[name]), holds)
		}
		if bytes.ContainsRune(files[name], 0x1b) {
			t.Errorf("%s: an escape sequence", name)
		}
	}
	m.press("e", "ctrl+u", "type:x.pb.gz", "enter")
	p, err := profile.Parse(files["x.pb.gz"], profile.Options{})
	if err != nil || p.NumSamples() != 1 || p.Total(0) != 12 {
		t.Errorf("the profile: %v, %v", p, err)
	}
	if _, err := report.Decode(files["x.json"]); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ name, want string }{{"x.xyz", "a name that ends in"}, {"", "a name that ends in"}, {".svg", "a name that ends in"}, {"no/x.svg", "no such directory"}} {
		m.press("e", "ctrl+u", "type:"+c.name, "enter")
		if !strings.Contains(m.status, c.want) {
			t.Errorf("%q: status %q, want %q", c.name, m.status, c.want)
		}
	}
}

// What is there is replaced when that was asked, and not otherwise; a menu has the
// forms there are.
func TestExportReplaces(t *testing.T) {
	written := map[string]int{"goperf.csv": 1}
	o := trueColor
	o.Write = func(_ context.Context, name string, over bool, write func(io.Writer) error) error {
		if written[name] > 0 && !over {
			return fmt.Errorf("%s: write: %w", name, fs.ErrExist)
		}
		written[name]++
		return write(io.Discard)
	}
	m := began(t, shop(t), o, 100, 30)
	m.press("4", "e")
	if got := string(m.line.text); got != "goperf.txt" {
		t.Errorf("goroutines are written to %s", got)
	}
	m.press("down")
	if got := string(m.line.text); got != "goperf.csv" || !strings.Contains(m.line.result, "table") {
		t.Errorf("the next form is %s, %s", got, m.line.result)
	}
	m.press("enter")
	if !m.line.open || !strings.Contains(text(shown(m)), "exists: enter again replaces it") || written["goperf.csv"] != 1 {
		t.Errorf("it is there: %d times written\n%s", written["goperf.csv"], text(shown(m)))
	}
	m.press("enter")
	if m.line.open || written["goperf.csv"] != 2 || m.status != "wrote goperf.csv" {
		t.Errorf("asked again: %d times written, %q", written["goperf.csv"], m.status)
	}
	m.press("e", "down", "enter", "type:x", "backspace", "enter")
	if !m.line.open || written["goperf.csv"] != 2 {
		t.Errorf("another name was typed meanwhile: %d times written", written["goperf.csv"])
	}
}

// A table as it is written for programs has its numbers in base units, and no
// formulas out of names.
func TestTableFile(t *testing.T) {
	d := shop(t)
	d.Report.Findings[0].Title = "=cmd|' /C calc'!A0"
	m := began(t, d, trueColor, 100, 30)
	for _, c := range []struct{ screen, want string }{
		{"1", "critical,regexp-compile,0.96,cpu,0.35,0.35,cores,example.com/shop/price.Quote,14,'=cmd|' /C calc'!A0"},
		{"3", "regexp.compile,350000000,350000000,stdlib"},
		{"4", "chan receive"},
		{"7", "10.0.9.4:5432"},
	} {
		m.press(c.screen)
		var b strings.Builder
		if err := separated(m)(&b); err != nil || !strings.Contains(b.String(), c.want) {
			t.Errorf("%s: %v, no %q in\n%s", c.screen, err, c.want, b.String())
		}
	}
}

func TestPalette(t *testing.T) {
	o, wrote := trueColor, ""
	o.Write = func(_ context.Context, name string, _ bool, _ func(io.Writer) error) error { wrote = name; return nil }
	m := began(t, shop(t), o, 100, 30)
	for _, c := range []struct {
		typed string
		check func() bool
	}{
		{"flame json", func() bool { return m.at == flameScreenID && m.flame().search.pattern == "json" }},
		{"goroutines chan", func() bool { return m.at == goroutineScreen && strings.Contains(m.status, "1 of 2 groups") }},
		{"ignore regexp", func() bool { return m.seen.lens.ignore == "regexp" }},
		{"own code", func() bool { return m.at == goroutineScreen }}, // p does nothing on this screen
		{"memory frontier", func() bool { return m.at == memoryScreen }},
		{"ignore (", func() bool { return m.seen.lens.ignore == "regexp" && strings.Contains(m.status, "missing closing") }},
		{"no such thing at all", func() bool { return m.line.open && strings.Contains(m.line.result, "no such command") }},
		{"gor state=chan", func() bool { return m.at == goroutineScreen && strings.Contains(m.status, "1 of 2 groups") }},
		{"flame /json", func() bool { return m.at == flameScreenID && m.flame().search.pattern == "json" }},
		{"w x.svg", func() bool { return wrote == "x.svg" }},
		{"mouse off", func() bool { return m.View().MouseMode == tea.MouseModeNone }},
		{"mouse on", func() bool { return m.View().MouseMode == tea.MouseModeCellMotion }},
		{"set gogc 400", func() bool { return m.status == "copied: GOGC=400 COMMAND" }},
		{"set gomemlimit=512MiB", func() bool { return m.status == "copied: GOMEMLIMIT=512MiB COMMAND" }},
		{"set gogc x; rm -r", func() bool { return strings.HasPrefix(m.status, "set gogc 400") }},
		{"upsd", func() bool { return m.flame().upsideDown }},
		{"undo", func() bool { return strings.Contains(m.status, "undo") || len(m.past.redo) > 0 }},
	} {
		m.press("esc", ":", "type:"+c.typed, "enter")
		if !c.check() {
			t.Errorf("%q: screen %s, status %q, lens %+v", c.typed, screenNames[m.at], m.status, m.seen.lens)
		}
	}
}

func TestEditorIsOpenedAtTheLine(t *testing.T) {
	var got string
	o := trueColor
	o.Edit = func(file string, line int) *exec.Cmd {
		got = fmt.Sprint(filepath.ToSlash(file), ":", line)
		return exec.Command("true")
	}
	m := began(t, shop(t), o, 100, 30)
	m.press("9")
	m.View()
	if cmd := m.perform(edit); cmd == nil || got != "/src/shop/some/where/file.go:14" {
		t.Errorf("the editor got %q", got)
	}
}

// In a list g goes to the first row, so that gg does too; where there are groups to
// choose it does that.
func TestFirstRow(t *testing.T) {
	for at := range screenCount {
		want := first
		if at == flameScreenID || at == topScreenID {
			want = group
		}
		if got := actionOf(keys, "g", 1<<at); got != want {
			t.Errorf("g on %s is action %d, want %d", screenNames[at], got, want)
		}
	}
}

// A search can be typed before there is anything: its letters are no commands, and it
// is searched when something comes.
func TestSearchBeforeData(t *testing.T) {
	for _, screen := range []string{"1", "2", "3", "4", "6"} {
		m := began(t, begun(t), trueColor, 100, 30)
		m.press(screen, "/", "type:store|regexp")
		if at := m.at.digit(); at != screen || !strings.Contains(m.line.result, "as soon as") {
			t.Errorf("%s: on %s, %q", screen, at, m.line.result)
		}
		m.press("enter")
		m.settle(func() tea.Msg { return dataMsg{shop(t)} })
		if strings.Contains(m.status, "as soon as") || screen == "2" && !strings.Contains(m.status, "3 functions, ") {
			t.Errorf("%s: there are data, and the status is %q", screen, m.status)
		}
		if m.press("n"); strings.Contains(m.status, "searches") || !strings.Contains(m.command(), "--search") {
			t.Errorf("%s: after the data %q, %s", screen, m.status, m.command())
		}
	}
}

// No screen takes the letters of a search for commands, whatever there is on it.
func TestSearchIsTypedEverywhere(t *testing.T) {
	for _, d := range []func(testing.TB) *Data{shop, begun, collecting, nothing, empty, failed, gone} {
		m := began(t, d(t), trueColor, 100, 30)
		for at := range screenCount {
			m.press(at.digit(), "/", "type:quick9")
			if m.at != at || !m.line.open || string(m.line.text) != "quick9" || m.line.result == "" {
				t.Errorf("%s of %s: on %s, open %v, typed %q, %q", screenNames[at], m.data.Title, screenNames[m.at], m.line.open, string(m.line.text), m.line.result)
			}
			m.press("esc")
		}
	}
	m := began(t, nothing(t), trueColor, 100, 30)
	if m.press("3", "/", "type:x"); strings.Contains(m.line.result, "as soon as") {
		t.Errorf("there is no profile, and none comes: %q", m.line.result)
	}
}

func TestTail(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{{"/srv/d/x.goperf", 20, "/srv/d/x.goperf"}, {"/srv/d/x.goperf", 11, "…/x.goperf"}, {"/srv/d/x.goperf", 10, "…/x.goperf"}, {"/srv/d/x.goperf", 9, "x.goperf"}, {"/tmp/x.goperf", 9, "…"}} {
		if got := tail(c.text, c.columns, "…"); got != c.want && c.want != "…" || width(got) > c.columns {
			t.Errorf("%q in %d: %q, want %q", c.text, c.columns, got, c.want)
		}
	}
}

// Two esc that arrive as one key are two.
func TestTwoEscapesAtOnce(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
	m.press("2", "/", "type:json")
	m.Update(tea.KeyPressMsg{Code: tea.KeyEscape, Mod: tea.ModAlt})
	if m.line.open {
		t.Error("the line that is typed stays open")
	}
}
