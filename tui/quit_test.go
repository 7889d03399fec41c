package tui

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

func quits(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	_, ok := cmd().(tea.QuitMsg)
	return ok
}

// What a service was asked for is there once: q tells what is lost before it is,
// and asked again at once it ends the program.
func TestQuitUnsaved(t *testing.T) {
	collected, collecting := *shop(t), *collecting(t)
	collected.Live = true
	saved := collected
	saved.Live = false
	writes := trueColor
	writes.Bundle = func(io.Writer) error { return nil }
	writes.Write = func(context.Context, string, bool, func(io.Writer) error) error { return nil }
	kept := writes
	kept.Kept = true
	for _, c := range []struct {
		name  string
		of    *Data
		o     Options
		keys  string
		asks  string // instead of the end
		write string
	}{
		{"collected", &collected, writes, "q", "not saved: W writes what was collected, q again quits", ""},
		{"asked again", &collected, writes, "q q", "", ""},
		{"ctrl+c", &collected, writes, "ctrl+c", "not saved: W writes what was collected, q again quits", ""},
		{"q, then ctrl+c", &collected, writes, "q ctrl+c", "", ""},
		{"something else between", &collected, writes, "q 2 q", "not saved: W writes what was collected, q again quits", ""},
		{"while it collects", &collecting, writes, "q", "nothing is saved: W writes what has come by now, q again quits", ""},
		{"written", &collected, writes, "q", "", "x.goperf"},
		{"a picture written", &collected, writes, "q", "not saved: W writes what was collected, q again quits", "x.txt"},
		{"read from a file", &saved, writes, "q", "", ""},
		{"kept anyhow", &collected, kept, "q", "", ""},
		{"nothing can be kept", &collected, trueColor, "q", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := began(t, c.of, c.o, 100, 30)
			if c.write != "" {
				m.Update(m.exportTo(c.write, false)())
			}
			var last tea.Cmd
			for k := range strings.FieldsSeq(c.keys) {
				if quits(last) {
					t.Fatalf("ended before %s", k)
				}
				_, last = m.Update(pressed(k))
			}
			if quits(last) != (c.asks == "") || c.asks != "" && m.status != c.asks {
				t.Errorf("ends %t, status %q", quits(last), m.status)
			}
		})
	}
}

// R takes the place of what was collected: it tells so as q does, and asked again at
// once it does it.
func TestCollectAgainUnsaved(t *testing.T) {
	collected := *shop(t)
	collected.Live = true
	writes := trueColor
	writes.Bundle = func(io.Writer) error { return nil }
	writes.Write = func(context.Context, string, bool, func(io.Writer) error) error { return nil }
	writes.Feed = func(context.Context, <-chan struct{}, func(*Data)) {}
	const asks = "not saved: W writes what was collected, R again collects anew, in its place"
	for keys, begins := range map[string]bool{"R": false, "R R": true, "R 2 R": false, "R q R": false, "write R": true} {
		m := began(t, &collected, writes, 120, 30)
		before := m.feed.watch.collection
		for k := range strings.FieldsSeq(keys) {
			if k == "write" {
				m.Update(m.exportTo("x.goperf", false)())
				continue
			}
			m.Update(pressed(k))
		}
		if began := m.feed.watch.collection != before; began != begins || !begins && m.status != asks {
			t.Errorf("%s: collects %t, status %q", keys, began, m.status)
		}
	}
}

// q waits for a file that is being written, which would be lost; asked again it
// does not, and what went wrong is there to be read.
func TestQuitWhileWriting(t *testing.T) {
	for _, c := range []struct {
		name  string
		keys  []string // while it is written
		fails error
		ends  bool // when it is
	}{
		{"quits then", []string{"q"}, nil, true},
		{"stays", nil, nil, false},
		{"failed", []string{"q"}, errors.New("shop.svg: write: no space left"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := trueColor
			o.Write = func(context.Context, string, bool, func(io.Writer) error) error { return c.fails }
			m := began(t, shop(t), o, 100, 30)
			m.press("2")
			write := m.exportTo("shop.svg", false)
			for _, k := range c.keys {
				if _, cmd := m.Update(pressed(k)); quits(cmd) {
					t.Fatalf("%s ends it before the file is written", k)
				}
			}
			_, cmd := m.Update(write())
			if quits(cmd) != c.ends {
				t.Errorf("after the file: quits %t, status %q", !c.ends, m.status)
			}
			if c.fails != nil && m.status != c.fails.Error() {
				t.Errorf("status %q", m.status)
			}
		})
	}
	o := trueColor
	o.Write = func(context.Context, string, bool, func(io.Writer) error) error { return nil }
	m := began(t, shop(t), o, 100, 30)
	m.exportTo("shop.txt", false)
	m.press("q")
	if m.writing.ctx.Err() != nil {
		t.Error("the first q gives the file up")
	}
	if _, cmd := m.Update(pressed("q")); !quits(cmd) || m.writing.ctx.Err() == nil {
		t.Errorf("the second q does not end it, and what is written: %q", m.status)
	}
}

// What a comparison does not show is seen of one side alone.
func TestMissingOfComparison(t *testing.T) {
	d := &Data{Title: "old → new", Compared: &Comparison{New: []string{"my new.goperf"}}, Report: comparison()}
	m := began(t, d, trueColor, 100, 30)
	for _, s := range []screenID{goroutineScreen, memoryScreen, tcpScreen} {
		a := m.screens[s].missing()
		if a == nil || a.hint != "goperf tui 'my new.goperf'" || strings.Contains(strings.Join(a.why, " "), "holds") {
			t.Errorf("%s: %+v", screenNames[s], a)
		}
	}
}

// A command names the bundle in which was kept what is shown, and says where it
// shows something else.
func TestCommandOfService(t *testing.T) {
	d := *shop(t)
	d.Live = true
	o := trueColor
	o.Args, o.Less = []string{"https://10.0.3.7:6060", "--cacert", "own.pem"}, []string{"basic"}
	o.Bundle = func(io.Writer) error { return nil }
	o.Write = func(context.Context, string, bool, func(io.Writer) error) error { return nil }
	m := began(t, &d, o, 100, 30)
	m.press("2", "y")
	for _, want := range []string{"goperf tui https://10.0.3.7:6060 --cacert own.pem --screen flame", "without --basic", "W keeps this"} {
		if !strings.Contains(m.status, want) {
			t.Errorf("no %q in %q", want, m.status)
		}
	}
	m.press("W", "enter", "y")
	if got := m.status; !strings.HasPrefix(got, "copied: goperf tui session.goperf --screen flame") || strings.Contains(got, "(") {
		t.Errorf("after W: %q", got)
	}
}

// What comes from standard input is named by no command until it is in a file.
func TestCommandOfPipe(t *testing.T) {
	o := trueColor
	o.Args = []string{"-"}
	o.Bundle = func(io.Writer) error { return nil }
	o.Write = func(context.Context, string, bool, func(io.Writer) error) error { return nil }
	m := began(t, shop(t), o, 100, 30)
	m.press("2", "y")
	if got := m.status; strings.Contains(got, "copied") || !strings.Contains(got, "W writes it to a file") {
		t.Errorf("%q", got)
	}
	m.press("W", "enter", "y")
	if got := m.status; !strings.HasPrefix(got, "copied: goperf tui session.goperf --screen flame") {
		t.Errorf("after W: %q", got)
	}
}

// W writes what has come while it is collected, and says that it is not all.
func TestWriteWhileCollecting(t *testing.T) {
	o := trueColor
	o.Bundle = func(w io.Writer) error { _, err := io.WriteString(w, "all of it"); return err }
	var wrote strings.Builder
	o.Write = func(_ context.Context, _ string, _ bool, write func(io.Writer) error) error { return write(&wrote) }
	d := *collecting(t)
	d.Live = true
	m := began(t, &d, o, 100, 30)
	m.press("W", "enter")
	if wrote.String() != "all of it" || !strings.Contains(m.status, "what has come by now") {
		t.Errorf("wrote %q, status %q", wrote.String(), m.status)
	}
	if m.unsaved(quit) == "" {
		t.Error("what comes yet is lost without a question")
	}
	d.Collecting = &Collecting{Doing: "looking for profiles"}
	m = began(t, &d, o, 100, 30)
	if m.press("W", "enter"); m.status != "nothing has come that could be written" {
		t.Errorf("before anything has come: %q", m.status)
	}
	m = began(t, &Data{Title: "http://shop", Err: errors.New("connection refused")}, o, 100, 30)
	if m.press("W", "enter"); m.status != "nothing has come that could be written" {
		t.Errorf("when nothing ever came: %q", m.status)
	}
}

// A collection that fails leaves what the one before brought.
func TestCollectAgainInVain(t *testing.T) {
	d := *shop(t)
	d.Live = true
	m := began(t, &d, trueColor, 120, 36)
	m.press("2", "j", "j")
	sel := m.flame().selPath()
	again := d
	again.Collecting = &Collecting{Doing: "looking for profiles", Window: 30 * time.Second}
	m.settle(func() tea.Msg { return dataMsg{&again} })
	if got := text(shown(m)); !strings.Contains(got, "looking for profiles") || !strings.Contains(got, "collecting") || !strings.Contains(got, "price.Quote") {
		t.Errorf("while it is collected again:\n%s", got)
	}
	m.press("1")
	if got := text(shown(m)); !strings.Contains(got, "price.Quote compiles") {
		t.Errorf("the findings are gone while it is collected again:\n%s", got)
	}
	failed := d
	failed.Err = errors.New("http://shop:6060: connection refused")
	m.settle(func() tea.Msg { return dataMsg{&failed} })
	if got := text(shown(m)); !strings.Contains(got, "price.Quote compiles") || !strings.Contains(got, "not collected again: http://shop:6060: connection refused") || strings.Contains(got, "failed") {
		t.Errorf("after it failed:\n%s", got)
	}
	m.press("0")
	if got := text(shown(m)); !strings.Contains(got, "What came before is kept") || !strings.Contains(got, "connection refused") {
		t.Errorf("Live:\n%s", got)
	}
	if m.press("2"); m.flame().selPath() != sel {
		t.Errorf("selected %q, not %q", m.flame().selPath(), sel)
	}
}
