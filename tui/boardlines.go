package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// layOut makes the lines for a width.
func (b *board) layOut(width int) {
	if b.wide == width {
		return
	}
	b.wide, b.lines = width, b.lines[:0]
	for i, e := range b.all {
		if e.ID == "frontier-data" {
			b.chart(e, width)
			continue
		}
		if i > 0 {
			b.add(boardLine{})
		}
		b.add(boardLine{head: true, pieces: []piece{{paint.Strong, report.Clean(e.Title), 0}}})
		switch {
		case e.Table != nil:
			b.table(e.Table, width)
		case e.Series != nil:
			b.series(e.Series, width)
		case e.Histogram != nil:
			b.histogram(e.Histogram)
		case e.Flame != nil:
			b.flame(e.Flame, e.Flame, 0)
		}
	}
	b.search.over(len(b.lines), b.text)
}

func (b *board) add(l boardLine) { b.lines = append(b.lines, l) }

// chart is the frontier of the collector, drawn.
func (b *board) chart(e report.Exhibit, width int) {
	lines := render.FrontierChart(e.Table, width)
	if len(lines) == 0 {
		return
	}
	b.add(boardLine{})
	b.add(boardLine{head: true, pieces: []piece{{paint.Strong, "GC cores by peak memory", 0}, {paint.Faint, "   each setting as its GOGC; ' under a limit, * now, → recommended", 0}}})
	for _, l := range lines {
		b.add(boardLine{pieces: []piece{{paint.Accent, l, 0}}})
	}
}

// table lays out a table: numbers flush right, a bar for the first column of
// shares, and the last column as far as there is room.
func (b *board) table(t *report.Table, width int) {
	n := len(t.Columns)
	cells, widths := cellsOf(t)
	share := slices.IndexFunc(t.Columns, func(c report.Column) bool { return c.Unit == "ratio" })
	var head []piece
	for k, c := range t.Columns {
		head = append(head, piece{paint.Faint, " " + b.cell(report.Clean(c.Name), widths[k], c.Unit != "", k == n-1), 0})
		if k == share && width >= sideWidth {
			head = append(head, piece{paint.Plain, strings.Repeat(" ", barColumns+1), 0})
		}
	}
	b.add(boardLine{pieces: head})
	for i, row := range cells {
		line := boardLine{}
		for k, c := range t.Columns {
			line.pieces = append(line.pieces, piece{paint.Plain, " " + b.cell(row[k], widths[k], c.Unit != "", k == n-1), 0})
			if k == share && width >= sideWidth {
				line.pieces = append(line.pieces, piece{paint.Plain, " ", 0}, piece{paint.Accent, "", max(t.Rows[i][k].Value, 1e-9)})
			}
			if c.Unit == "" && line.name == "" {
				line.name = b.function(row[k])
			}
		}
		rest := b.wrapped(&line, width)
		b.add(line)
		for _, more := range rest {
			b.add(more)
		}
	}
	if len(cells) == 0 {
		b.add(boardLine{pieces: []piece{{paint.Faint, " nothing", 0}}})
	}
}

// cellsOf is the cells of a table as text, and how wide its columns are.
func cellsOf(t *report.Table) (cells [][]string, widths []int) {
	cells, widths = make([][]string, len(t.Rows)), make([]int, len(t.Columns))
	for k, c := range t.Columns {
		widths[k] = paint.Width(report.Clean(c.Name))
	}
	for i, row := range t.Rows {
		cells[i] = make([]string, len(t.Columns))
		for k := range min(len(t.Columns), len(row)) {
			cells[i][k] = render.Cell(t.Columns[k], row[k])
			widths[k] = max(widths[k], paint.Width(cells[i][k]))
		}
	}
	return cells, widths
}

// wrapped breaks the last cell of a line that is wider than the screen, when it is
// prose, and returns the lines that continue it.
func (b *board) wrapped(l *boardLine, width int) (rest []boardLine) {
	at := 1
	for _, p := range l.pieces[:len(l.pieces)-1] {
		if at += paint.Width(p.text); p.bar > 0 {
			at += barColumns
		}
	}
	last := &l.pieces[len(l.pieces)-1]
	if room := width - at - 1; room >= 20 && paint.Width(last.text) > room && strings.Count(last.text, " ") > 2 {
		lines := paint.Wrap(last.text, room)
		last.text = " " + lines[0]
		for _, text := range lines[1:] {
			rest = append(rest, boardLine{name: l.name, pieces: []piece{{paint.Plain, strings.Repeat(" ", at) + text, 0}}})
		}
	}
	return rest
}

func (b *board) cell(text string, width int, right, last bool) string {
	pad := strings.Repeat(" ", max(width-paint.Width(text), 0))
	switch {
	case right:
		return pad + text + " "
	case last:
		return text
	}
	return text + pad + " "
}

// function is the function that a cell names, when a profile has one of that name.
func (b *board) function(cell string) string {
	cell, _, _ = strings.Cut(cell, " (")
	if pkg, _ := symbol.Split(cell); pkg == "" {
		return ""
	}
	return cell
}

const sparks = "▁▂▃▄▅▆▇█"

// series draws each line as a row of blocks between its least and greatest value.
func (b *board) series(s *report.Series, width int) {
	name := 0
	for _, l := range s.Lines {
		name = max(name, paint.Width(report.Clean(l.Name)))
	}
	name = min(name, 32)
	for _, l := range s.Lines {
		if len(l.Values) == 0 {
			continue
		}
		label, _ := paint.Cut(report.Clean(l.Name), name, "…")
		low, high := slices.Min(l.Values), slices.Max(l.Values)
		b.add(boardLine{pieces: []piece{
			{paint.Plain, " " + label + strings.Repeat(" ", name-paint.Width(label)) + "  ", 0},
			{paint.Accent, spark(l.Values, low, high, max(width-name-32, 8)), 0},
			{paint.Faint, "  " + report.FormatRange(low, high, s.Unit), 0},
		}})
	}
}

// spark is values as blocks, as many as there is room for; each is the mean of
// those that fall into it.
func spark(values []float64, low, high float64, columns int) string {
	blocks := []rune(sparks)
	n := min(columns, len(values))
	out := make([]rune, n)
	for i := range out {
		from, to := i*len(values)/n, (i+1)*len(values)/n
		sum := 0.0
		for _, v := range values[from:to] {
			sum += v
		}
		out[i] = blocks[0]
		if high > low {
			at := (sum/float64(to-from) - low) / (high - low) * float64(len(blocks)-1)
			out[i] = blocks[int(math.Round(min(max(at, 0), float64(len(blocks)-1))))]
		}
	}
	return string(out)
}

// histogram is a row for each bucket that is not at an empty end.
func (b *board) histogram(h *report.Histogram) {
	most, total := 0.0, 0.0
	first, last := len(h.Counts), -1
	for i, n := range h.Counts {
		most, total = max(most, n), total+n
		if n > 0 {
			first, last = min(first, i), i
		}
	}
	for i := first; i <= last; i++ {
		share := h.Counts[i] / total
		b.add(boardLine{pieces: []piece{
			{paint.Plain, fmt.Sprintf(" %18s  ", report.FormatRange(h.Bounds[i], h.Bounds[i+1], h.Unit)), 0},
			{paint.Accent, "", max(h.Counts[i]/most, 1e-9)},
			{paint.Plain, fmt.Sprintf(" %10s  %6s", report.FormatValue(h.Counts[i], "count"), report.FormatValue(share, "ratio")), 0},
		}})
	}
	if last < 0 {
		b.add(boardLine{pieces: []piece{{paint.Faint, " nothing was counted", 0}}})
	}
}

// leastCall is the part of the root below which calls are left out, and most
// lines of them are made.
const (
	leastCall = 0.01
	mostCalls = 200
)

func (b *board) flame(f, root *report.Flame, depth int) {
	if root.Total <= 0 || f.Total < leastCall*root.Total || len(b.lines) > mostCalls+len(b.all) {
		return
	}
	b.add(boardLine{name: report.Clean(f.Name), pieces: []piece{{paint.Plain, fmt.Sprintf(" %9s %6s  %s%s", report.FormatValue(f.Total, root.Unit),
		report.FormatValue(f.Total/root.Total, "ratio"), strings.Repeat(" ", min(depth, 40)), symbol.Short(report.Clean(f.Name))), 0}}})
	for i := range f.Children {
		b.flame(&f.Children[i], root, depth+1)
	}
}
