package tui

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"

	"github.com/goperf/goperf/report"
)

// tabled are the screens that have a table to be written.
type tabled interface{ tabular() *report.Table }

func (m *Model) hasTable() bool {
	_, ok := m.screens[m.at].(tabled)
	return ok && m.screens[m.at].missing() == nil
}

// separated is the table as it is for programs: numbers in the unit that the heading
// of their column has.
func separated(m *Model) func(io.Writer) error {
	t := m.screens[m.at].(tabled).tabular()
	return func(w io.Writer) error {
		if t == nil {
			return errors.New("there is no table here")
		}
		out := csv.NewWriter(w)
		var head []string
		for _, c := range t.Columns {
			name := report.Clean(c.Name)
			if c.Unit != "" {
				name += " (" + report.Clean(c.Unit) + ")"
			}
			head = append(head, name)
		}
		_ = out.Write(head) // errors are those of Flush
		for _, row := range t.Rows {
			cells := make([]string, len(t.Columns))
			for i := range min(len(cells), len(row)) {
				cells[i] = plainCell(t.Columns[i], row[i])
			}
			_ = out.Write(cells)
		}
		out.Flush()
		return out.Error()
	}
}

// plainCell is a cell for a program that reads it. What begins a formula in a
// spreadsheet is made text: names come from the target.
func plainCell(of report.Column, c report.Cell) string {
	if of.Unit != "" && c.Text == "" {
		return strconv.FormatFloat(c.Value, 'f', -1, 64)
	}
	text := report.Clean(c.Text)
	if text != "" && (text[0] == '=' || text[0] == '+' || text[0] == '-' || text[0] == '@') {
		text = "'" + text
	}
	return text
}

// tabular is the table that the keys are about, or else the first.
func (k *desk) tabular() *report.Table {
	if len(k.parts) == 0 {
		return nil
	}
	for _, p := range append([]*part{k.part()}, k.parts...) {
		if s := sheetOf(p.show); s != nil {
			return s.table
		}
	}
	return nil
}

func (t *topScreen) tabular() *report.Table {
	if t.s == nil || t.s.table == nil {
		return nil
	}
	unit := report.Clean(t.s.table.Type.Unit)
	out := &report.Table{Columns: []report.Column{{Name: "function"}, {Name: "self", Unit: unit}, {Name: "total", Unit: unit}, {Name: "whose"}}}
	for i := range t.order {
		r := t.row(i)
		out.Rows = append(out.Rows, []report.Cell{{Text: r.Name}, {Value: float64(r.Flat)}, {Value: float64(r.Cum)}, {Text: t.s.class[t.order[i]].String()}})
	}
	return out
}

func (o *overview) tabular() *report.Table {
	if o.r == nil || len(o.r.Findings) == 0 {
		return nil
	}
	out := &report.Table{Columns: []report.Column{{Name: "severity"}, {Name: "rule"}, {Name: "confidence", Unit: "ratio"}, {Name: "resource"}, {Name: "share", Unit: "ratio"}, {Name: "amount"}, {Name: "unit"}, {Name: "function"}, {Name: "line", Unit: "count"}, {Name: "what"}}}
	for i := range o.r.Findings {
		f := &o.r.Findings[i]
		at := report.Frame{}
		if len(f.Where) > 0 {
			at = f.Where[0]
		}
		out.Rows = append(out.Rows, []report.Cell{{Text: f.Severity.String()}, {Text: f.Rule}, {Value: f.Confidence}, {Text: f.Cost.Resource}, {Value: f.Cost.Share}, {Text: strconv.FormatFloat(f.Cost.Amount, 'g', -1, 64)}, {Text: f.Cost.Unit}, {Text: at.Function}, {Value: float64(at.Line)}, {Text: f.Title}})
	}
	return out
}
