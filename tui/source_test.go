package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// A profile without samples has no function to list, and is not read for ever.
func TestSourceOfNothing(t *testing.T) {
	p := parsed(t, "main.main 1 10ms", "cpu")
	p = profile.Filter(p, func(int) bool { return false })
	m := began(t, &Data{Profiles: []Profile{{Kind: "cpu", Profile: p}}, Report: &report.Report{}}, trueColor, 80, 24)
	m.press("9")
	if frame := text(shown(m)); strings.Contains(frame, "Reading") || !strings.Contains(frame, "has no samples") {
		t.Error(frame)
	}
}

// Of a comparison the numbers are changes, and say so.
func TestSourceOfAChange(t *testing.T) {
	o := trueColor
	o.View.Function = "example.com/shop/price.Quote"
	d := differs(t)
	d.Profiles[0].Scales = []float64{0.272, 0.272}
	m := began(t, d, o, 120, 36)
	m.press("9")
	frame := text(shown(m))
	for _, want := range []string{"change of cpu (after × 0.272)", "total +350ms", "+35% of all before", " +350ms"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q in\n%s", want, frame)
		}
	}
}

// The mouse means the parts where they are drawn, below the lines about the function:
// a click chooses the row it is on, a drag moves the border that it holds.
func TestSourceByMouse(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("9", "a")
	x, y := m.place(t, "statement(15)")
	m.press("home")
	m.clicked(x, y, tea.MouseLeft)
	if r := m.source().row(); r == nil || r.N != 15 {
		t.Errorf("a click on line 15 chooses %+v", r)
	}
	x, y = m.place(t, "─ assembly of line")
	m.dragged(x-2, y+3, x-22, y+3)
	if now, _ := m.place(t, "─ assembly of line"); now != x-20 && now != x-19 && now != x-21 {
		t.Errorf("the border was dragged from %d to %d", x, now)
	}
	_, y = m.place(t, "─ 1 finding")
	m.dragged(5, y, 5, y-6)
	if _, now := m.place(t, "─ 1 finding"); now != y-6 {
		t.Errorf("the line above the finding was dragged from %d to %d:\n%s", y, now, text(shown(m)))
	}
	before := strings.Count(text(shown(m)), "statement(")
	m.press("}", "}")
	if now := strings.Count(text(shown(m)), "statement("); now <= before {
		t.Errorf("%d lines of source with more room, %d before", now, before)
	}
}

// The source of a function is seen through a profile that has it: of goroutines, or
// of what a finding is about, when the one that is looked at knows nothing of it.
func TestSourceOfAnotherProfile(t *testing.T) {
	notify := "example.com/shop/cart.(*Server).notify"
	shop := func() *Data {
		d := shop(t)
		d.Profiles = append(d.Profiles, Profile{Kind: "goroutine", Profile: parsed(t, "\nmain.main;"+notify+" 12\n", "goroutine")})
		d.Report.Findings[0].Where = []report.Frame{{Function: "example.com/shop/store.Open"}}
		d.Report.Findings[0].Cost.Resource = "heap"
		return d
	}
	for name, keys := range map[string][]string{
		"group":                  {"4", "g", "enter"},
		"group, s":               {"4", "g", "s"},
		"finding of goroutines":  {"1", "j", "s"},
		"finding of the heap":    {"1", "s"},
		"heap while cpu is seen": {"2", "1", "s"},
	} {
		m := began(t, shop(), trueColor, 120, 36)
		m.press(keys...)
		m.settle(m.source().now())
		want, kind := notify, "goroutine"
		if strings.Contains(name, "heap") {
			want, kind = "example.com/shop/store.Open", "heap"
		}
		if s := m.source(); m.at != sourceScreenID || s.s.from.Kind != kind || s.got == nil || s.got.Function.Name != want || len(s.got.Function.Lines) == 0 {
			t.Errorf("%s: %s\n%s", name, screenNames[m.at], text(shown(m)))
		}
	}
}
