package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// Slices of different lengths are told by the second, what only grows by what was
// added, and filters count.
func TestTrend(t *testing.T) {
	slice := func(text string, seconds int64) *profile.Profile {
		p := parsed(t, text, "cpu")
		p.DurationNanos = seconds * 1e9
		return p
	}
	parts := []*profile.Profile{slice("main.main;main.a 10\nmain.main;main.b 5", 1), slice("main.main;main.a 20", 4)}
	whole, err := profile.Merge(parts...)
	if err != nil {
		t.Fatal(err)
	}
	d := &Data{Profiles: []Profile{{Kind: "cpu", Profile: whole, Parts: parts}}}
	s := lens{}.look(d, allNodes)
	for _, c := range []struct{ name, self, total string }{
		{"main.a", "100ms/s → 50ms/s", "100ms/s → 50ms/s"},
		{"main.b", "50ms/s → 0/s", "50ms/s → 0/s"},
		{"main.main", "0/s → 0/s", "150ms/s → 50ms/s"},
	} {
		if self, total := s.trend.words(c.name, trendSelf), s.trend.words(c.name, trendTotal); self != c.self || total != c.total {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, self, total, c.self, c.total)
		}
	}
	if got := s.trend.of("main.a", trendSelf); got != "▇▄" {
		t.Errorf("drawn as %q", got)
	}
	if s := (lens{ignore: "main.b"}).look(d, allNodes); s.trend.words("main.main", trendTotal) != "100ms/s → 50ms/s" {
		t.Errorf("without main.b: %q", s.trend.words("main.main", trendTotal))
	}
	if s := (lens{part: 1}).look(d, allNodes); s.trend.words("main.a", trendSelf) != "" {
		t.Error("a slice has a trend")
	}
	mutex := []*profile.Profile{parsed(t, "main.a 10 1000", "mutex"), parsed(t, "main.a 12 5000", "mutex"), parsed(t, "main.a 12 5000", "mutex")}
	d = &Data{Profiles: []Profile{{Kind: "mutex", Profile: mutex[2], Parts: mutex}}}
	if got := (lens{column: "delay"}).look(d, allNodes).trend.words("main.a", trendSelf); got != "4us → 0" {
		t.Errorf("of a counter: %q", got)
	}
}

// The source that is shown first is that of the best finding that the profile
// knows; it stays when the user has moved in it.
func TestSourceOfFirstFinding(t *testing.T) {
	m := began(t, growing(t), trueColor, 120, 36)
	m.press("9")
	at := func() string { return m.screens[sourceScreenID].(*sourceScreen).got.Function.Name }
	early := at()
	if early == "" {
		t.Fatal("no source while profiles come")
	}
	m.settle(func() tea.Msg { return dataMsg{shop(t)} })
	if got := at(); got != "example.com/shop/price.Quote" {
		t.Errorf("source of %q, want that of the first finding", got)
	}
	m = began(t, growing(t), trueColor, 120, 36)
	m.press("9", "j")
	m.settle(func() tea.Msg { return dataMsg{shop(t)} })
	if got := at(); got != early {
		t.Errorf("source of %q, the user was at %q", got, early)
	}
	d := shop(t)
	undiagnosed := *d
	undiagnosed.Report = nil
	m = began(t, &undiagnosed, trueColor, 120, 36)
	m.press("9")
	m.settle(func() tea.Msg { return dataMsg{d} }) // the same profiles: only the diagnosis has come
	m.Update(nil)
	m.settle(m.source().now())
	if got := at(); got != "example.com/shop/price.Quote" {
		t.Errorf("source of %q when only the diagnosis has come, want that of the first finding", got)
	}
	d = shop(t)
	d.Report.Findings[0].Where[0].Function = "example.com/shop/not.Sampled"
	d.Report.Findings[1].Where = []report.Frame{{Function: "encoding/json.Marshal"}}
	m = began(t, d, trueColor, 120, 36)
	m.press("9")
	if got := at(); got != "encoding/json.Marshal" {
		t.Errorf("source of %q, want that of the first finding with samples", got)
	}
}

// A function that this profile does not have is looked for in the others.
func TestSourceElsewhere(t *testing.T) {
	o := trueColor
	o.View = View{Screen: "source", Function: "example.com/shop/store.Open"}
	m := began(t, shop(t), o, 120, 36)
	if got := text(shown(m)); !strings.Contains(got, "no source: the cpu profile has no lines of it") || !strings.Contains(got, "it is in these profiles: heap") {
		t.Errorf("it is not told where the function is:\n%s", got)
	}
}

// Rare short waits are one bucket, and none is lost.
func TestCondensed(t *testing.T) {
	for _, c := range []struct{ bounds, counts, wantBounds, want []float64 }{
		{[]float64{0, 1, 2, 5, 10}, []float64{1, 0, 3, 996}, []float64{0, 5, 10}, []float64{4, 996}},
		{[]float64{0, 1, 2, 5, 10}, []float64{0, 2, 8, 990}, []float64{1, 5, 10}, []float64{10, 990}},
		{[]float64{0, 1, 2}, []float64{1, 999}, []float64{0, 1, 2}, []float64{1, 999}},
		{[]float64{0, 1, 2}, []float64{0, 0}, []float64{0, 1, 2}, []float64{0, 0}},
		{[]float64{0, 1, 2}, []float64{50, 50}, []float64{0, 1, 2}, []float64{50, 50}},
	} {
		got := condensed(&report.Histogram{Bounds: c.bounds, Counts: c.counts})
		if !slices.Equal(got.Bounds, c.wantBounds) || !slices.Equal(got.Counts, c.want) {
			t.Errorf("%v %v is condensed to %v %v", c.bounds, c.counts, got.Bounds, got.Counts)
		}
	}
}
