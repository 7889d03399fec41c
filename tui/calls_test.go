package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// tab goes from the table to the boxes of callers and callees, which keys and the
// mouse go through; enter makes the selected one the function in the middle.
func TestThroughCalls(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("3", "/", "type:price", "enter", "tab")
	top := m.screens[topScreenID].(*topScreen)
	if m.at != topScreenID || !top.calls.on {
		t.Fatal("tab leaves Top")
	}
	const quote, server = "example.com/shop/price.Quote", "example.com/shop/cart.(*Server).ServeHTTP"
	m.press("k")
	if got := top.target(); got != server {
		t.Errorf("above %s is %q", quote, got)
	}
	m.press("k", "k", "k", "j", "j", "j", "j", "l")
	if got := top.target(); got != "regexp.(*Regexp).MatchString" {
		t.Errorf("below it, the second is %q", got)
	}
	if frame := text(shown(m)); !strings.Contains(frame, "regexp.(*Regexp).MatchString  stdlib") || !strings.Contains(frame, "50ms, 12% of it") {
		t.Errorf("the selected box is not told of:\n%s", frame)
	}
	m.press("s")
	if got := m.source().at.name; m.at != sourceScreenID || got != "regexp.(*Regexp).MatchString" {
		t.Errorf("s shows %q", got)
	}
	m.press("-", "enter")
	if got := top.name(); got != "regexp.(*Regexp).MatchString" || top.calls.sides.name != got {
		t.Errorf("enter puts %q in the middle of %q", got, top.calls.sides.name)
	}
	x, y := m.place(t, "example.com/shop/price.Quote                  ")
	m.clicked(x, y, tea.MouseLeft)
	if got := top.target(); got != quote || top.name() == quote {
		t.Errorf("a click selects %q", got)
	}
	m.clicked(x, y, tea.MouseLeft)
	if got := top.name(); got != quote {
		t.Errorf("the second one leads to %q", got)
	}
	m.press("esc")
	if top.calls.on {
		t.Error("esc does not lead back to the table")
	}
	m.press("tab", "tab")
	if m.at == topScreenID {
		t.Error("tab does not lead on to the next screen")
	}
}

// What has the keys has the mark, and the whole screen when it is to have that.
func TestCallsHaveTheScreen(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
	m.press("3")
	for _, pane := range []string{"the table", "the calls"} {
		if n := strings.Count(text(shown(m)), "\n"+m.frame.theme.Glyphs.Picked); n != 1 {
			t.Errorf("%s: %d marks:\n%s", pane, n, text(shown(m)))
		}
		m.press("tab")
	}
	m.press("3", "tab", "Z")
	checkFrame(t, m)
	if frame := text(shown(m)); strings.Contains(frame, "total%") || !strings.Contains(frame, ": who spends it") {
		t.Errorf("the calls have not the whole screen:\n%s", frame)
	}
	m.press("esc")
	if frame := text(shown(m)); !strings.Contains(frame, "total%") || strings.Contains(frame, ": who spends it") {
		t.Errorf("back in the table, it has not the whole screen:\n%s", frame)
	}
}

// The line between the table and the calls can be moved, by keys and by the mouse;
// what is pointed at afterwards is what is there.
func TestTopIsResized(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("3")
	top := m.screens[topScreenID].(*topScreen)
	m.View()
	before := top.edge
	m.dragged(10, m.above()+before, 10, m.above()+before-4)
	if top.edge != before-4 {
		t.Errorf("the line is at %d, was at %d", top.edge, before)
	}
	m.press("}")
	m.View()
	if top.edge != before-2 {
		t.Errorf("after a key it is at %d, was at %d", top.edge, before)
	}
	m.press("tab", "}", "}")
	m.View()
	if top.edge != before-6 {
		t.Errorf("with more room for the calls it is at %d, was at %d", top.edge, before)
	}
	m.press("esc")
	x, y := m.place(t, "runtime.main")
	m.clicked(x+50, y, tea.MouseLeft)
	if got := top.target(); got != "runtime.main" {
		t.Errorf("a click on runtime.main selects %q", got)
	}
	m.dragged(10, m.above()+top.edge, 10, 35)
	m.dragged(10, m.above()+top.edge, 10, 0)
	if top.edge != top.first+leastRows {
		t.Errorf("pulled to the top it is at %d", top.edge)
	}
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	checkFrame(t, m)
}
