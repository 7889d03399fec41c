package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// talkative is a service of which there is much to say.
func talkative(t testing.TB) *Data {
	d := shop(t)
	f := &d.Report.Findings[0]
	for i := range 30 {
		f.Advice = append(f.Advice, fmt.Sprintf("advice number %d", 100+i))
	}
	d.Report.Notes = append(d.Report.Notes, "the last of all doubts")
	return d
}

// What is said of a finding can be read to its end on the smallest terminal, by keys
// and with the wheel, and what is not seen is told.
func TestDetailsAreReadToTheEnd(t *testing.T) {
	wheel := func(m *Model, y int, button tea.MouseButton) {
		_, cmd := m.Update(tea.MouseWheelMsg{X: 5, Y: y, Button: button})
		m.settle(cmd)
		m.View()
	}
	for name, scroll := range map[string]func(m *Model){
		"pages":        func(m *Model) { m.press("pgdown") },
		"half":         func(m *Model) { m.press("ctrl+d") },
		"lines":        func(m *Model) { m.press("j") },
		"wheel":        func(m *Model) { wheel(m, 15, tea.MouseWheelDown) },
		"whole screen": func(m *Model) { m.press("pgdown") },
	} {
		m := began(t, talkative(t), trueColor, 80, 24)
		switch name {
		case "lines":
			m.press("tab")
		case "whole screen":
			m.press("Z")
		}
		seen := map[string]bool{}
		for range 60 {
			for line := range strings.Lines(text(shown(m))) {
				seen[strings.TrimSpace(line)] = true
			}
			before := m.overview().text.top
			if scroll(m); m.overview().text.top == before {
				break
			}
			if m.overview().list.at != 0 || m.at != overviewScreen {
				t.Fatalf("%s: finding %d on screen %s", name, m.overview().list.at, screenNames[m.at])
			}
		}
		for i := range 30 {
			if want := fmt.Sprintf("%d. advice number %d", i+3, 100+i); !seen[want] {
				t.Errorf("%s: never seen: %s", name, want)
			}
		}
		if !seen["the last of all doubts"] || !strings.Contains(text(shown(m)), " above ") {
			t.Errorf("%s: the end is not there, or not told:\n%s", name, text(shown(m)))
		}
	}
	m := began(t, talkative(t), trueColor, 80, 24)
	if !strings.Contains(text(shown(m)), "more lines below") {
		t.Errorf("nothing says that there is more:\n%s", text(shown(m)))
	}
	m.press("pgdown", "j")
	if o := m.overview(); o.list.at != 1 || o.text.top != 0 {
		t.Errorf("another finding is read from line %d", o.text.top)
	}
	wheel(m, 5, tea.MouseWheelUp)
	if m.overview().list.at != 0 {
		t.Error("the wheel over the findings does not choose among them")
	}
	if m.press("end", "G", "tab", "tab"); m.at != flameScreenID {
		t.Errorf("behind the details is %s", screenNames[m.at])
	}
}

// Where one reads is a part of what y copies.
func TestPlaceOfReading(t *testing.T) {
	for _, keys := range [][]string{{"pgdown"}, {"tab", "j", "j"}, {"Z", "pgdown"}, {"tab", "G", "Z", "k"}} {
		m := began(t, talkative(t), trueColor, 80, 24)
		m.press(keys...)
		o := trueColor
		o.View = viewOf(t, m.command())
		again := began(t, talkative(t), o, 80, 24)
		if got, want := text(shown(again)), text(shown(m)); got != want {
			t.Errorf("after %q, %s shows\n%s\nand not\n%s", keys, m.command(), got, want)
		}
	}
}

// A click chooses a finding, a second one opens its evidence.
func TestFindingsAreClicked(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
	click := func(y int) {
		m.View()
		_, cmd := m.Update(tea.MouseClickMsg{X: 12, Y: y, Button: tea.MouseLeft})
		m.settle(cmd)
	}
	y := 0
	for i, line := range strings.Split(text(shown(m)), "\n") {
		if strings.Contains(line, "  2  11 goroutines") {
			y = i
		}
	}
	if click(y); m.overview().list.at != 1 {
		t.Fatalf("a click on line %d chose finding %d", y, m.overview().list.at)
	}
	if click(y); m.at != goroutineScreen {
		t.Errorf("a second click opened %s", screenNames[m.at])
	}
}

// Without findings the text has the keys, and what y copies shows the same.
func TestNothingFoundIsReadToo(t *testing.T) {
	d := talkative(t)
	d.Report.Findings = nil
	for i := range 60 {
		d.Report.Notes = append(d.Report.Notes, fmt.Sprintf("doubt number %d", 100+i))
	}
	for _, keys := range [][]string{{"pgdown"}, {"j", "j"}, {"G"}, {"Z"}, {"Z", "G"}} {
		m := began(t, d, trueColor, 80, 24)
		if m.press(keys...); m.at != overviewScreen {
			t.Fatalf("%q leads to %s", keys, screenNames[m.at])
		}
		if last := keys[len(keys)-1] == "G"; last != strings.Contains(text(shown(m)), "doubt number 159") {
			t.Errorf("after %q the end is seen: %v\n%s", keys, !last, text(shown(m)))
		}
		o := trueColor
		o.View = viewOf(t, m.command())
		if got, want := text(shown(began(t, d, o, 80, 24))), text(shown(m)); got != want {
			t.Errorf("after %q, %s shows\n%s\nand not\n%s", keys, m.command(), got, want)
		}
	}
}
