package tui

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// q waits for a file that is being written, which would be lost; asked again it
// does not, and what went wrong is there to be read.
func TestQuitWhileWriting(t *testing.T) {
	quits := func(cmd tea.Cmd) bool {
		if cmd == nil {
			return false
		}
		_, ok := cmd().(tea.QuitMsg)
		return ok
	}
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
			o.Write = func(context.Context, string, func(io.Writer) error) error { return c.fails }
			m := began(t, shop(t), o, 100, 30)
			m.press("2")
			write := m.exportTo("shop.svg")
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
	o.Write = func(context.Context, string, func(io.Writer) error) error { return nil }
	m := began(t, shop(t), o, 100, 30)
	m.exportTo("shop.txt")
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
	d := &Data{Title: "old → new", Compared: []string{"my new.goperf"}, Report: comparison()}
	m := began(t, d, trueColor, 100, 30)
	for _, s := range []screenID{goroutineScreen, memoryScreen, tcpScreen} {
		a := m.screens[s].missing()
		if a == nil || a.hint != "goperf tui 'my new.goperf'" || strings.Contains(strings.Join(a.why, " "), "holds") {
			t.Errorf("%s: %+v", screenNames[s], a)
		}
	}
}
