package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
)

// frontierData is the exhibit that holds what each setting of the collector
// costs and needs, by columns whose names stay.
const frontierData = "frontier-data"

// spot is one setting: memory and CPU.
type spot struct {
	rss, gc     float64
	label, role string
}

// spots are the settings of a table that have both figures.
func spots(t *report.Table) []spot {
	if t == nil {
		return nil
	}
	col := map[string]int{}
	for i, c := range t.Columns {
		col[c.Name] = i
	}
	for _, name := range []string{"gogc", "gomemlimit", "rss", "gc", "role"} {
		if _, ok := col[name]; !ok {
			return nil
		}
	}
	var out []spot
	for _, row := range t.Rows {
		p := spot{rss: row[col["rss"]].Value, gc: row[col["gc"]].Value, label: row[col["gogc"]].Text, role: row[col["role"]].Text}
		if p.rss <= 0 || p.gc <= 0 {
			continue
		}
		if row[col["gomemlimit"]].Value > 0 {
			p.label += "'" // under a limit
		}
		out = append(out, p)
	}
	return out
}

const (
	chartRows    = 11
	chartColumns = 60
)

// frontierTitle says how the chart is read.
const frontierTitle = "GC cores by peak RSS (each setting as its GOGC; ' under a limit, * now, → recommended)"

// frontier draws memory against CPU: each setting as its GOGC.
func (s *sheet) frontier(t *report.Table) {
	lines := FrontierChart(t, s.width)
	if len(lines) == 0 {
		return
	}
	s.heading(frontierTitle)
	for _, line := range lines {
		s.b.WriteString(line + "\n")
	}
}

// FrontierChart draws the table of settings, "frontier-data", as memory against
// CPU in lines of at most so many columns; none when there is too little to draw.
func FrontierChart(t *report.Table, width int) []string {
	ps := spots(t)
	columns := min(chartColumns, width-14)
	if len(ps) < 3 || columns < 24 {
		return nil
	}
	low, high, top := ps[0].rss, ps[0].rss, 0.0
	for _, p := range ps {
		low, high, top = min(low, p.rss), max(high, p.rss), max(top, p.gc)
	}
	if high <= low {
		return nil
	}
	var lines []string
	for i, line := range plot(ps, low, high, top, columns) {
		axis := strings.Repeat(" ", 9)
		switch i {
		case 0:
			axis = flushRight(report.FormatValue(top, "count"), 9)
		case chartRows - 1:
			axis = flushRight("0", 9)
		}
		lines = append(lines, strings.TrimRight("  "+axis+" │"+string(line), " "))
	}
	left, right := report.FormatValue(low, "B"), report.FormatValue(high, "B")
	return append(lines, "            "+left+strings.Repeat(" ", max(columns-len(left)-len(right)+1, 1))+right)
}

// plot puts settings on a field. What matters most is drawn first, and nothing is
// drawn over it.
func plot(ps []spot, low, high, top float64, columns int) [][]rune {
	field := make([][]rune, chartRows)
	for i := range field {
		field[i] = []rune(strings.Repeat(" ", columns+1))
	}
	rank := map[string]int{"recommended": 0, "now": 1}
	slices.SortStableFunc(ps, func(a, b spot) int {
		of := func(p spot) int {
			if r, ok := rank[p.role]; ok {
				return r
			}
			return 2
		}
		return cmp.Compare(of(a), of(b))
	})
	for _, p := range ps {
		x := int((p.rss - low) / (high - low) * float64(columns))
		y := chartRows - 1 - int(p.gc/top*float64(chartRows-1)+0.5)
		plant(field[y], x, spotMark(p)+report.Clean(p.label))
	}
	return field
}

func spotMark(p spot) string {
	switch p.role {
	case "recommended":
		return "→"
	case "now":
		return "*"
	}
	return "·"
}

// plant writes a label where it is free, further left when it would not fit.
func plant(line []rune, at int, label string) {
	text := []rune(label)
	at = max(min(at, len(line)-len(text)), 0)
	end := min(at+len(text), len(line))
	for _, r := range line[at:end] {
		if r != ' ' {
			return
		}
	}
	copy(line[at:end], text)
}
