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
	bytes bool // and for what lines allocate
}

// barsFrom is the columns from where on a line has a bar beside its numbers,
// bytesFrom those from where on it has what it allocates.
const barsFrom, bytesFrom = 90, 64

func (r *sourceRows) lay(width int) (head []line, rows int) {
	n := len(r.of.got.Rows)
	bars, bytes := width >= barsFrom && r.of.got.Function.Cum > 0, width >= bytesFrom && r.of.got.allocs != nil
	if r.lines == nil || bars != r.bars || bytes != r.bytes {
		r.lines, r.bars, r.bytes = make([]line, n), bars, bytes
	}
	text := fmt.Sprintf(" %9s %9s ", "self", "total")
	if bytes {
		text += fmt.Sprintf("%11s ", "allocates")
	}
	return []line{plainLine(paint.Faint, text+fmt.Sprintf("%6s", "line"))}, n
}

func (r *sourceRows) row(i int) line {
	if r.lines[i].pieces == nil {
		r.lines[i] = r.made(i)
	}
	return r.lines[i]
}

func (r *sourceRows) made(i int) line {
	row, whole := &r.of.got.Rows[i], r.of.got.Function.Cum
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
	pieces := []piece{{style: style, text: mark + fmt.Sprintf("%9s %9s ", r.of.dotted(row.Flat), r.of.dotted(row.Cum))}, r.allocates(row.N), {style: paint.Faint, text: fmt.Sprintf("%6s", number)}, points}
	if r.bars {
		pieces = append(pieces, piece{style: style, bar: float64(row.Cum) / float64(whole), cells: leastBar + 2}, piece{text: " "})
	}
	pieces = append(pieces, piece{style: words, text: code(row.Text)})
	for _, call := range row.Calls {
		pieces = append(pieces, piece{style: paint.Faint, text: fmt.Sprintf("   inlined %s %s", report.Clean(call.Name), r.of.amount(call.Cum))})
	}
	return line{name: r.of.at.name, pieces: pieces}
}

// hotMark is before a line or an instruction that took much.
const hotMark = "●"

func (r *sourceRows) text(i int) string {
	return fmt.Sprintf("%d  %s", r.of.got.Rows[i].N, strings.TrimSpace(code(r.of.got.Rows[i].Text)))
}

// allocates is the column with what a line allocates, nothing where it has no room.
func (r *sourceRows) allocates(line int64) piece {
	if !r.bytes {
		return piece{}
	}
	return piece{text: fmt.Sprintf("%11s ", r.of.got.allocs.text(line))}
}

func (r *sourceRows) facts(i int) []string { return []string{r.text(i)} }

// hidden is what a line allocates where there is no column for it.
func (r *sourceRows) hidden(i int) []string {
	if text := r.of.got.allocs.text(r.of.got.Rows[i].N); text != "" && !r.bytes {
		return []string{"allocates " + text}
	}
	return nil
}
