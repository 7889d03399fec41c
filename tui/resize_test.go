package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// The borders between parts can be moved, by the mouse and by keys. What is pointed
// at afterwards is what is there, on every screen that is made of parts, and at
// other sizes everything fits again.
func TestPartsAreResized(t *testing.T) {
	for _, at := range []screenID{goroutineScreen, memoryScreen, offCPUScreen, tcpScreen, diffScreen, liveScreen} {
		m := began(t, shop(t), trueColor, 140, 50)
		m.open(at)
		m.View()
		if m.screens[at].missing() != nil {
			continue
		}
		k := deskOf(m.screens[at])
		if k == nil || len(k.sizes.drawn) < 2 {
			t.Logf("%s has one part", screenNames[at])
			continue
		}
		a, b := k.sizes.drawn[0], k.sizes.drawn[1]
		m.dragged(5, m.above()+b.top, 5, m.above()+b.top-2)
		if got := k.sizes.drawn[1].top; got != b.top-2 && a.lines > 4 {
			t.Errorf("%s: the second heading is at %d, was at %d", screenNames[at], got, b.top)
		}
		for range 4 {
			m.dragged(5, m.above()+k.sizes.drawn[1].top, 5, 49)
			m.dragged(5, m.above()+k.sizes.drawn[1].top, 5, 0)
		}
		for _, b := range k.sizes.drawn {
			for _, p := range b.parts {
				if len(b.parts) > 1 && p != b.parts[len(b.parts)-1] {
					before := p.place.right
					m.dragged(before, m.above()+b.top+1, before-9, m.above()+b.top+1)
					if p.place.right != before-9 && before-9 > leastPart+p.place.left {
						t.Errorf("%s: the edge of %s is at %d, was at %d", screenNames[at], p.id, p.place.right, before)
					}
					m.dragged(p.place.right, m.above()+b.top+1, 0, m.above()+b.top+1)
					if p.place.right < p.place.left+leastPart-2 {
						t.Errorf("%s: %s is %d wide", screenNames[at], p.id, p.place.right-p.place.left)
					}
				}
			}
		}
		for _, p := range k.parts {
			if p.place.rows > 1 && p.list.n > 1 {
				m.clicked(p.place.left+2, m.above()+p.place.top+1, tea.MouseLeft)
				if k.part() != p || p.list.at != p.list.top+1 {
					t.Errorf("%s: a click on the second line of %s selects line %d of %s", screenNames[at], p.id, p.list.at, k.part().id)
				}
				break
			}
		}
		for range 5 {
			m.press("}")
		}
		for _, size := range [][2]int{{80, 24}, {60, 16}, {200, 50}, {40, 10}} {
			m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			checkFrame(t, m)
		}
		m.Update(tea.WindowSizeMsg{Width: 140, Height: 50})
		for range 20 {
			m.press("{")
		}
		checkFrame(t, m)
		for _, b := range k.sizes.drawn {
			for _, p := range b.parts {
				if p.place.rows < min(p.list.n, 2) {
					t.Errorf("%s: %s keeps %d of %d rows", screenNames[at], p.id, p.place.rows, p.list.n)
				}
			}
		}
	}
}

// deskOf is what a screen of parts is made of.
func deskOf(s screen) *desk {
	switch s := s.(type) {
	case *goroutines:
		return &s.desk
	case *memory:
		return &s.desk
	case *offCPU:
		return &s.desk
	case *tcp:
		return &s.desk
	case *differences:
		return &s.desk
	case *live:
		return &s.desk
	}
	return nil
}

// Shift and the wheel go to the box beside, a click on a line of the help does what
// the line says, a hint of the footer what its key does.
func TestMouseFindsItsWay(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("2", "j", "j", "j", "j")
	before := m.flame().name()
	m.Update(tea.MouseWheelMsg{X: 10, Y: 10, Button: tea.MouseWheelDown, Mod: tea.ModShift})
	if got := m.flame().name(); got != "encoding/json.Marshal" {
		t.Errorf("beside %s is %q", before, got)
	}
	m.Update(tea.MouseWheelMsg{X: 10, Y: 10, Button: tea.MouseWheelLeft})
	if got := m.flame().name(); got != before {
		t.Errorf("back from beside %s is %q", before, got)
	}
	m.press("?")
	x, y := m.place(t, "turn the flame graph upside down")
	m.clicked(x, y, tea.MouseLeft)
	if m.frame.page.open() || !m.flame().upsideDown {
		t.Error("a click on a line of the help does not do it")
	}
	m.press("?")
	m.clicked(2, m.frame.height-2, tea.MouseRight)
	if m.frame.page.open() {
		t.Error("another click does not close the help")
	}
	x, y = m.place(t, "callers")
	m.clicked(x, y, tea.MouseLeft)
	if m.at != topScreenID {
		t.Errorf("a click on the hint opens %s", screenNames[m.at])
	}
}

// The same through the real program: what a terminal writes of its mouse (SGR, mode
// 1006) moves a border, selects a box, zooms with a second click, and leads out.
func TestProgramIsPointedAt(t *testing.T) {
	const w, h = 120, 36
	r := run(t, shop(t), w, h)
	pure := began(t, shop(t), trueColor, w, h)
	sgr := func(button, x, y int, end string) string {
		return fmt.Sprintf("\x1b[<%d;%d;%d%s", button, x+1, y+1, end)
	}
	click := func(button, x, y int) string { return sgr(button, x, y, "M") + sgr(button, x, y, "m") }
	step := func(what, bytes string, do func()) {
		r.send(bytes)
		do()
		pure.View()
		r.shows(pure, what)
	}
	step("the data", "", func() {})
	step("2", "2", func() { pure.press("2") })
	x, y := pure.place(t, "json.Marshal")
	step("a click", click(0, x, y), func() { pure.clicked(x, y, tea.MouseLeft) })
	step("the second", click(0, x, y), func() { pure.clicked(x, y, tea.MouseLeft) })
	if !strings.HasSuffix(pure.flame().zoomPath(), "json.Marshal") {
		t.Errorf("a double click zooms into %q", pure.flame().zoomPath())
	}
	step("the right button", click(2, x, y), func() { pure.clicked(x, y, tea.MouseRight) })
	step("shift and the wheel", sgr(65+4, x, y, "M"), func() {
		pure.Update(tea.MouseWheelMsg{X: x, Y: y, Button: tea.MouseWheelDown, Mod: tea.ModShift})
	})
	step("3", "3", func() { pure.press("3") })
	edge := pure.above() + pure.screens[topScreenID].(*topScreen).edge
	step("a border is dragged", sgr(0, 9, edge, "M")+sgr(32, 9, edge-2, "M")+sgr(32, 9, edge-4, "M")+sgr(0, 9, edge-4, "m"), func() { pure.dragged(9, edge, 9, edge-4) })
	x, y = pure.place(t, "runtime.main")
	step("a click on a caller", click(0, x+3, y), func() { pure.clicked(x+3, y, tea.MouseLeft) })
	r.quits()
}
