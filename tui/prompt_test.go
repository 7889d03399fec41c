package tui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// Every form in which the screen can be written is what its name says.
func TestExport(t *testing.T) {
	files := map[string][]byte{}
	o := trueColor
	o.Write = func(_ context.Context, name string, write func(io.Writer) error) error {
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

func TestPalette(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
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
		{"no such thing at all", func() bool { return m.at == memoryScreen && !m.line.open }},
	} {
		m.press(":", "type:"+c.typed, "enter")
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
