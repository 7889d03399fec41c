package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// meaning is what rules mean.
func meaning(rule string) string {
	if rule == "unknown" {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: a title\n\nIt is wrong when\nnobody calls it, which is said in a line that is longer than the terminal is wide, so that it has to be broken somewhere.\n\n    code := stays(\"as it is\")\n", rule)
	for i := range 40 {
		fmt.Fprintf(&b, "\nsentence %d", 100+i)
	}
	return b.String() + "\n\nmechanism: " + rule + "\n"
}

// x tells what a finding means and when it is wrong, to the end and back.
func TestRuleIsExplained(t *testing.T) {
	m := began(t, shop(t), trueColor, 80, 24)
	m.press("x")
	for _, want := range []string{"What regexp-compile means", "y copy goperf explain regexp-compile", "It is wrong when", "broken somewhere.", "    code := stays(\"as it is\")", "more lines below"} {
		if !strings.Contains(text(shown(m)), want) {
			t.Errorf("no %q in\n%s", want, text(shown(m)))
		}
	}
	if m.press("G"); !strings.Contains(text(shown(m)), "mechanism: regexp-compile") {
		t.Errorf("this is not its end:\n%s", text(shown(m)))
	}
	if m.press("y"); m.status != "copied: goperf explain regexp-compile" {
		t.Errorf("y: %q", m.status)
	}
	m.press("g", "/", "type:sentence 1[12]5", "enter", "n")
	if got := text(shown(m)); !strings.Contains(got, "sentence 125") || m.at != overviewScreen {
		t.Errorf("searched on %s:\n%s", screenNames[m.at], got)
	}
	if m.press("esc"); m.frame.page.open() {
		t.Error("esc leaves it open")
	}
	m.overview().r.Findings[0].Rule = "unknown"
	if m.press("x"); m.frame.page.open() || !strings.Contains(m.status, "unknown") {
		t.Errorf("a rule that is not there: %q", m.status)
	}
}

// The help is read as any text, on every screen, and only what closes things closes it.
func TestHelpIsRead(t *testing.T) {
	for at := range screenCount {
		m := began(t, shop(t), trueColor, 80, 24)
		m.press(at.digit(), "?")
		top := func(keys ...string) int {
			m.press(keys...)
			m.View()
			if !m.frame.page.open() || m.at != at {
				t.Fatalf("%s: %q closes it", screenNames[at], keys)
			}
			return m.frame.page.top
		}
		for _, down := range []string{"j", "down", "pgdown", "ctrl+d", "ctrl+f", " ", "end", "G"} {
			if up := top("g"); up != 0 || top(down) == 0 {
				t.Errorf("%s: %s goes nowhere, g to line %d", screenNames[at], down, up)
			}
		}
		for _, up := range []string{"k", "up", "pgup", "ctrl+u", "ctrl+b", "home", "g"} {
			if end := top("end"); top(up) >= end {
				t.Errorf("%s: %s from line %d goes to %d", screenNames[at], up, end, m.frame.page.top)
			}
		}
		if !strings.Contains(text(shown(m)), "next row") && top("G") == 0 {
			t.Errorf("%s: this is no help:\n%s", screenNames[at], text(shown(m)))
		}
		top("g")
		_, _ = m.Update(tea.MouseWheelMsg{X: 3, Y: 9, Button: tea.MouseWheelDown})
		if m.View(); m.frame.page.top != wheelRows {
			t.Errorf("the wheel goes to line %d", m.frame.page.top)
		}
		top("u", "t", "f", "2", "d", "left", "Z", "tab", "S", "p", "W", "e", ":", "F", "R")
		if m.line.open || len(m.past.undo) > 0 {
			t.Errorf("%s: keys of the screen below are pressed", screenNames[at])
		}
		top("/", "type:quick", "esc")
		for _, closes := range []string{"esc", "q", "?", "enter"} {
			if !m.frame.page.open() {
				m.press("?")
			}
			if m.press(closes); m.frame.page.open() || m.at != at {
				t.Errorf("%s: %s does not close it", screenNames[at], closes)
			}
		}
	}
}
