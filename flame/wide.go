package flame

// Wide is what the width of a box of a difference stands for.
type Wide int

// Both sides of a difference make a box as wide as there is to see on either; it is
// the usual one. Before and After are one side, what is gone or new has no width
// then. Larger is the side that has more.
const (
	Both Wide = iota
	Before
	After
	Larger
)

// Widen says what widths stand for, in all columns that have two sides. A side that
// has nothing at all leaves it at both: false.
func (t *Tree) Widen(by Wide) bool {
	done := true
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.BaseCum == nil {
			continue
		}
		switch by {
		case Before:
			c.wide = c.BaseCum
		case After:
			c.wide = c.Cum
		case Larger:
			c.wide = t.larger(c)
		default:
			c.wide = nil
		}
		if c.wide != nil && c.wide[0] == 0 {
			c.wide, done = nil, done && i != t.Column
		}
	}
	return done
}

// larger is the larger side of each node's own values, added up: what is more in one
// place and less in another has room for both.
func (t *Tree) larger(c *Column) []int64 {
	out := make([]int64, t.Size())
	for n := t.Size() - 1; n >= 0; n-- {
		own := max(c.Self[n], c.BaseSelf[n])
		out[n] = addSat(out[n], own)
		if n > 0 {
			out[t.Parent[n]] = addSat(out[t.Parent[n]], out[n])
		}
	}
	return out
}
