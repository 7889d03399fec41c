package tui

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// line is a line of a part of a screen.
type line struct {
	pieces []piece
	name   string                // the function that it is about, "" for none
	paint  func(c *paint.Canvas) // instead of pieces, up to the edge
}

// piece is text in a style, or a bar.
type piece struct {
	style paint.Style
	text  string
	bar   float64 // share of columns, when columns is not 0
	cells int     // columns of the bar, of a box that is filled with the style
	box   bool
}

func plainLine(style paint.Style, text string) line {
	return line{pieces: []piece{{style: style, text: text}}}
}

// column is how a column of a table is shown.
type column struct {
	of    string // its name in the table
	drawn bool   // of what other columns say
	name  string // and on the screen, "" for the same
	shed  int    // left out when there is no room: the greatest first, 0 never
	bar   bool   // a bar for the number, beside it
	kind  columnKind
	style func(row []report.Cell) paint.Style
	text  func(row []report.Cell) string // instead of the cell
}

// columnKind is what a column holds.
type columnKind uint8

const (
	quantity columnKind = iota // flush right, never cut
	word                       // as wide as it has to be
	function                   // a function: short, and what is left of the width
	passage                    // text that takes what is left of the width
)

// sheet is a table whose rows can be chosen. The numbers of a column stand below
// one another and are never cut: where there is no room a column is left out, and
// the facts of the chosen row and the plain twin still have it.
type sheet struct {
	columns []column
	table   *report.Table
	cells   [][]string // of the columns
	bars    [][]float64
	widths  []int
	at      map[string]int // columns of the table by name
	shown   []int          // columns, for the width that was laid out
	flex    int            // columns of the last one
	barred  int            // columns of a bar
	head    line
	names   []string // the function of each row
}

// newSheet is a table by the columns that are wanted and there; nil without a table.
func newSheet(t *report.Table, wanted ...column) *sheet {
	if t == nil {
		return nil
	}
	s := &sheet{table: t, at: map[string]int{}}
	for i, c := range t.Columns {
		s.at[c.Name] = i
	}
	for _, c := range wanted {
		if _, ok := s.at[c.of]; ok || c.text != nil {
			if c.name == "" {
				c.name = report.Clean(c.of)
			}
			s.columns = append(s.columns, c)
		}
	}
	s.cells, s.bars, s.names = make([][]string, len(t.Rows)), make([][]float64, len(t.Rows)), make([]string, len(t.Rows))
	s.widths = make([]int, len(s.columns))
	for k, c := range s.columns {
		s.widths[k] = paint.Width(c.name)
	}
	for i, row := range t.Rows {
		s.cells[i], s.bars[i] = make([]string, len(s.columns)), make([]float64, len(s.columns))
		for k := range s.columns {
			s.fill(i, k, row)
		}
	}
	for k, c := range s.columns {
		if c.bar {
			s.scale(k)
		}
	}
	return s
}

// plainSheet is a table as it is, for those that no screen knows better.
func plainSheet(t *report.Table) *sheet {
	var all []column
	for i, c := range t.Columns {
		kind := quantity
		if c.Unit == "" {
			kind = word
			if i == len(t.Columns)-1 {
				kind = passage
			}
		}
		all = append(all, column{of: c.Name, kind: kind, shed: i})
	}
	return newSheet(t, all...)
}

func (s *sheet) fill(i, k int, row []report.Cell) {
	c := &s.columns[k]
	at, ok := s.at[c.of]
	if ok && at < len(row) {
		s.cells[i][k] = render.Cell(s.table.Columns[at], row[at])
		s.bars[i][k] = row[at].Value
	}
	if c.text != nil {
		s.cells[i][k] = report.Clean(c.text(row))
	}
	if c.kind == function {
		s.names[i] = functionIn(s.cells[i][k])
		if !strings.HasPrefix(s.cells[i][k], "[") { // as pseudo functions do
			s.cells[i][k] = symbol.Short(s.cells[i][k])
		}
	}
	s.widths[k] = max(s.widths[k], paint.Width(s.cells[i][k]))
}

// scale makes the bars of a column shares of the largest.
func (s *sheet) scale(k int) {
	most := 0.0
	for i := range s.bars {
		most = max(most, s.bars[i][k])
	}
	for i := range s.bars {
		s.bars[i][k] /= max(most, 1e-300)
	}
}

// functionIn is the function that a cell names, "" for other words.
func functionIn(cell string) string {
	cell, _, _ = strings.Cut(cell, " (")
	if pkg, _ := symbol.Split(cell); pkg == "" || strings.ContainsAny(cell, " ") {
		return ""
	}
	return cell
}

const (
	leastFlex          = 20
	leastBar, mostBar  = 6, 18
	goodFlex, goodBars = 40, 14
)

// lay chooses the columns for a width.
func (s *sheet) lay(width int) (head []line, rows int) {
	s.shown = s.shown[:0]
	for k := range s.columns {
		if !s.empty(k) {
			s.shown = append(s.shown, k)
		}
	}
	for s.needs() > width && s.drop() {
	}
	s.spread(width)
	s.head = line{}
	for _, k := range s.shown {
		s.put(&s.head, k, s.columns[k].name, paint.Faint, -1)
	}
	return []line{s.head}, len(s.cells)
}

// empty says that no row has anything in a column.
func (s *sheet) empty(k int) bool {
	return len(s.cells) > 0 && !slices.ContainsFunc(s.cells, func(row []string) bool { return row[k] != "" && row[k] != "–" })
}

// flexible says that a column takes the width that is left.
func (c *column) flexible() bool { return c.kind >= function }

// needs is the least width of the columns that are shown.
func (s *sheet) needs() int {
	n := 0
	for _, k := range s.shown {
		c := &s.columns[k]
		w := s.widths[k]
		if c.flexible() {
			w = min(w, leastFlex)
		}
		if n += w + 2; c.bar {
			n += leastBar + 1
		}
	}
	return n
}

// drop leaves out the columns that are wanted least.
func (s *sheet) drop() bool {
	worst := 0
	for _, k := range s.shown {
		worst = max(worst, s.columns[k].shed)
	}
	s.shown = slices.DeleteFunc(s.shown, func(k int) bool { return worst > 0 && s.columns[k].shed == worst })
	return worst > 0
}

// spread hands out what is left of a width: to names until most of them are
// whole, then to the bars, then to the text.
func (s *sheet) spread(width int) {
	fixed, bars, most := 0, 0, 0
	for _, k := range s.shown {
		c := &s.columns[k]
		if fixed += 2; c.bar {
			bars, fixed = bars+1, fixed+1
		}
		if c.flexible() {
			most += s.widths[k]
		} else {
			fixed += s.widths[k]
		}
	}
	left := width - fixed
	s.barred = 0
	if bars > 0 {
		s.barred = min(max((left-min(most, goodFlex))/bars, leastBar), goodBars)
		if rest := left - bars*s.barred - most; rest > 0 {
			s.barred = min(s.barred+rest/bars, mostBar)
		}
	}
	s.flex = max(left-bars*s.barred, 1)
}

func (s *sheet) row(i int) line {
	l := line{name: s.names[i]}
	for _, k := range s.shown {
		style := paint.Plain
		if f := s.columns[k].style; f != nil {
			style = f(s.table.Rows[i])
		}
		s.put(&l, k, s.cells[i][k], style, i)
	}
	return l
}

// put adds a cell to a line; row is -1 for the heading.
func (s *sheet) put(l *line, k int, text string, style paint.Style, row int) {
	c := &s.columns[k]
	w := s.widths[k]
	if c.flexible() {
		w = s.room(k)
	}
	if n := paint.Width(text); n > w {
		text, _ = paint.Cut(text, w, "…")
	}
	pad := strings.Repeat(" ", max(w-paint.Width(text), 0))
	if c.kind == quantity {
		text, pad = pad+text, ""
	}
	l.pieces = append(l.pieces, piece{style: style, text: " " + text + pad + " "})
	if !c.bar {
		return
	}
	if row < 0 {
		l.pieces = append(l.pieces, piece{text: strings.Repeat(" ", s.barred+1)})
		return
	}
	l.pieces = append(l.pieces, piece{style: paint.Accent, bar: s.bars[row][k], cells: s.barred}, piece{text: " "})
}

// room is the width of a flexible column: all but the last take what they need,
// as far as the last keeps its share.
func (s *sheet) room(k int) int {
	var all []int
	for _, at := range s.shown {
		if s.columns[at].flexible() {
			all = append(all, at)
		}
	}
	left := s.flex
	for i, at := range all {
		w := left
		if rest := len(all) - 1 - i; rest > 0 {
			w = min(s.widths[at], max(left/(rest+1), left-s.needed(all[i+1:])))
		}
		if at == k {
			return max(min(w, s.widths[k]), 1) // what comes after it stays near
		}
		left -= w
	}
	return 1
}

func (s *sheet) needed(columns []int) (n int) {
	for _, k := range columns {
		n += s.widths[k]
	}
	return n
}

// label writes something else into a cell.
func (s *sheet) label(i int, of, text string) {
	for k := range s.columns {
		if s.columns[k].of == of {
			s.cells[i][k] = text
			s.widths[k] = max(s.widths[k], paint.Width(text))
		}
	}
}

func (s *sheet) text(i int) string { return strings.Join(s.cells[i], " ") }

// cell is a cell of the table by the name of its column; none when there is no such.
func (s *sheet) cell(i int, column string) report.Cell {
	if at, ok := s.at[column]; ok && i < len(s.table.Rows) && at < len(s.table.Rows[i]) {
		return s.table.Rows[i][at]
	}
	return report.Cell{}
}

// hidden are the cells of a row that are not shown, or not whole.
func (s *sheet) hidden(i int) []string {
	whole := map[string]bool{}
	for _, k := range s.shown {
		c := &s.columns[k]
		whole[c.of] = !c.flexible() || paint.Width(s.cells[i][k]) <= s.room(k)
	}
	return s.told(i, func(column string) bool { return !whole[column] })
}

// facts are all cells of a row, also those for which there was no room.
func (s *sheet) facts(i int) []string {
	out := s.told(i, func(string) bool { return true })
	for k, c := range s.columns { // what is reckoned from the others
		if _, ok := s.at[c.of]; !ok && !c.drawn && s.cells[i][k] != "" && s.cells[i][k] != "–" {
			out = append(out, c.name+" "+s.cells[i][k])
		}
	}
	return out
}

func (s *sheet) told(i int, wanted func(column string) bool) []string {
	var out []string
	for k, c := range s.table.Columns {
		if k >= len(s.table.Rows[i]) {
			break
		}
		if !wanted(c.Name) {
			continue
		}
		if text := render.Cell(c, s.table.Rows[i][k]); text != "" {
			out = append(out, report.Clean(c.Name)+" "+text)
		}
	}
	return out
}
