package profile

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Merge sums profiles of the same kind. Sample types are matched by name and
// unit; one that some profile lacks is left out with a warning, and having none
// in common is an error. Profiles of different builds are merged with a
// warning: line numbers of one need not be those of the other.
func Merge(ps ...*Profile) (*Profile, error) {
	if len(ps) == 0 {
		return nil, errors.New("profile: merge: no profiles")
	}
	first := ps[0]
	types := slices.DeleteFunc(slices.Clone(first.SampleTypes), func(t ValueType) bool {
		return slices.ContainsFunc(ps, func(p *Profile) bool { return !slices.Contains(p.SampleTypes, t) })
	})
	if len(types) == 0 {
		for i, p := range ps {
			if !slices.ContainsFunc(p.SampleTypes, func(t ValueType) bool { return slices.Contains(first.SampleTypes, t) }) {
				return nil, fmt.Errorf("profile: merge: no common sample type: the first has %s, number %d has %s",
					describe(first.SampleTypes), i+1, describe(p.SampleTypes))
			}
		}
		return nil, errors.New("profile: merge: no sample type is in all profiles")
	}
	m := NewBuilder(slices.ContainsFunc(ps, (*Profile).HasLabels), types...)
	for _, p := range ps {
		if err := m.expect(p, int64(len(p.stacks))); err != nil {
			return nil, fmt.Errorf("profile: merge: %w", err)
		}
		m.b.add(p, columns(m.b.p.SampleTypes, p), 1)
	}
	return m.Finish()
}

func describe(types []ValueType) string {
	var s []string
	for _, t := range types {
		s = append(s, t.Type+"/"+t.Unit)
	}
	return strings.Join(s, ", ")
}

// columns finds types in p.
func columns(types []ValueType, p *Profile) []int {
	out := make([]int, len(types))
	for i, t := range types {
		out[i] = slices.Index(p.SampleTypes, t)
	}
	return out
}

// differentBuilds compares the main binaries by their build ids, where known.
func differentBuilds(ps []*Profile) string {
	known := ""
	for _, p := range ps {
		if len(p.Mappings) == 0 || p.Mappings[0].BuildID == "" {
			continue
		}
		id := p.Mappings[0].BuildID
		if known != "" && id != known {
			return fmt.Sprintf("profiles are of different builds (%.12s, %.12s): line numbers may not match", known, id)
		}
		known = id
	}
	return ""
}

// Sub is what happened between two cumulative snapshots of one process: newer
// minus older, matched by stack and labels. Samples that did not change are
// gone, values that shrank are negative. Its window is the time between the two.
func Sub(newer, older *Profile) *Profile {
	return sub(newer, older, func(*Profile) {})
}

// Minus is [Sub] for profiles of the same sample types that nobody needs
// afterwards: their samples are gone as soon as they are in the result, which
// halves what it takes.
func (p *Profile) Minus(base *Profile) (*Profile, error) {
	if err := p.comparable(base); err != nil {
		return nil, err
	}
	return sub(p, base, (*Profile).forget), nil
}

// forget drops the samples.
func (p *Profile) forget() { p.stacks, p.offs, p.values, p.labels = nil, nil, nil, labelStore{} }

func sub(newer, older *Profile, added func(*Profile)) *Profile {
	types := slices.Clone(newer.SampleTypes)
	b := newBuilder(types, newer.HasLabels() || older.HasLabels())
	b.add(newer, columns(types, newer), 1)
	added(newer)
	cols := columns(types, older)
	b.add(older, cols, -1)
	added(older)
	out := b.finish()
	out.PeriodType, out.Period, out.DefaultSampleType = newer.PeriodType, newer.Period, newer.DefaultSampleType
	out.DropFrames, out.KeepFrames = newer.DropFrames, newer.KeepFrames
	out.Comments, out.DocURL = slices.Clone(newer.Comments), newer.DocURL
	out.Warnings = slices.Concat(newer.Warnings, older.Warnings)
	warn := func(format string, args ...any) { out.Warnings = append(out.Warnings, fmt.Sprintf(format, args...)) }
	if newer.TimeNanos != 0 && older.TimeNanos != 0 {
		out.TimeNanos, out.DurationNanos = older.TimeNanos, newer.TimeNanos-older.TimeNanos
		if out.DurationNanos < 0 {
			warn("the newer snapshot was taken before the older one")
		}
	}
	for t, c := range cols {
		if c < 0 {
			warn("sample type %s is not in the older snapshot: nothing was subtracted from it", describe(types[t:t+1]))
		}
	}
	if w := differentBuilds([]*Profile{newer, older}); w != "" {
		warn("%s", w)
	}
	for t, n := range out.shrunk() {
		if n > 0 {
			warn("%s fell on %d stacks, which a counter cannot: the process was restarted, or these are not two snapshots of it",
				describe(types[t:t+1]), n)
		}
	}
	return out
}

// shrunk counts the samples that are negative in columns that only grow.
func (p *Profile) shrunk() []int {
	out := make([]int, len(p.SampleTypes))
	for t, vt := range p.SampleTypes {
		if !strings.HasPrefix(vt.Type, "alloc_") && vt.Type != "contentions" && vt.Type != "delay" {
			continue
		}
		for i := range p.NumSamples() {
			if p.Value(i, t) < 0 {
				out[t]++
			}
		}
	}
	return out
}

// Scale multiplies the values, one factor for each sample type (missing ones
// are 1), and returns the result. Results beyond 64 bits are cut to the nearest.
func (p *Profile) Scale(factors ...float64) *Profile {
	out := *p
	out.values = slices.Clone(p.values)
	n := len(p.SampleTypes)
	for t, f := range factors[:min(n, len(factors))] {
		if f == 1 {
			continue
		}
		for i := t; i < len(out.values); i += n {
			out.values[i] = scaled(out.values[i], f)
		}
	}
	return &out
}

func scaled(v int64, f float64) int64 {
	x := math.Round(float64(v) * f)
	switch {
	case math.IsNaN(x):
		return 0
	case x >= math.MaxInt64:
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	}
	return int64(x)
}

// Filter returns p with only the samples that keep wants. Tables are shared
// with p.
func Filter(p *Profile, keep func(sample int) bool) *Profile {
	out := *p
	out.stacks, out.values = nil, nil
	out.offs = []uint32{0}
	out.labels = labelStore{strs: p.labels.strs}
	for i := range p.NumSamples() {
		if !keep(i) {
			continue
		}
		out.appendSample(p, i, p.Stack(i))
	}
	return &out
}

// appendSample adds sample i of src, which shares tables with p, with this stack.
func (p *Profile) appendSample(src *Profile, i int, stack []uint32) {
	p.stacks = append(p.stacks, stack...)
	p.offs = append(p.offs, uint32(len(p.stacks)))
	p.values = append(p.values, src.Values(i)...)
	if len(src.labels.ends) > 0 {
		p.labels.recs = append(p.labels.recs, src.labels.of(i)...)
		p.labels.endSample()
	}
}
