package tui

import (
	"strings"
	"testing"

	"github.com/goperf/goperf/report"
)

// What is listed of a comparison is what is large or sure, and a few in any case; the
// rest is counted, and there when it is asked for.
func TestDiffView(t *testing.T) {
	d := differs(t)
	e := d.exhibit("diff-functions-cpu")
	row := func(name string, change float64, verdict string) []report.Cell {
		out := make([]report.Cell, len(e.Table.Columns))
		for i, c := range e.Table.Columns {
			switch c.Name {
			case "function":
				out[i].Text = name
			case "change":
				out[i].Value = change
			case "verdict":
				out[i].Text = verdict
			}
		}
		return out
	}
	e.Table.Rows = append(e.Table.Rows, row("a.small", 0.004, "cannot tell"), row("a.tiny", 0.0001, "cannot tell"), row("a.sure", -0.001, "▼ better"), row("a.one NEW", 0.002, "cannot tell"))
	m := began(t, d, trueColor, 120, 60)
	m.press("8")
	for _, c := range []struct {
		keys       []string
		has, lacks string
		command    string
	}{
		{nil, "a.small,a.sure,2 more below 0.5 % (%)", "a.tiny,a.one", ""},
		{[]string{"%"}, "2 more below 1 %", "", "--hide 1"},
		{[]string{"%", "%", "%"}, "2 more below 0.5 %", "", ""},
		{[]string{"%", "%", "%"}, "a.tiny", "more below", "--hide 0"},
		{[]string{"G"}, "a.one,NEW,GONE,new and gone alone", "a.tiny,regexp.compile  ", "--hide 0 --only-new"},
		{[]string{"G", "S", "S", "S"}, "by name", "", "--sort name --hide 0"},
	} {
		m.press(c.keys...)
		frame := text(shown(m))
		at := strings.Index(frame, "cpu by function")
		frame = frame[at:min(at+strings.Index(frame[at:], "the row at hand"), len(frame))]
		for want := range strings.SplitSeq(c.has, ",") {
			if !strings.Contains(frame, want) {
				t.Errorf("after %q no %q in\n%s", c.keys, want, frame)
			}
		}
		for bad := range strings.SplitSeq(c.lacks, ",") {
			if bad != "" && strings.Contains(frame, bad) {
				t.Errorf("after %q %q in\n%s", c.keys, bad, frame)
			}
		}
		if got := m.command(); !strings.Contains(got+" ", strings.TrimSpace("--screen diff "+c.command)+" ") {
			t.Errorf("after %q: %s", c.keys, got)
		}
	}
	if v := viewOf(t, m.command()); v.diff() != m.screens[diffScreen].(*differences).view {
		t.Errorf("%s is %+v", m.command(), v.diff())
	}
}

// The parts of a flame graph of a comparison can be more than all that there was: what
// they are parts of is said.
func TestSharesOfAComparison(t *testing.T) {
	var b strings.Builder
	o := trueColor
	o.View.Screen = "flame"
	if err := Plain(t.Context(), &b, differs(t), o); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "stdlib: self 950ms, 96% of all before") {
		t.Errorf("%.900s", b.String())
	}
}

// What a key does to the list of functions is said on any terminal, below and over it.
func TestDiffSaysWhatIsListed(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {100, 30}, {120, 36}} {
		m := began(t, differs(t), trueColor, size[0], size[1])
		m.press("8", "%")
		if !strings.Contains(m.status, "functions listed") {
			t.Errorf("%d columns: %q", size[0], m.status)
		}
		m.press("G")
		if !strings.Contains(m.status, "new and gone alone") {
			t.Errorf("%d columns: %q", size[0], m.status)
		}
		m.status = ""
		if frame := text(shown(m)); !strings.Contains(frame, "new and gone alone") {
			t.Errorf("%d columns: the table does not say that it has a part of the functions:\n%s", size[0], frame)
		}
	}
}
