package tui

import (
	"fmt"
	"slices"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// What an execution trace says of waiting, on the Off-CPU screen: the parts of
// what requests spend their time on, and how long single waits were.

// requests is one bar of what requests spend their time on, and its parts.
func (o *offCPU) requests() *part {
	p := o.d.partOf("trace-requests", "", column{of: "what", kind: word}, column{of: "time"}, column{of: "share", bar: true, shed: 1})
	if p != nil {
		p.show = &spending{&stacked{sheet: p.show.(*sheet), of: "share", label: "what"}}
		p.shy, p.least = true, 5
	}
	return p
}

// spending is a bar of parts with the parts below it, which need no heading.
type spending struct{ *stacked }

func (s *spending) lay(width int) (head []line, rows int) {
	head, rows = s.stacked.lay(width)
	return head[:1], rows
}

// lengths is how long the single waits of the row at hand were.
func (o *offCPU) lengths(of *part) *part {
	if of == nil {
		return nil
	}
	return &part{id: "lengths", title: "how long its single waits were", show: &made{make: func(width int) []line {
		h := o.lengthsOf(of.list.at)
		if h == nil {
			return nil
		}
		if _, any := quantile(h, 1); !any {
			return []line{plainLine(paint.Faint, " none began and ended in the window")}
		}
		return histogramLines(h, width)
	}}}
}

// ended is the first row of the trace's table of which waits began and ended.
func (o *offCPU) ended() int {
	for i := 0; ; i++ {
		h := o.lengthsOf(i)
		if h == nil {
			return 0
		}
		if _, any := quantile(h, 1); any {
			return i
		}
	}
}

// lengthsOf is the lengths of the waits of a row of the trace's table.
func (o *offCPU) lengthsOf(row int) *report.Histogram {
	if e := o.d.exhibit(fmt.Sprintf("trace-lengths-%d", row)); e != nil {
		return e.Histogram
	}
	return nil
}

// quantile is a column with the bound that a share of the single waits is below.
func (o *offCPU) quantile(q float64) func(row []report.Cell) string {
	return func(row []report.Cell) string {
		e := o.d.exhibit("trace-waits")
		i := slices.IndexFunc(e.Table.Rows, func(r []report.Cell) bool { return len(r) > 0 && len(row) > 0 && &r[0] == &row[0] })
		h := o.lengthsOf(i)
		if h == nil {
			return "–"
		}
		if below, ok := quantile(h, q); ok {
			return report.FormatValue(below, h.Unit)
		}
		return "–"
	}
}
