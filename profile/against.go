package profile

import (
	"fmt"
	"slices"
)

// Against is the samples of p and beside them those of base, negated. Sums over
// it are differences; unlike [Sub] it joins no samples, which sums do not need.
func (p *Profile) Against(base *Profile) (*Profile, error) {
	if err := p.comparable(base); err != nil {
		return nil, err
	}
	cols := columns(p.SampleTypes, base)
	out := *p
	functions, locations, mappings := int32(len(p.Functions)), uint32(len(p.Locations)), int32(len(p.Mappings))
	out.Functions = slices.Concat(p.Functions, base.Functions)
	out.Mappings = slices.Concat(p.Mappings, base.Mappings)
	out.Locations = slices.Concat(p.Locations, base.Locations)
	out.renumber()
	lines := 0
	for i := range base.Locations {
		lines += len(base.Locations[i].Lines)
	}
	room := make([]Line, 0, lines)
	for i := range base.Locations {
		l := &out.Locations[int(locations)+i]
		if l.Mapping >= 0 {
			l.Mapping += mappings
		}
		from := len(room)
		for _, line := range l.Lines {
			if line.Function >= 0 {
				line.Function += functions
			}
			room = append(room, line)
		}
		l.Lines = room[from:len(room):len(room)]
	}
	out.stacks = slices.Concat(p.stacks, base.stacks)
	for i := len(p.stacks); i < len(out.stacks); i++ {
		out.stacks[i] += locations
	}
	out.offs = append(make([]uint32, 0, len(p.offs)+len(base.offs)+1), p.offs...)
	if len(out.offs) == 0 {
		out.offs = append(out.offs, 0)
	}
	first := uint32(len(p.stacks))
	for i := range base.NumSamples() {
		out.offs = append(out.offs, first+base.offs[i+1])
	}
	out.values = append(make([]int64, 0, len(p.values)+len(base.values)), p.values...)
	for i := range base.NumSamples() {
		for _, c := range cols {
			out.values = append(out.values, -base.Value(i, c))
		}
	}
	out.labels = beside(p, base)
	out.Warnings = slices.Concat(p.Warnings, base.Warnings)
	return &out, nil
}

// comparable says that p and base have the same sample types.
func (p *Profile) comparable(base *Profile) error {
	cols := columns(p.SampleTypes, base)
	if slices.Contains(cols, -1) || len(base.SampleTypes) != len(cols) {
		return fmt.Errorf("profile: compare: different sample types: %s and %s", describe(p.SampleTypes), describe(base.SampleTypes))
	}
	return nil
}

// beside is the labels of p and then those of q.
func beside(p, q *Profile) labelStore {
	if len(p.labels.recs)+len(q.labels.recs) == 0 {
		return labelStore{}
	}
	s := labelStore{strs: slices.Concat(p.labels.strs, q.labels.strs)}
	for _, part := range []struct {
		p     *Profile
		shift uint32
	}{{p, 0}, {q, uint32(len(p.labels.strs))}} {
		for i := range part.p.NumSamples() {
			for _, r := range part.p.labels.of(i) {
				r.key, r.str, r.unit = r.key+part.shift, r.str+part.shift, r.unit+part.shift
				s.recs = append(s.recs, r)
			}
			s.endSample()
		}
	}
	return s
}

// renumber gives all entries ids of their own, so that the whole can be written: each
// side has counted its own.
func (p *Profile) renumber() {
	for i := range p.Functions {
		p.Functions[i].ID = uint64(i) + 1
	}
	for i := range p.Locations {
		p.Locations[i].ID = uint64(i) + 1
	}
	for i := range p.Mappings {
		p.Mappings[i].ID = uint64(i) + 1
	}
}
