package tui

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// b marks a slice, d shows another one as its difference to it; percentages are of
// the marked one, brought to the same length.
func TestAgainstSlice(t *testing.T) {
	d := sliced(t)
	d.Profiles[0].Parts[0].DurationNanos /= 2 // all that it holds was taken in half the time
	m := began(t, d, trueColor, 120, 30)
	m.press("2", "d")
	if !strings.Contains(m.status, "b marks") {
		t.Errorf("without a base: %q", m.status)
	}
	m.press(">", "b")
	if !strings.Contains(m.status, "marked slice 1 of 3") {
		t.Errorf("status %q", m.status)
	}
	m.press(">", "d")
	frame := text(shown(m))
	for _, want := range []string{"against slice 1 of 3", "100ms to 50ms  -50%  ±69 % by chance  (after × 0.5)", "▼ main.first", "▲ main.second"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q in\n%s", want, frame)
		}
	}
	m.press("=")
	if frame := text(shown(m)); !strings.Contains(frame, "100ms to 100ms  =0%") || !strings.Contains(frame, "as measured") {
		t.Errorf("= shows what was measured:\n%s", frame)
	}
	if !strings.Contains(m.command(), "--as-measured") {
		t.Error(m.command())
	}
	m.press("=", "b")
	if !strings.Contains(m.status, "already") {
		t.Errorf("b on a comparison: %q", m.status)
	}
	m.press("8")
	if frame := text(shown(m)); !strings.Contains(frame, "Slices of one collection are compared on Flame and Top") || !strings.Contains(frame, "100ms to 50ms -50% ±69 % by chance") {
		t.Errorf("Diff does not say what is compared where:\n%s", frame)
	}
	m.press("3")
	if frame := text(shown(m)); !strings.Contains(frame, "-100%") {
		t.Errorf("Top has no change:\n%s", frame)
	}
	m.press("u", "u", "u") // = twice, and d
	if m.seen.s.from.Base != nil {
		t.Error("u does not end the comparison")
	}
	m.press("ctrl+r", "d")
	if m.seen.s.from.Base != nil {
		t.Error("d does not end the comparison")
	}
	m.press("t", "t", "t", "d")
	if !strings.Contains(m.status, "a cpu profile was marked, this is heap") {
		t.Errorf("another kind: %q", m.status)
	}
}

// What was marked stays what it was when the service is asked again.
func TestAgainstEarlier(t *testing.T) {
	d := &Data{Title: "x", Live: true, Profiles: []Profile{{Kind: "cpu", Profile: parsed(t, "\nmain.main;main.old 30\n", "cpu")}}}
	m := began(t, d, trueColor, 100, 30)
	m.press("2", "b")
	later := &Data{Title: "x", Live: true, Profiles: []Profile{{Kind: "cpu", Profile: parsed(t, "\nmain.main;main.young 60\n", "cpu")}}}
	m.settle(func() tea.Msg { return dataMsg{later} })
	m.press("d")
	if frame := text(shown(m)); !strings.Contains(frame, "300ms to 600ms") || !strings.Contains(frame, "▼ main.old") || !strings.Contains(frame, "▲ main.young") {
		t.Errorf("now against then:\n%s", frame)
	}
	m.press("y")
	if !strings.Contains(m.status, "without the comparison: its base is of an earlier collection") {
		t.Errorf("y does not say that the base is missing: %q", m.status)
	}
}

// d on Diff exchanges the sides, and a command shows them so.
func TestSwap(t *testing.T) {
	d := differs(t)
	other := differs(t)
	other.Title = "new to old"
	other.Compared = &Comparison{Args: []string{"old", "--base", "new"}, Swap: func() (*Data, error) { return d, nil }}
	d.Compared = &Comparison{Swap: func() (*Data, error) { return other, nil }}
	o := trueColor
	o.Args = []string{"new", "--base", "old"}
	m := began(t, d, o, 120, 36)
	m.press("8", "d")
	if m.data != other || !strings.HasPrefix(m.command(), "goperf tui old --base new ") || !strings.Contains(m.status, "d brings them back") {
		t.Errorf("%s, %s, %q", m.data.Title, m.command(), m.status)
	}
	m.press("d")
	if m.data != d || !strings.HasPrefix(m.command(), "goperf tui new --base old ") {
		t.Errorf("%s, %s", m.data.Title, m.command())
	}
	d.Compared.Swap = func() (*Data, error) { return nil, errors.New("they are of two platforms") }
	m.press("d")
	if m.data != d || m.status != "they are of two platforms" {
		t.Errorf("%s, %q", m.data.Title, m.status)
	}
}

func TestTypeMenu(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
	m.press("2", "T", "type:alloc_space", "enter")
	if m.seen.lens.kind != "heap" || m.seen.lens.column != "alloc_space" || m.line.open {
		t.Errorf("the lens is %+v", m.seen.lens)
	}
	m.press("T", "type:no such", "enter")
	if m.seen.lens.column != "alloc_space" || m.line.open {
		t.Errorf("a type that there is not: %+v", m.seen.lens)
	}
}

func TestSettings(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
	m.press("2", ",", "enter", "down", "down", "enter", "down", "enter", "esc")
	if m.line.open || !m.o.Looks.Light || !m.o.Looks.ASCII || m.View().MouseMode != tea.MouseModeNone {
		t.Errorf("looks %+v, mouse %v", m.o.Looks, m.View().MouseMode)
	}
	if got := m.command(); !strings.Contains(got, "--theme light --ascii") {
		t.Errorf("the command is %q", got)
	}
	if frame := text(shown(m)); strings.ContainsAny(frame, "▏▌─") {
		t.Errorf("not ASCII:\n%s", frame)
	}
}

// Scaling by one factor keeps what there is.
func TestScales(t *testing.T) {
	p := parsed(t, shopHeap, "heap")
	if got := p.Scale(scales(p, 2)...); got.Total(0) != 2*p.Total(0) || got.Total(1) != 2*p.Total(1) {
		t.Errorf("%d, %d", got.Total(0), got.Total(1))
	}
}
