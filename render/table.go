package render

import (
	"strings"

	"github.com/goperf/goperf/report"
)

const (
	gutter   = 2  // columns between two columns
	minText  = 12 // a text column is not clipped below this
	minProse = 24 // the last column is not wrapped below this
)

// grid is a table as text: cells are formatted, columns know their width.
type grid struct {
	head  []string
	right []bool // numbers are flush right
	rows  [][]string
	width []int
}

func newGrid(t *report.Table) grid {
	g := grid{}
	for _, c := range t.Columns {
		g.head = append(g.head, report.Clean(c.Name))
		g.right = append(g.right, c.Unit != "")
		g.width = append(g.width, columns(g.head[len(g.head)-1]))
	}
	for _, row := range t.Rows {
		cells := make([]string, len(g.head))
		for i, c := range row[:min(len(row), len(cells))] {
			cells[i] = cellText(t.Columns[i], c)
			g.width[i] = max(g.width[i], columns(cells[i]))
		}
		g.rows = append(g.rows, cells)
	}
	return g
}

func cellText(c report.Column, cell report.Cell) string {
	if c.Unit == "" || cell.Text != "" {
		return clip(report.Clean(cell.Text), clipAt)
	}
	return valueText(cell.Value, c.Unit)
}

// wrapLast narrows the last column, which wraps, until the table is at most
// limit columns wide. It is false when that is not enough.
func (g grid) wrapLast(limit int) bool {
	last := len(g.width) - 1
	if over := g.total() - limit; over > 0 && !g.right[last] {
		g.width[last] = max(g.width[last]-over, min(g.width[last], minProse))
	}
	return g.total() <= limit
}

// clipText narrows the widest text columns until the table is at most limit
// columns wide. It is false when that is not enough.
func (g grid) clipText(limit int) bool {
	for g.total() > limit {
		widest := -1
		for i, w := range g.width {
			if !g.right[i] && w > minText && (widest < 0 || w > g.width[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		g.width[widest]--
	}
	return true
}

func (g grid) total() int {
	total := gutter * (len(g.width) - 1)
	for _, w := range g.width {
		total += w
	}
	return total
}

// table writes t within limit columns, indented. When there is no room for
// columns, each row becomes a few lines of its own.
func (p *page) table(t *report.Table, indent, limit int) {
	if len(t.Columns) == 0 {
		return
	}
	g := newGrid(t)
	if g.wrapLast(limit - indent) {
		g.row(p, indent, g.head, faint)
		for _, cells := range g.rows {
			g.row(p, indent, cells, plain)
		}
		return
	}
	// The last column is the wordy one: below its row it has the whole width.
	last := len(g.head) - 1
	g = newGrid(t)
	short := grid{head: g.head[:last], right: g.right[:last], width: g.width[:last]}
	if last == 0 || g.right[last] || !short.clipText(limit-indent) {
		newGrid(t).records(p, indent)
		return
	}
	short.row(p, indent, short.head, faint)
	for _, cells := range g.rows {
		short.row(p, indent, cells[:last], plain)
		if cells[last] != "" {
			p.para([]span{{strings.Repeat(" ", indent+2), plain}}, indent+2, span{cells[last], faint})
		}
	}
}

func (g grid) row(p *page, indent int, cells []string, st style) {
	last := len(cells) - 1
	lead := strings.Repeat(" ", indent)
	hang := indent
	for i, c := range cells[:last] {
		c = clip(c, g.width[i])
		pad := strings.Repeat(" ", g.width[i]-columns(c))
		if g.right[i] {
			lead += pad + c
		} else {
			lead += c + pad
		}
		lead += strings.Repeat(" ", gutter)
		hang += g.width[i] + gutter
	}
	end := cells[last]
	if g.right[last] {
		end = strings.Repeat(nbsp, g.width[last]-columns(end)) + keep(end)
	}
	if end == "" {
		lead = strings.TrimRight(lead, " ")
	}
	wide := page{width: hang + g.width[last], color: p.color}
	wide.para([]span{{lead, st}}, hang, span{end, st})
	p.b.WriteString(wide.b.String())
}

// records writes a row as its first text, then its other cells with their names.
func (g grid) records(p *page, indent int) {
	title := 0
	for i := range g.right {
		if !g.right[i] {
			title = i
			break
		}
	}
	lead := strings.Repeat(" ", indent)
	for _, cells := range g.rows {
		p.para([]span{{lead, plain}}, indent+2, span{cells[title], plain})
		var rest []string
		for i, c := range cells {
			if i != title && c != "" {
				rest = append(rest, keep(g.head[i]+" ")+c)
			}
		}
		p.para([]span{{lead + "  ", plain}}, indent+2, list(rest, faint)...)
	}
}
