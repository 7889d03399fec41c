package tui

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// figure is a number as it is written, with its point and its thousands.
var figure = regexp.MustCompile(`[0-9]+(,[0-9]{3})*(\.[0-9]+)?`)

// costless are lines of source that took nothing, and the axes of charts.
var costless = regexp.MustCompile(`^[ ▌▏] +\. +\. +[0-9]+ |[│┼┤└]`)

// Every number that a screen shows is in its plain twin too. What is on a screen by
// itself are the rows of tables and the lines of text; the title, the tabs and the
// keys are not its own.
func TestPlainHasTheNumbers(t *testing.T) {
	for _, s := range []state{{name: "shop"}, {name: "a caller", keys: []string{"tab", "tab", "enter"}}, {name: "machine code", keys: []string{"a"}}, {name: "machine code of functions", keys: []string{"a", "a"}}, {name: "bundle", d: bundled}, {name: "lost", d: gone}, {name: "difference", d: differs}} {
		for at := range screenCount {
			if s.keys != nil && at != sourceScreenID {
				continue
			}
			m := inState(t, at, s)
			m.Update(sized(200, 50))
			if m.screens[at].missing() != nil {
				continue
			}
			var out bytes.Buffer
			o := trueColor
			if at == sourceScreenID {
				o.View.Function = m.source().at.name
			}
			o.View.Screen, o.View.Asm, o.List, o.Asm = strings.ToLower(screenNames[at]), m.source().asm.mode.word(), source, machine
			if err := Plain(t.Context(), &out, m.data, o); err != nil {
				t.Fatal(err)
			}
			told := map[string]bool{}
			for _, f := range figure.FindAllString(out.String(), -1) {
				told[f] = true
			}
			lines := strings.Split(text(shown(m)), "\n")
			for _, line := range lines[2 : m.frame.height-1] {
				if costless.MatchString(line) {
					continue
				}
				for _, f := range figure.FindAllString(line, -1) {
					if !told[f] {
						t.Errorf("%s of %s: %s is not told: %q", screenNames[at], s.name, f, strings.TrimSpace(line))
					}
				}
			}
		}
	}
}
