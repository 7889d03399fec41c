package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// clicked is a click at a place.
func (m *Model) clicked(x, y int, button tea.MouseButton) {
	m.View()
	_, cmd := m.Update(tea.MouseClickMsg{X: x, Y: y, Button: button})
	m.settle(cmd)
	_, cmd = m.Update(tea.MouseReleaseMsg{X: x, Y: y, Button: button})
	m.settle(cmd)
	m.View()
}

// The map shows the whole and marks the zoom; a click beside the mark moves the
// zoom, one on it leads out, a drag takes what it goes over.
func TestMinimap(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("2")
	x, y := m.place(t, "map ")
	x += len("map ")
	right := 118
	if whole := strings.Split(text(shown(m)), "\n")[y]; strings.ContainsAny(whole[x:], "▌") {
		t.Errorf("what is not zoomed is marked: %s", whole)
	}
	m.clicked(right, y, tea.MouseLeft)
	if got := m.flame().zoomPath(); got != "net/http.(*conn).serve" {
		t.Errorf("a click at the right end zooms into %q", got)
	}
	if frame := text(shown(m)); !strings.Contains(frame, "the zoom is 8.1% of all, from 92% to 100%") || !strings.Contains(frame, "▌") {
		t.Errorf("where the zoom is:\n%s", frame)
	}
	m.clicked(x+1, y, tea.MouseLeft)
	if got := m.flame().zoomPath(); got != "runtime.main" {
		t.Errorf("a click at the left end moves to %q", got)
	}
	m.clicked(x+2, y, tea.MouseLeft)
	if got := m.flame().zoomPath(); got != "" {
		t.Errorf("a click on the mark leads to %q", got)
	}
	middle := x + (right-x)*8/10
	m.dragged(middle, y, right, y)
	if got := m.flame().zoomPath(); got != "runtime.gcBgMarkWorker\nnet/http.(*conn).serve" {
		t.Errorf("a drag zooms into %q", got)
	}
	m.press("u", "u") // the press of the button zoomed too
	if got := m.flame().zoomPath(); got != "" {
		t.Errorf("u leads to %q", got)
	}
}

// What other profiles have of the selected function, how it is called and by how
// many, is told; of what was not measured nothing is.
func TestSelectedTold(t *testing.T) {
	m := began(t, shop(t), trueColor, 200, 50)
	m.press("2", "j", "j", "j")
	frame := text(shown(m))
	for _, want := range []string{"called by 1 function", "allocated 64MB 89%", "live 2MB 20%", "of its caller", "spent in stdlib"} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is not told:\n%s", want, frame)
		}
	}
	late := shop(t) // the profiles come first, and then the report, with the same ones
	early := *late
	early.Collecting = &Collecting{Doing: "diagnosing"}
	again := began(t, &early, trueColor, 200, 50)
	again.settle(func() tea.Msg { return dataMsg{late} })
	again.press("2", "j", "j", "j")
	if got := text(shown(again)); !strings.Contains(got, "allocated 64MB 89%") {
		t.Errorf("after the report:\n%s", got)
	}
	if cmd := again.beyond(again.seen.s); cmd != nil {
		t.Error("it is summed up once more")
	}
	if strings.Contains(frame, "inlined") {
		t.Error("what this profile does not know of inlining is told")
	}
	m.press("t", "t")
	frame = text(shown(m))
	if !strings.Contains(frame, "CPU 660ms 67%") || strings.Contains(frame, "live 2MB") {
		t.Errorf("of the heap:\n%s", frame)
	}
}

// n goes to each function that matches, also to those that are always below another
// match; what matches by its file is said to.
func TestEachMatchIsReached(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("2", "/", "type:regexp", "enter")
	if !strings.HasPrefix(m.status, "3 functions,") {
		t.Errorf("found: %q", m.status)
	}
	seen := map[string]bool{}
	for range 4 {
		m.press("n")
		seen[m.flame().name()] = true
	}
	if len(seen) != 3 || !seen["regexp.compile"] {
		t.Errorf("n reaches %v", seen)
	}
	m.press("/", "type:price/price.go", "enter")
	if !strings.HasPrefix(m.status, "1 function by the file,") {
		t.Errorf("found: %q", m.status)
	}
}

// A rough graph leaves out most of what is small, which is of no class: it does not say
// whose code it is spent in.
func TestRoughHasNoClasses(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("2")
	f := m.flame()
	if got := strings.Join(f.numbers(nil), " "); !strings.Contains(got, "spent in") {
		t.Fatalf("the whole graph: %q", got)
	}
	rough := *f.s
	rough.rough = true
	f.s = &rough
	if got := strings.Join(f.numbers(nil), " "); strings.Contains(got, "spent in") || !strings.Contains(got, "whose code: comes") {
		t.Errorf("a rough one: %q", got)
	}
}
