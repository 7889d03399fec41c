package tui

import (
	"fmt"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// The heap over time, from what was looked at: the pages of a service, the heap
// profiles and the looks at the process, or a log of collections.

// heap is its plot, nil without two looks at anything.
func (m *memory) heap() *part {
	p := m.plotted()
	if p == nil {
		return nil
	}
	out := &part{id: "heap", picture: true, title: "heap over time", note: "a mark for each look", show: p, least: plotRows + 3}
	if p.wall > 0 {
		out.note = fmt.Sprintf("%s %s", p.walled, report.FormatValue(p.wall, "B"))
	}
	return out
}

func (m *memory) plotted() *plot {
	number := func(name, mark string, style paint.Style) track {
		c := track{name: name, mark: mark, style: style}
		if s := m.d.number(name); s != nil {
			c.times, c.values, c.age = s.Times, s.Lines[0].Values, m.d.ageOf(s)
		}
		return c
	}
	p := newPlot("B", float64(m.d.Limit), "memory limit",
		number("heap objects", barMark, paint.Accent), number("RSS", "", paint.Faint), number("heap goal", "○", paint.Notice), number("live heap", "◆", paint.Good))
	if p != nil {
		return p
	}
	e := m.d.exhibit("gc-cycles")
	if e == nil || e.Series == nil {
		return nil
	}
	looks := []struct {
		name, mark string
		style      paint.Style
	}{{"at its end", barMark, paint.Accent}, {"goal", "○", paint.Notice}, {"live", "◆", paint.Good}}
	var all []track
	for _, k := range looks {
		for _, l := range e.Series.Lines {
			if l.Name == k.name {
				all = append(all, track{name: k.name, mark: k.mark, style: k.style, times: e.Series.Times, values: l.Values})
			}
		}
	}
	return newPlot("B", float64(m.d.Limit), "memory limit", all...)
}
