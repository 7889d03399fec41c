package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/profile"
)

// labelled is a CPU profile of which some stacks have labels.
func labelled(t *testing.T) *Data {
	t.Helper()
	b := profile.NewBuilder(true, profile.ValueType{Type: "samples", Unit: "count"}, profile.ValueType{Type: "cpu", Unit: "nanoseconds"})
	at := func(name string) uint32 {
		return b.Location(profile.Location{Mapping: -1, Lines: []profile.Line{{Function: b.Function(profile.Function{Name: name, SystemName: name})}}})
	}
	sample := func(n int64, labels ...profile.Label) {
		b.Sample([]uint32{at("main.work"), at("main.main")}, []int64{n, n * 1e7}, labels...)
	}
	sample(6, profile.Label{Key: "endpoint", Str: "/cart"}, profile.Label{Key: "tenant", Str: "\x1b[31mred"})
	sample(3, profile.Label{Key: "endpoint", Str: "/list"})
	sample(1)
	p, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return &Data{Title: "x", Main: "main", Profiles: []Profile{{Kind: "cpu", Profile: p}, {Kind: "heap", Profile: parsed(t, shopHeap, "heap")}}}
}

// v puts the values of each label above the stacks, one label after the other; the
// command that y copies too.
func TestByLabel(t *testing.T) {
	m := began(t, labelled(t), trueColor, 120, 36)
	m.press("2", "v")
	frame := text(shown(m))
	for _, want := range []string{"by label endpoint ×", "endpoint=/cart", "60%", "endpoint=/list", "without en"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q:\n%s", want, frame)
		}
	}
	o := trueColor
	o.View = viewOf(t, m.command())
	if got := text(shown(began(t, labelled(t), o, 120, 36))); !strings.Contains(got, "endpoint=/cart") {
		t.Errorf("%s shows\n%s", m.command(), got)
	}
	m.press("v")
	if frame = text(shown(m)); !strings.Contains(frame, `tenant=\x1b[31mred`) {
		t.Errorf("by the second label:\n%s", frame)
	}
	m.press("v")
	if m.seen.lens != (lens{}) {
		t.Errorf("after the last label: %+v", m.seen.lens)
	}
	m.press("t", "t", "v")
	if !strings.Contains(m.status, "labels") || m.seen.lens.label != "" {
		t.Errorf("without labels: %q", m.status)
	}
}

// A click on a filter takes it away.
func TestChipsAreClicked(t *testing.T) {
	for _, at := range []string{"2", "3"} {
		m := began(t, shop(t), trueColor, 140, 36)
		m.press(at, "/", "type:price", "enter", "f", "p", "g")
		m.status = ""
		for _, word := range []string{"own code only ×", "focus price ×", "by packages ×"} {
			x, y := m.place(t, word)
			m.clicked(x+len([]rune(word))-1, y, tea.MouseLeft)
			if frame := text(shown(m)); strings.Contains(frame, word) {
				t.Errorf("a click leaves %s:\n%s", word, frame)
			}
		}
		if l := m.seen.lens; l != (lens{}) {
			t.Errorf("left is %+v", l)
		}
		m.press("u")
		if m.seen.lens.by == "" {
			t.Error("u does not bring it back")
		}
	}
}

// Why there are no labels is told by the kind of the profile.
func TestWhyThereAreNoLabels(t *testing.T) {
	for kind, want := range map[string]string{"cpu": "larger than 1 MiB", "heap": "labels of heap profiles are not read", "goroutine": "this profile has no labels"} {
		d := &Data{Profiles: []Profile{{Kind: kind, Profile: parsed(t, "main.main 1 10ms", "cpu")}}}
		if _, said := (lens{kind: kind}).nextLabel(d); !strings.Contains(said, want) {
			t.Errorf("%s: %q, want %q", kind, said, want)
		}
	}
}
