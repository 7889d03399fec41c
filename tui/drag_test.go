package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/report"
)

// dragged is the mouse going over the screen with its button held.
func (m *Model) dragged(x, y, toX, toY int) {
	m.View()
	for _, msg := range []tea.Msg{
		tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft},
		tea.MouseMotionMsg{X: toX, Y: toY, Button: tea.MouseLeft},
		tea.MouseReleaseMsg{X: toX, Y: toY, Button: tea.MouseLeft},
	} {
		_, cmd := m.Update(msg)
		m.settle(cmd)
		m.View()
	}
}

// place is where some text is on the screen.
func (m *Model) place(t *testing.T, word string) (x, y int) {
	t.Helper()
	frame := text(shown(m))
	for y, line := range strings.Split(frame, "\n") {
		if before, _, ok := strings.Cut(line, word); ok {
			return len([]rune(before)), y
		}
	}
	t.Fatalf("no %q in\n%s", word, frame)
	return 0, 0
}

// What is dragged over the flame graph fills it: the boxes from the first to the
// last, and what is below them. The command shows the same, u takes it back.
func TestDragZooms(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("2")
	whole := text(shown(m))
	x, y := m.place(t, "json.Marshal")
	to, _ := m.place(t, "Printf")
	m.View()
	m.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	m.Update(tea.MouseMotionMsg{X: to, Y: y, Button: tea.MouseLeft})
	if !strings.Contains(m.status, "20%") {
		t.Errorf("while the button is held the status is %q", m.status)
	}
	_, cmd := m.Update(tea.MouseReleaseMsg{X: to, Y: y, Button: tea.MouseLeft})
	m.settle(cmd)
	frame := text(shown(m))
	first, line := m.place(t, "encoding/json.Marshal")
	if first > 2 || line != y || strings.Contains(frame, "price.Quote") || !strings.Contains(frame, "log/v2.Printf") {
		t.Errorf("after the drag json.Marshal is at %d, %d:\n%s", first, line, frame)
	}
	const main = "runtime.main;main.main;example.com/shop/cart.(*Server).ServeHTTP;"
	if got := m.flame().zoomPath(); got != main+"encoding/json.Marshal\n"+main+"github.com/x/log/v2.Printf" {
		t.Errorf("the zoom is %q", got)
	}
	o := trueColor
	o.View = viewOf(t, m.command())
	again := began(t, shop(t), o, 120, 36)
	if got, want := text(shown(again)), text(shown(m)); got != want {
		t.Errorf("%s shows\n%s\nand not\n%s", m.command(), got, want)
	}
	m.press("u", "home")
	if got := text(shown(m)); got != whole {
		t.Errorf("u does not bring the whole back:\n%s", got)
	}
}

// A drag within a box is a zoom into it, one that leaves the graph or begins
// outside of it does nothing, and what was a drag is not the first of two clicks.
func TestDragEnds(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("2")
	x, y := m.place(t, "json.Marshal")
	m.dragged(x, 35, x+9, 35)
	m.dragged(x, 1, x+9, 1)
	if m.at == flameScreenID && m.flame().zoomPath() != "" {
		t.Errorf("a drag over what is no graph zooms into %q", m.flame().zoomPath())
	}
	m.open(flameScreenID)
	m.dragged(x, y, x+3, y+4)
	if got := m.flame().zoomPath(); !strings.HasSuffix(got, "json.Marshal") {
		t.Errorf("a drag within a box zooms into %q", got)
	}
	m.press("esc")
	before := m.flame().zoomPath()
	_, cmd := m.Update(tea.MouseClickMsg{X: x + 3, Y: y, Button: tea.MouseLeft})
	m.settle(cmd)
	if got := m.flame().zoomPath(); got != before {
		t.Errorf("one click after a drag zooms into %q", got)
	}
}

// A drag over the axis of time picks slices; their sum is what is shown. A click
// picks one, the next click on it the whole.
func TestDragOverTime(t *testing.T) {
	for _, screen := range []string{"2", "3"} {
		m := began(t, sliced(t), trueColor, 100, 30)
		m.press(screen)
		_, y := m.place(t, " time ")
		m.dragged(50, y, 80, y)
		frame := text(shown(m))
		if !strings.Contains(frame, "slices 2 to 3 of 3, from 4 s on") || strings.Contains(frame, "main.first") || !strings.Contains(frame, "main.second") || !strings.Contains(frame, "main.third") {
			t.Errorf("screen %s, slices 2 and 3:\n%s", screen, frame)
		}
		if !strings.Contains(m.command(), "--slice 2-3") {
			t.Errorf("the command is %q", m.command())
		}
		o := trueColor
		o.View = viewOf(t, m.command())
		again := began(t, sliced(t), o, 100, 30)
		if got := text(shown(again)); got != text(shown(m)) {
			t.Errorf("%s shows\n%s", m.command(), got)
		}
		click := func() {
			_, cmd := m.Update(tea.MouseClickMsg{X: 10, Y: y, Button: tea.MouseLeft})
			m.settle(cmd)
			m.View()
		}
		if click(); m.seen.lens.part != 1 || m.seen.lens.upto != 0 {
			t.Errorf("a click picks %+v", m.seen.lens)
		}
		if click(); m.seen.lens != (lens{}) {
			t.Errorf("a second click leaves %+v", m.seen.lens)
		}
		m.press("u", "u")
		if from, to := m.seen.lens.slices(3); from != 2 || to != 3 {
			t.Errorf("u brings back slices %d to %d", from, to)
		}
	}
}

// A drag over the chart of a number opens the slices of that time.
func TestDragOverChart(t *testing.T) {
	d := sliced(t)
	d.Report = shopReport()
	d.From = time.Unix(0, d.Profiles[0].Parts[0].TimeNanos).Add(-time.Second)
	for name, times := range map[string][]float64{"CPU": {5, 9, 13}, "heap": {0, 6, 25}} {
		d.Numbers = append(d.Numbers, report.Exhibit{ID: "live-" + name, Title: name, Series: &report.Series{Unit: "cores", Times: times, Lines: []report.Line{{Name: name, Values: []float64{1, 2, 3}}}}})
	}
	for row := range 2 {
		m := began(t, d, trueColor, 100, 30)
		m.press("0")
		_, y := m.place(t, "over 25 s")
		ages := m.screens[liveScreen].(*live).ages // CPU is not of now
		columns, left := chartColumns(99-ages), chartLeft+ages
		if m.dragged(left+columns*3/5, y+1+row, left+columns-2, y+1+row); m.at == flameScreenID {
			t.Errorf("row %d: a time after the CPU profile shows %+v", row, m.seen.lens)
		}
		m.dragged(left+columns/4, y+1+row, left+columns/2-1, y+1+row) // of 25 s
		if from, to := m.seen.lens.slices(3); m.at != flameScreenID || from != 2 || to != 3 {
			t.Errorf("row %d: screen %s, slices %d to %d:\n%s", row, screenNames[m.at], from, to, text(shown(m)))
		}
	}
}

// The same through the real program: the bytes of a terminal become a drag.
func TestProgramIsDraggedOver(t *testing.T) {
	const w, h = 100, 30
	r := run(t, sliced(t), w, h)
	pure := began(t, sliced(t), trueColor, w, h)
	step := func(what, bytes string, do func()) {
		r.send(bytes)
		do()
		pure.View()
		r.shows(pure, what)
	}
	step("the data", "", func() {})
	step("2", "2", func() { pure.press("2") })
	over := func(x, y, toX int) string {
		return fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<32;%d;%dM\x1b[<32;%d;%dM\x1b[<0;%d;%dm", x+1, y+1, x+2, y+1, toX+1, y+1, toX+1, y+1)
	}
	_, y := pure.place(t, " time ")
	step("a drag over time", over(50, y, 80), func() { pure.dragged(50, y, 80, y) })
	x, y := pure.place(t, "main.second")
	to, _ := pure.place(t, "main.third")
	step("a drag over boxes", over(x, y, to), func() { pure.dragged(x, y, to, y) })
	step("u", "u", func() { pure.press("u") })
	r.quits()
}
