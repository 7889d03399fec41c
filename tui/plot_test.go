package tui

import (
	"math"
	"strings"
	"testing"

	"github.com/goperf/goperf/report"
)

// lines are a plot at a width.
func (p *plot) drawn(width int) string {
	_, n := p.lay(width)
	var out []string
	for i := range n {
		out = append(out, strings.TrimRight(p.text(i), " "))
	}
	return strings.Join(out, "\n")
}

func TestPlot(t *testing.T) {
	p := newPlot("B", 1200, "limit",
		track{name: "objects", mark: barMark, times: []float64{0, 5, 10}, values: []float64{250, 500, 1000}},
		track{name: "goal", mark: "○", times: []float64{0, 10}, values: []float64{600, 600}},
		track{name: "once", mark: "x", times: []float64{1}, values: []float64{700}},
		track{name: "broken", mark: "y", times: []float64{1, 2}, values: []float64{700, math.NaN()}})
	want := strings.TrimPrefix(`
 █ objects 1,000 B (3 looks)
 ○ goal 600 B (2 looks)
  1.2 KiB │─────────────────────────
  1,000 B │                        ▃
          │                        █
          │                        █
          │                        █
          │○           ▂           ○
          │            █           █
          │▁           █           █
          │█           █           █
          │█           █           █
      0 B  0 s                  10 s`, "\n")
	if got := p.drawn(plotSide + 2 + 25); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	p.wall = 5000
	if got := p.drawn(200); strings.Contains(got, "─") {
		t.Errorf("a wall far away leaves nothing of the rest:\n%s", got)
	}
	for width := range 30 {
		p.drawn(width)
	}
	if newPlot("B", 0, "", track{name: "once", times: []float64{1}, values: []float64{700}}) != nil {
		t.Error("one look is no course")
	}
}

// The collections of a log are drawn where nothing else is known over time.
func TestHeapOfALog(t *testing.T) {
	d := shop(t)
	d.Limit = 64 << 20
	d.Report.Exhibits = append(d.Report.Exhibits, report.Exhibit{ID: "gc-cycles", Series: &report.Series{Unit: "B", Times: []float64{0, 2, 4}, Lines: []report.Line{
		{Name: "at its end", Values: []float64{30 << 20, 32 << 20, 34 << 20}}, {Name: "live", Values: []float64{20 << 20, 21 << 20, 22 << 20}}, {Name: "goal", Values: []float64{40 << 20, 42 << 20, 44 << 20}},
	}}})
	m := began(t, d, trueColor, 120, 36)
	m.press("5")
	for _, want := range []string{"heap over time", "at its end 34 MiB (3 looks)", "64 MiB │──", "memory limit 64 MiB"} {
		if got := text(shown(m)); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
