package tui

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// sourceRows are the lines of a function with what each took. A line is made when
// it is first looked at.
type sourceRows struct {
	of    *sourceScreen
	lines []line
	bars  bool // there is room for them
}

// barsFrom is the columns from where on a line has a bar beside its numbers.
const barsFrom = 90

func (r *sourceRows) lay(width int) (head []line, rows int) {
	n := len(r.of.got.Rows)
	if bars := width >= barsFrom && r.of.got.Function.Cum > 0; r.lines == nil || bars != r.bars {
		r.lines, r.bars = make([]line, n), bars
	}
	return []line{plainLine(paint.Faint, fmt.Sprintf(" %9s %9s %6s", "self", "total", "line"))}, n
}

func (r *sourceRows) row(i int) line {
	if r.lines[i].pieces == nil {
		r.lines[i] = r.made(i)
	}
	return r.lines[i]
}

func (r *sourceRows) made(i int) line {
	row, typ, whole := &r.of.got.Rows[i], r.of.type_(), r.of.got.Function.Cum
	style := heat(row.Flat, row.Cum, whole)
	mark, words := " ", style
	if style != paint.Plain {
		mark = hotMark
	} else if row.Flat == 0 && row.Cum == 0 {
		style = paint.Faint
	}
	number := ""
	if row.N > 0 {
		number = fmt.Sprint(row.N)
	}
	points := piece{text: "  "}
	if f := r.of.finding(int(row.N)); f != nil {
		points = piece{style: severityStyle(f.Severity), text: "◀ "}
	}
	pieces := []piece{{style: style, text: mark + fmt.Sprintf("%9s %9s ", dot(row.Flat, typ), dot(row.Cum, typ))}, {style: paint.Faint, text: fmt.Sprintf("%6s", number)}, points}
	if r.bars {
		pieces = append(pieces, piece{style: style, bar: float64(row.Cum) / float64(whole), cells: leastBar + 2}, piece{text: " "})
	}
	pieces = append(pieces, piece{style: words, text: code(row.Text)})
	for _, call := range row.Calls {
		pieces = append(pieces, piece{style: paint.Faint, text: fmt.Sprintf("   inlined %s %s", report.Clean(call.Name), value(call.Cum, typ))})
	}
	return line{name: r.of.at.name, pieces: pieces}
}

// hotMark is before a line or an instruction that took much.
const hotMark = "●"

func (r *sourceRows) text(i int) string {
	return fmt.Sprintf("%d  %s", r.of.got.Rows[i].N, strings.TrimSpace(code(r.of.got.Rows[i].Text)))
}

func (r *sourceRows) facts(i int) []string { return []string{r.text(i)} }
func (r *sourceRows) hidden(int) []string  { return nil }
