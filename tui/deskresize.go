package tui

import "slices"

// resized is what the user has given to parts, until the end: lines to bands, by the
// first of their parts, and right edges to parts, as shares of the width.
type resized struct {
	lines map[string]int
	edges map[string]float64
	drawn []drawnBand
	held  *border // with the mouse
}

// drawnBand is where a band was drawn last.
type drawnBand struct {
	parts      []*part
	top, lines int // its heading is at the top
	least      int // lines that it keeps
}

// border is what can be moved: the line below a band, or the edge of a part.
type border struct {
	above, below drawnBand
	edge         *part // nil for a line
}

// leastPart is how narrow a part may be made.
const leastPart = 20

// edge is the column where a part of a band ends, the usual one or the user's.
func (z *resized) edge(p *part, usual, left, width, following int) int {
	share, ok := z.edges[p.id]
	if !ok || following == 0 {
		return usual
	}
	return max(min(int(share*float64(width)+0.5), width-following*leastPart), left+leastPart)
}

// give gives a band so many lines from now on.
func (z *resized) give(b drawnBand, lines int) {
	if z.lines == nil {
		z.lines = map[string]int{}
	}
	z.lines[b.parts[0].id] = max(lines, b.least)
}

// resize gives the part at hand more lines, or less, and the rest to the others.
func (k *desk) resize(by int) {
	if len(k.sizes.drawn) < 2 {
		return
	}
	for _, b := range k.sizes.drawn {
		if slices.Contains(b.parts, k.part()) {
			k.sizes.give(b, b.lines+by)
		}
	}
}

func (k *desk) drag(d drag) effect {
	k.move(d)
	return effect{}
}

// move moves the border that the mouse holds; false when it holds none.
func (k *desk) move(d drag) bool {
	z := &k.sizes
	if z.held == nil {
		z.held = z.border(d.x, d.y)
	}
	b := z.held
	if d.done {
		z.held = nil
	}
	if b == nil {
		return false
	}
	if b.edge != nil {
		if z.edges == nil {
			z.edges = map[string]float64{}
		}
		width := b.above.parts[len(b.above.parts)-1].place.right
		z.edges[b.edge.id] = float64(d.toX+2) / float64(max(width, 1))
		return true
	}
	both := b.above.lines + b.below.lines
	up := max(min(d.toY-b.above.top, both-b.below.least), b.above.least)
	z.give(b.above, up)
	z.give(b.below, both-up)
	return true
}

// border is the one at a place, nil when there is none.
func (z *resized) border(x, y int) *border {
	for i, b := range z.drawn {
		if i > 0 && y == b.top {
			return &border{above: z.drawn[i-1], below: b}
		}
		if y <= b.top || y >= b.top+b.lines {
			continue
		}
		for _, p := range b.parts[:len(b.parts)-1] {
			if x >= p.place.right && x < p.place.right+2 {
				return &border{above: b, edge: p}
			}
		}
	}
	return nil
}

// over makes the part under the mouse the one that the keys are about.
func (k *desk) over(x, y int) {
	for i, p := range k.parts {
		if x >= p.place.left && x < p.place.right && y >= p.place.top-1 && y < p.place.top+p.place.rows && k.focus != i {
			k.focus, k.moved = i, true
		}
	}
}
