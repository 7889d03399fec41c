package profile

import (
	"cmp"
	"slices"
)

// builder joins samples of several profiles into one: equal mappings,
// functions, locations and stacks become one entry.
type builder struct {
	p         *Profile
	labels    bool
	mappings  map[mappingKey]int32
	functions map[functionKey]int32
	locations interner
	samples   interner
	strings   map[string]uint32
	lines     []Line // room for the lines of new locations

	stack []uint32 // scratch
	recs  []labelRec
}

// mappingKey recognises a binary wherever address randomisation put it.
type mappingKey struct {
	pages, offset uint64
	build         string
}

type functionKey struct {
	name, system, file string
	start              int64
}

func newBuilder(types []ValueType, labels bool) *builder {
	return &builder{
		p:         &Profile{SampleTypes: types, offs: []uint32{0}, labels: labelStore{strs: []string{""}}},
		labels:    labels,
		mappings:  make(map[mappingKey]int32),
		functions: make(map[functionKey]int32),
		strings:   map[string]uint32{"": 0},
	}
}

// incoming is one source profile with the way from its indexes to the builder's.
type incoming struct {
	src       *Profile
	sign      int64
	columns   []int // of the source for each type of the result, -1 when it has none
	locations []uint32
	functions []int32
	mappings  []int32
}

func filled[T any](n int, v T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = v
	}
	return s
}

// add joins the samples of src, its values times sign.
func (b *builder) add(src *Profile, columns []int, sign int64) {
	in := &incoming{
		src: src, sign: sign, columns: columns,
		locations: filled(len(src.Locations), noIndex),
		functions: filled[int32](len(src.Functions), -1),
		mappings:  filled[int32](len(src.Mappings), -1),
	}
	if len(src.Mappings) > 0 {
		b.mapping(in, 0) // the main binary stays first
	}
	for i := range src.NumSamples() {
		if !allZero(src.Values(i)) {
			b.sample(in, i)
		}
	}
}

func allZero(vs []int64) bool {
	for _, v := range vs {
		if v != 0 {
			return false
		}
	}
	return true
}

func (b *builder) sample(in *incoming, i int) {
	hash := uint64(0)
	b.stack, b.recs = b.stack[:0], b.recs[:0]
	for _, l := range in.src.Stack(i) {
		id := in.locations[l]
		if id == noIndex {
			id = b.location(in, l)
		}
		b.stack = append(b.stack, id)
		hash = mix(hash + uint64(id) + 1)
	}
	if b.labels {
		for _, r := range in.src.labels.of(i) {
			b.recs = append(b.recs, b.label(in.src.labels.label(r)))
		}
		slices.SortFunc(b.recs, compareLabels)
		for _, r := range b.recs {
			hash = mix(hash + uint64(r.key)<<32 + uint64(r.str))
			hash = mix(hash + uint64(r.num) + uint64(r.unit))
		}
	}
	p := b.p
	id, found := b.samples.find(hash, b.sameSample, uint32(p.NumSamples()))
	if !found {
		p.stacks = append(p.stacks, b.stack...)
		p.offs = append(p.offs, uint32(len(p.stacks)))
		p.values = append(p.values, make([]int64, len(p.SampleTypes))...)
		if b.labels {
			p.labels.recs = append(p.labels.recs, b.recs...)
			p.labels.endSample()
		}
	}
	to := p.Values(int(id))
	for t, c := range in.columns {
		if c >= 0 {
			to[t] = addSat(to[t], in.sign*in.src.Value(i, c))
		}
	}
}

// sameSample compares a sample of the result with the one in scratch.
func (b *builder) sameSample(id uint32) bool {
	return slices.Equal(b.p.Stack(int(id)), b.stack) && slices.Equal(b.p.labels.of(int(id)), b.recs)
}

func compareLabels(a, b labelRec) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.str, b.str), cmp.Compare(a.num, b.num), cmp.Compare(a.unit, b.unit))
}

func (b *builder) label(l Label) labelRec {
	return labelRec{key: b.string(l.Key), str: b.string(l.Str), unit: b.string(l.Unit), num: l.Num}
}

func (b *builder) string(s string) uint32 {
	id, ok := b.strings[s]
	if !ok {
		id = uint32(len(b.p.labels.strs))
		b.strings[s] = id
		b.p.labels.strs = append(b.p.labels.strs, s)
	}
	return id
}

func (b *builder) location(in *incoming, n uint32) uint32 {
	src := &in.src.Locations[n]
	l := Location{Address: src.Address, Mapping: b.mapping(in, src.Mapping), IsFolded: src.IsFolded}
	if l.Mapping >= 0 {
		// The same binary may lie elsewhere in this process.
		l.Address += b.p.Mappings[l.Mapping].Start - in.src.Mappings[src.Mapping].Start
	}
	hash := mix(l.Address) + uint64(uint32(l.Mapping))
	if cap(b.lines)-len(b.lines) < len(src.Lines) {
		b.lines = make([]Line, 0, max(1024, len(src.Lines)))
	}
	from := len(b.lines)
	for _, line := range src.Lines {
		line.Function = b.function(in, line.Function)
		hash = mix(hash + uint64(uint32(line.Function)) + uint64(line.Line)<<32 + uint64(uint32(line.Column)))
		b.lines = append(b.lines, line)
	}
	lines := b.lines[from:len(b.lines):len(b.lines)]
	id, found := b.locations.find(hash, func(id uint32) bool {
		have := &b.p.Locations[id]
		return have.Address == l.Address && have.Mapping == l.Mapping &&
			have.IsFolded == l.IsFolded && slices.Equal(have.Lines, lines)
	}, uint32(len(b.p.Locations)))
	if found {
		b.lines = b.lines[:from]
	} else {
		l.ID = uint64(id) + 1
		if len(lines) > 0 {
			l.Lines = lines
		}
		b.p.Locations = append(b.p.Locations, l)
	}
	in.locations[n] = id
	return id
}

func (b *builder) function(in *incoming, n int32) int32 {
	if n < 0 || in.functions[n] >= 0 {
		if n < 0 {
			return -1
		}
		return in.functions[n]
	}
	f := in.src.Functions[n]
	k := functionKey{f.Name, f.SystemName, f.File, f.StartLine}
	id, ok := b.functions[k]
	if !ok {
		id = int32(len(b.p.Functions))
		f.ID = uint64(id) + 1
		b.functions[k] = id
		b.p.Functions = append(b.p.Functions, f)
	}
	in.functions[n] = id
	return id
}

func (b *builder) mapping(in *incoming, n int32) int32 {
	if n < 0 {
		return -1
	}
	if in.mappings[n] >= 0 {
		return in.mappings[n]
	}
	m := in.src.Mappings[n]
	const page = 0x1000
	k := mappingKey{pages: (m.Limit - m.Start + page - 1) / page, offset: m.Offset, build: cmp.Or(m.BuildID, m.File)}
	id, ok := b.mappings[k]
	if !ok {
		id = int32(len(b.p.Mappings))
		m.ID = uint64(id) + 1
		b.mappings[k] = id
		b.p.Mappings = append(b.p.Mappings, m)
	}
	in.mappings[n] = id
	return id
}

// finish returns the result without samples that became zero, and without the
// entries that only those used.
func (b *builder) finish() *Profile {
	p := b.p
	for i := range p.NumSamples() {
		if !allZero(p.Values(i)) {
			continue
		}
		again := newBuilder(p.SampleTypes, b.labels)
		again.add(p, identity(len(p.SampleTypes)), 1)
		return again.p
	}
	return p
}

func identity(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
