package tui

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// A comparison with a service: what a difference does not show is shown of that side,
// which is named, can be written, and is collected again.
func TestComparisonOfService(t *testing.T) {
	side := *shop(t)
	side.Title, side.Live, side.Of = "http://shop:6060", true, []string{"old.goperf"}
	d := differs(t)
	d.Live = true
	d.Compared = &Comparison{New: []string{"http://shop:6060"}, Side: &side, Args: []string{"http://shop:6060", "--base", "old.goperf"}}
	o := trueColor
	o.Args = d.Compared.Args
	o.Bundle = func(io.Writer) error { return nil }
	o.Write = func(context.Context, string, bool, func(io.Writer) error) error { return nil }
	m := began(t, d, o, 120, 36)
	for key, want := range map[string]string{"4": "notify", "5": "live heap", "0": "GET /debug/pprof/heap"} {
		m.press(key)
		if got := text(shown(m)); !strings.Contains(got, "one side alone: http://shop:6060") || !strings.Contains(got, want) {
			t.Errorf("%s shows no %q of the side:\n%s", key, want, got)
		}
	}
	m.press("8")
	if got := text(shown(m)); strings.Contains(got, "one side alone") || !strings.Contains(got, "totals") {
		t.Errorf("Diff:\n%s", got)
	}
	m.press("W", "enter", "y")
	if got := m.status; !strings.HasPrefix(got, "copied: goperf tui session.goperf --base old.goperf --screen diff") {
		t.Errorf("after W: %q", got)
	}
	if m.press("R"); strings.Contains(m.status, "recorded") {
		t.Errorf("R: %q", m.status)
	}
	again := *d
	again.Collecting = &Collecting{Doing: "profiling the CPU", Window: 30 * time.Second}
	m.take(&again)
	for _, key := range []string{"8", "0"} {
		m.press(key)
		if got := text(shown(m)); !strings.Contains(got, "profiling the CPU") {
			t.Errorf("while it is collected again %s shows:\n%s", key, got)
		}
	}
}

// While the new side of a comparison is collected, Diff says how far that is.
func TestComparisonToCome(t *testing.T) {
	d := *collecting(t)
	d.Compared = &Comparison{New: []string{"http://shop:6060"}}
	m := began(t, &d, trueColor, 120, 36)
	m.press("8")
	if got := text(shown(m)); !strings.Contains(got, "─ arrived ─") || strings.Contains(got, "BASE") {
		t.Errorf("Diff:\n%s", got)
	}
	m.press("5")
	if got := text(shown(m)); strings.Contains(got, "A comparison does not show") {
		t.Errorf("Memory:\n%s", got)
	}
}
