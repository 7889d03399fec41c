package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
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

	by     Granularity
	col    int         // of Type
	frames *frameTable // of Top
}

// Top sums up the samples of p by frame.
func Top(p *Profile, opts TopOptions) *Table {
	t, col := newTable(p, opts)
	if col < 0 {
		return t
	}
	ft := newFrameTable(p, t.by)
	sums := make([]sum, len(ft.keys))
	add := addUp
	if t.Magnitude == math.MaxInt64 {
		add = addUpSaturated
	}
	t.frames = ft
	nt := len(p.SampleTypes)
	for i := range p.NumSamples() {
		if v := p.values[i*nt+col]; v != 0 {
			t.Samples++
			add(ft, sums, p.stacks[p.offs[i]:p.offs[i+1]], v, uint32(t.Samples))
		}
	}
	t.rows(ft.full, sums)
	return t
}

// sum is what a frame adds up to. Its parts lie together because the inner loop
// jumps about: one cache line for each frame.
type sum struct {
	cum, flat int64
	seen      uint32 // number of the last sample that was added to cum
}

// addUp adds a sample to the frames of its stack, to each once.
func addUp(ft *frameTable, sums []sum, stack []uint32, v int64, sample uint32) {
	if len(stack) > 0 {
		sums[ft.at(stack[0])[0]].flat += v
	}
	of := ft.of
	for _, loc := range stack {
		f := of[loc]
		if f&manyFrames == 0 {
			if s := &sums[f]; s.seen != sample {
				s.seen = sample
				s.cum += v
			}
			continue
		}
		for _, f := range ft.at(loc) {
			if s := &sums[f]; s.seen != sample {
				s.seen = sample
				s.cum += v
			}
		}
	}
}

// addUpSaturated is addUp for values whose sums leave 64 bits.
func addUpSaturated(ft *frameTable, sums []sum, stack []uint32, v int64, sample uint32) {
	for k, loc := range stack {
		for n, f := range ft.at(loc) {
			sums[f].add(v, k == 0 && n == 0, sample)
		}
	}
}

// add adds the value of a sample, to cum only once.
func (s *sum) add(v int64, leaf bool, sample uint32) {
	if leaf {
		s.flat = addSat(s.flat, v)
	}
	if s.seen != sample {
		s.seen = sample
		s.cum = addSat(s.cum, v)
	}
}

// newTable finds the column and sums it; col is -1 when there is none.
func newTable(p *Profile, opts TopOptions) (t *Table, col int) {
	t = &Table{by: cmp.Or(opts.By, ByFunction)}
	col, ok := p.DefaultType(), true
	if opts.Type != "" {
		col, ok = p.SampleType(opts.Type)
	}
	if !ok || col < 0 {
		t.Warnings = append(t.Warnings, fmt.Sprintf("no sample type %q; the profile has %s", opts.Type, p.typeNames()))
		return t, -1
	}
	t.Type, t.col = p.SampleTypes[col], col
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

// rows fills the table with the frames that have a sum and returns which they are.
// Equals stand in the order of pprof, by name, so that its running sums come out;
// those without flat, to which that is nothing, by cum.
func (t *Table) rows(frame func(uint32) Frame, sums []sum) []uint32 {
	order := make([]uint32, 0, len(sums))
	for i, s := range sums {
		if s.flat != 0 || s.cum != 0 {
			order = append(order, uint32(i))
		}
	}
	// Equals are compared again and again, and the strings of a frame take time.
	made, frames := make([]bool, len(sums)), make([]Frame, len(sums))
	named := func(i uint32) *Frame {
		if !made[i] {
			made[i], frames[i] = true, frame(i)
		}
		return &frames[i]
	}
	slices.SortFunc(order, func(i, j uint32) int {
		if c := cmp.Compare(absSat(sums[j].flat), absSat(sums[i].flat)); c != 0 {
			return c
		}
		byCum := cmp.Compare(absSat(sums[j].cum), absSat(sums[i].cum))
		if sums[i].flat == 0 && byCum != 0 {
			return byCum
		}
		return cmp.Or(named(i).compare(named(j), t.by), byCum)
	})
	t.Rows = make([]Row, len(order))
	for k, i := range order {
		t.Rows[k] = Row{*named(i), sums[i].flat, sums[i].cum}
	}
	return order
}

// SortCum puts the largest cumulative value first.
func (t *Table) SortCum() {
	slices.SortStableFunc(t.Rows, func(a, b Row) int {
		if c := cmp.Compare(absSat(b.Cum), absSat(a.Cum)); c != 0 {
			return c
		}
		return a.compare(&b.Frame, t.by)
	})
}

// compare orders frames as pprof does, which compares what it prints: line 10
// stands before line 9, and an address before names.
func (f *Frame) compare(g *Frame, by Granularity) int {
	if by != ByLine && by != ByAddress {
		return strings.Compare(f.Name, g.Name)
	}
	if f.Address != 0 && g.Address != 0 && f.Address != g.Address {
		return cmp.Compare(f.Address, g.Address)
	}
	if short := min(len(f.Name), len(g.Name)); f.Address == g.Address && f.Name[:short] != g.Name[:short] {
		return strings.Compare(f.Name, g.Name)
	}
	return strings.Compare(f.printed(), g.printed())
}

// printed is a frame in full.
func (f *Frame) printed() string {
	b := make([]byte, 0, 128)
	if f.Address != 0 {
		b = fmt.Appendf(b, "%016x ", f.Address)
	}
	if f.Name != "" {
		b = append(append(b, f.Name...), ' ')
	}
	b = append(b, f.File...)
	if f.Line != 0 {
		b = strconv.AppendInt(append(b, ':'), f.Line, 10)
	}
	return strings.TrimSuffix(string(b), " ")
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
