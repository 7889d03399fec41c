package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// TopOptions says what to sum up.
type TopOptions struct {
	By   Granularity // "" is ByFunction
	Type string      // name of the sample type, "" is the default one
}

// Row is the sums of one frame: Flat of the samples where it is the leaf, Cum
// of those where it is anywhere on the stack, each sample once.
type Row struct {
	Frame
	Flat, Cum int64
}

// Table is a profile summed up by frame, largest flat value first.
type Table struct {
	Type  ValueType
	Total int64 // sum of the values
	// Magnitude is the sum of the absolute values: what shares are of, also in
	// a difference.
	Magnitude int64
	Samples   int // samples that are not zero
	Rows      []Row
	Warnings  []string
}

// Top sums up the samples of p by frame.
func Top(p *Profile, opts TopOptions) *Table {
	t, col := newTable(p, opts.Type)
	if col < 0 {
		return t
	}
	ft := newFrameTable(p, cmp.Or(opts.By, ByFunction))
	flat, cum := make([]int64, len(ft.frames)), make([]int64, len(ft.frames))
	seen := make([]uint32, len(ft.frames))
	saturate := t.Magnitude == math.MaxInt64
	nt := len(p.SampleTypes)
	for i := range p.NumSamples() {
		v := p.values[i*nt+col]
		if v == 0 {
			continue
		}
		t.Samples++
		stack := p.stacks[p.offs[i]:p.offs[i+1]]
		if saturate {
			addSaturated(ft, stack, v, uint32(t.Samples), seen, flat, cum)
			continue
		}
		mark := uint32(t.Samples)
		if len(stack) > 0 {
			flat[ft.at(stack[0])[0]] += v
		}
		for _, loc := range stack {
			f := ft.of[loc]
			if f&manyFrames == 0 {
				if seen[f] != mark {
					seen[f] = mark
					cum[f] += v
				}
				continue
			}
			for _, f := range ft.at(loc) {
				if seen[f] != mark {
					seen[f] = mark
					cum[f] += v
				}
			}
		}
	}
	t.rows(ft.frames, flat, cum)
	return t
}

// addSaturated is the inner loop of Top for values whose sums leave 64 bits.
func addSaturated(ft *frameTable, stack []uint32, v int64, mark uint32, seen []uint32, flat, cum []int64) {
	for k, loc := range stack {
		for n, f := range ft.at(loc) {
			if k == 0 && n == 0 {
				flat[f] = addSat(flat[f], v)
			}
			if seen[f] != mark {
				seen[f] = mark
				cum[f] = addSat(cum[f], v)
			}
		}
	}
}

// newTable finds the column and sums it; col is -1 when there is none.
func newTable(p *Profile, name string) (t *Table, col int) {
	t = &Table{}
	col, ok := p.DefaultType(), true
	if name != "" {
		col, ok = p.SampleType(name)
	}
	if !ok || col < 0 {
		t.Warnings = append(t.Warnings, fmt.Sprintf("no sample type %q; the profile has %s", name, p.typeNames()))
		return t, -1
	}
	t.Type = p.SampleTypes[col]
	for i := range p.NumSamples() {
		v := p.Value(i, col)
		t.Total = addSat(t.Total, v)
		t.Magnitude = addSat(t.Magnitude, absSat(v))
	}
	if t.Magnitude == math.MaxInt64 {
		t.Warnings = append(t.Warnings, "sums leave 64 bits and are cut to the largest number")
	}
	return t, col
}

func (p *Profile) typeNames() []string {
	names := make([]string, len(p.SampleTypes))
	for i, t := range p.SampleTypes {
		names[i] = t.Type
	}
	return names
}

func (t *Table) rows(frames []Frame, flat, cum []int64) {
	n := 0
	for i := range frames {
		if flat[i] != 0 || cum[i] != 0 {
			n++
		}
	}
	t.Rows = make([]Row, 0, n)
	for i := range frames {
		if flat[i] != 0 || cum[i] != 0 {
			t.Rows = append(t.Rows, Row{frames[i], flat[i], cum[i]})
		}
	}
	slices.SortFunc(t.Rows, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(absSat(b.Flat), absSat(a.Flat)),
			cmp.Compare(absSat(b.Cum), absSat(a.Cum)),
			cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Address, b.Address),
		)
	})
}

// SortCum puts the largest cumulative value first.
func (t *Table) SortCum() {
	slices.SortStableFunc(t.Rows, func(a, b Row) int {
		return cmp.Compare(absSat(b.Cum), absSat(a.Cum))
	})
}

// addSat adds without wrapping around.
func addSat(a, b int64) int64 {
	s := a + b
	if a > 0 && b > 0 && s < 0 {
		return math.MaxInt64
	}
	if a < 0 && b < 0 && s >= 0 {
		return math.MinInt64
	}
	return s
}

func absSat(v int64) int64 {
	if v == math.MinInt64 {
		return math.MaxInt64
	}
	if v < 0 {
		return -v
	}
	return v
}
