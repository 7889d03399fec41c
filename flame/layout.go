package flame

import "math"

// Layout says where the boxes of one column are. Places are values of the
// column: a node begins at Start and is as wide as [Column.Width].
type Layout struct {
	Column *Column
	Start  []int64
	End    []int64
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
	n := t.Size()
	l := &Layout{Column: &t.Columns[column], Start: make([]int64, n), End: make([]int64, n), t: t}
	l.End[0] = l.Column.Width(0)
	for n := range int32(n) {
		x := l.Start[n]
		for c := t.First[n]; c < t.First[n+1]; c++ {
			l.Start[c] = x
			x = addSat(x, l.Column.Width(c))
			l.End[c] = x
		}
	}
	return l
}

// Row is a row of the tree, shown from the left to the right end of node zoom in
// a number of cells. It costs as much as there are cells, whatever there is to show.
func (l *Layout) Row(row int, zoom int32, cells int) []Span {
	return l.AppendRow(nil, row, zoom, cells)
}

// AppendRow appends a [Layout.Row] to spans.
func (l *Layout) AppendRow(spans []Span, row int, zoom int32, cells int) []Span {
	return l.AppendPart(spans, row, l.Start[zoom], l.End[zoom], cells)
}

// AppendPart appends what of a row lies between two places.
func (l *Layout) AppendPart(spans []Span, row int, from, to int64, cells int) []Span {
	lo, hi := l.t.Rows[row], l.t.Rows[row+1]
	if to <= from {
		return spans
	}
	scale := float64(cells) / float64(to-from)
	cell := func(x int64) int { return min(int(math.Round(float64(x-from)*scale)), cells) }
	least, first := int64(1/scale), len(spans)
	for n := l.next(lo, hi, from); n < hi && l.Start[n] < to; {
		a, b := cell(max(l.Start[n], from)), cell(l.End[n])
		if l.End[n]-l.Start[n] >= least && b > a {
			spans = append(spans, Span{n, a, b})
			n++
			continue
		}
		if last := len(spans) - 1; b > a && last >= first && spans[last].Node < 0 && spans[last].To == a {
			spans[last].To = b
		} else if b > a {
			spans = append(spans, Span{-1, a, b})
		}
		// The rest of this cell shows nothing that could be told apart.
		n = max(n+1, l.next(n, hi, from+int64((float64(b)+0.5)/scale)-1))
	}
	return spans
}

// next is the first node from n on, below hi, that ends behind x: with steps that
// double, because it is mostly near.
func (l *Layout) next(n, hi int32, x int64) int32 {
	step := int32(1)
	for n < hi && l.End[n] <= x {
		if step > hi-n {
			step = hi - n
		}
		if l.End[n+step-1] > x {
			// It is among the step nodes from n on.
			lo := n
			for end := n + step - 1; lo < end; {
				if mid := lo + (end-lo)/2; l.End[mid] > x {
					end = mid
				} else {
					lo = mid + 1
				}
			}
			return lo
		}
		n += step
		step *= 2
	}
	return n
}

// Deepest is the last box of the stack at a place.
func (l *Layout) Deepest(place int64) int32 {
	n := int32(0)
	for {
		c := l.next(l.t.First[n], l.t.First[n+1], place)
		if c >= l.t.First[n+1] || l.Start[c] > place {
			return n
		}
		n = c
	}
}
