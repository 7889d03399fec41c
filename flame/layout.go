package flame

import (
	"math"
	"sort"
)

// Layout says where the boxes of one column are. Places are values of the
// column: a node begins at Start and is as wide as [Column.Width].
type Layout struct {
	Column *Column
	Start  []int64
	t      *Tree
}

// Span is what is drawn in the cells From to To-1 of a row: a node, or when Node
// is -1 neighbours of which none fills a cell.
type Span struct {
	Node     int32
	From, To int
}

// Layout places the nodes of a column, each within its parent.
func (t *Tree) Layout(column int) *Layout {
	l := &Layout{Column: &t.Columns[column], Start: make([]int64, t.Size()), t: t}
	for n := range int32(t.Size()) {
		x := l.Start[n]
		for c := t.First[n]; c < t.First[n+1]; c++ {
			l.Start[c] = x
			x = addSat(x, l.Column.Width(c))
		}
	}
	return l
}

func (l *Layout) end(n int32) int64 { return addSat(l.Start[n], l.Column.Width(n)) }

// Row is a row of the tree, shown from the left to the right end of node zoom in
// a number of cells. It costs as much as there are cells, whatever there is to show.
func (l *Layout) Row(row int, zoom int32, cells int) []Span {
	lo, hi := l.t.Rows[row], l.t.Rows[row+1]
	from, width := l.Start[zoom], l.Column.Width(zoom)
	if width == 0 {
		return nil
	}
	scale := float64(cells) / float64(width)
	cell := func(x int64) int { return min(int(math.Round(float64(x-from)*scale)), cells) }
	to := l.end(zoom)
	// next is the first node from n on that ends behind x.
	next := func(n int32, x int64) int32 {
		return n + int32(sort.Search(int(hi-n), func(i int) bool { return l.end(n+int32(i)) > x }))
	}
	var spans []Span
	for n := next(lo, from); n < hi && l.Start[n] < to; {
		a, b := cell(max(l.Start[n], from)), cell(l.end(n))
		if l.Column.Width(n) >= int64(1/scale) && b > a {
			spans = append(spans, Span{n, a, b})
			n++
			continue
		}
		if last := len(spans) - 1; b > a && last >= 0 && spans[last].Node < 0 && spans[last].To == a {
			spans[last].To = b
		} else if b > a {
			spans = append(spans, Span{-1, a, b})
		}
		// The rest of this cell shows nothing that could be told apart.
		n = max(n+1, next(n, from+int64((float64(b)+0.5)/scale)-1))
	}
	return spans
}
