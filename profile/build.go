package profile

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
)

// builder joins samples of several profiles into one: equal mappings,
// functions, locations and stacks become one entry.
type builder struct {
	p         *Profile
	labels    bool
	mappings  map[mappingKey]int32
	functions interner
	locations interner
	samples   interner
	strings   map[string]uint32
	seed      maphash.Seed
	salt      uint64 // where hashes of stacks begin
	lines     []Line // room for the lines of new locations
	last      string // what own gave last

	source  *Profile // that is being added
	next    uint32   // the sample that scratch expects, 0 for none
	touched uint32   // so that what touch looks at is not left out

	stack  []uint32 // scratch
	values []int64
	spare  []Line
	recs   []labelRec
}

// mappingKey recognises a binary wherever address randomisation put it.
type mappingKey struct {
	pages, offset uint64
	build         string
}

func newBuilder(types []ValueType, labels bool) *builder {
	seed := maphash.MakeSeed()
	return &builder{
		p:        &Profile{SampleTypes: types, offs: []uint32{0}, labels: labelStore{strs: []string{""}}},
		labels:   labels,
		mappings: make(map[mappingKey]int32),
		strings:  map[string]uint32{"": 0},
		seed:     seed,
		salt:     maphash.String(seed, ""),
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
	strings   []uint32 // of labels
}

func filled[T any](n int, v T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = v
	}
	return s
}

// take joins the samples of src into the room that they have, if the result has
// none yet: each is written at or before the place it was read from. src is no
// more than its tables afterwards.
func (b *builder) take(src *Profile) {
	p := b.p
	if p.NumSamples() > 0 || !slices.Equal(p.SampleTypes, src.SampleTypes) {
		b.add(src, columns(p.SampleTypes, src), 1)
		return
	}
	b.samples.reserve(src.NumSamples())
	b.locations.reserve(len(src.Locations))
	b.functions.reserve(len(src.Functions))
	p.Locations = slices.Grow(p.Locations, len(src.Locations))
	p.Functions = slices.Grow(p.Functions, len(src.Functions))
	if len(src.offs) > 0 {
		p.stacks, p.offs, p.values = src.stacks[:0], src.offs[:1], src.values[:0]
	}
	if b.labels {
		p.labels.recs, p.labels.ends = src.labels.recs[:0], src.labels.ends[:0]
	}
	b.add(src, identity(len(p.SampleTypes)), 1)
	src.stacks, src.offs, src.values, src.labels = nil, nil, nil, labelStore{}
}

// reserve makes room for all samples of src as soon as one needs it. What is
// never written of it costs addresses and no memory.
func (b *builder) reserve(src *Profile) {
	p, n := b.p, src.NumSamples()
	p.stacks, p.offs = roomier(p.stacks, len(src.stacks)), roomier(p.offs, n)
	p.values = roomier(p.values, n*len(p.SampleTypes))
	if b.labels {
		p.labels.recs, p.labels.ends = roomier(p.labels.recs, len(src.labels.recs)), roomier(p.labels.ends, n)
	}
}

// roomier is s with room for n more. It is made and not grown, which would
// clear the room.
func roomier[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	return append(make([]T, 0, max(len(s)+n, cap(s)+cap(s)/4)), s...)
}

// add joins the samples of src, its values times sign.
func (b *builder) add(src *Profile, columns []int, sign int64) {
	in := &incoming{
		src: src, sign: sign, columns: columns,
		locations: filled(len(src.Locations), noIndex),
		functions: filled[int32](len(src.Functions), -1),
		mappings:  filled[int32](len(src.Mappings), -1),
	}
	b.source = src
	if b.labels {
		in.strings = filled(len(src.labels.strs), noIndex)
	}
	if len(src.Mappings) > 0 {
		b.mapping(in, 0) // the main binary stays first
	}
	for n, used := range src.usedLocations() {
		if used {
			b.location(in, uint32(n))
		}
	}
	for from := 0; from < src.NumSamples(); from += batch {
		b.add64(in, from, min(from+batch, src.NumSamples()))
	}
	b.source = nil
}

// usedLocations says of each location whether a sample that is not zero has it.
func (p *Profile) usedLocations() []bool {
	used := make([]bool, len(p.Locations))
	for i := range p.NumSamples() {
		if allZero(p.Values(i)) {
			continue
		}
		for _, l := range p.Stack(i) {
			used[l] = true
		}
	}
	return used
}

// batch is how many samples are hashed before they are looked for.
const batch = 64

// add64 joins up to so many samples. Nearly all time of joining is waiting for
// the memory of the hash table: all places of a batch are asked for at once,
// and waited for together.
func (b *builder) add64(in *incoming, from, to int) {
	var hashes [batch]uint64
	for i := from; i < to; i++ {
		b.load(in, i)
		hashes[i-from] = b.hash()
	}
	b.touched = b.samples.touch(hashes[:to-from])
	for i := from; i < to; i++ {
		if !allZero(in.src.Values(i)) {
			b.load(in, i)
			b.sample(in, i, hashes[i-from])
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

// load brings the stack and the labels of a sample of the source to scratch.
func (b *builder) load(in *incoming, i int) {
	b.stack, b.recs = b.stack[:0], b.recs[:0]
	for _, l := range in.src.Stack(i) {
		b.stack = append(b.stack, in.locations[l])
	}
	if b.labels {
		for _, r := range in.src.labels.of(i) {
			b.recs = append(b.recs, labelRec{key: b.joined(in, r.key), str: b.joined(in, r.str), unit: b.joined(in, r.unit), num: r.num})
		}
	}
}

// sample adds the values of the sample of the source that is in scratch.
func (b *builder) sample(in *incoming, i int, hash uint64) {
	b.values = append(b.values[:0], in.src.Values(i)...)
	to := b.p.Values(int(b.scratch(hash)))
	for t, c := range in.columns {
		if c >= 0 {
			to[t] = addSat(to[t], in.sign*b.values[c])
		}
	}
}

// joined is the number of a string of a label of the source.
func (b *builder) joined(in *incoming, n uint32) uint32 {
	if in.strings[n] == noIndex {
		in.strings[n] = b.string(in.src.labels.strs[n])
	}
	return in.strings[n]
}

// hash is that of the stack and the labels in scratch, which it puts in order.
func (b *builder) hash() uint64 {
	hash := b.salt
	for _, id := range b.stack {
		// One multiplication for each entry; find mixes what comes out of it.
		hash = (hash ^ uint64(id+1)) * 0x9e3779b97f4a7c15
		hash ^= hash >> 29
	}
	b.sortLabels()
	for _, r := range b.recs {
		hash = mix(hash + uint64(r.key)<<32 + uint64(r.str))
		hash = mix(hash + uint64(r.num) + uint64(r.unit))
	}
	return hash
}

func (b *builder) sortLabels() {
	if len(b.recs) > 1 {
		slices.SortFunc(b.recs, compareLabels)
	}
}

// scratch finds or adds the sample whose stack and labels are in scratch.
func (b *builder) scratch(hash uint64) uint32 {
	b.sortLabels()
	// Snapshots of one process list most stacks in the same order: behind one that
	// was found the next is likely, and looked at before the whole table is.
	if b.next > 0 && int(b.next) < b.p.NumSamples() && b.sameSample(b.next) {
		b.next++
		return b.next - 1
	}
	p := b.p
	id, found := b.samples.find(hash, b.sameSample, uint32(p.NumSamples()))
	if !found {
		if b.source != nil && (cap(p.offs) == len(p.offs) || cap(p.stacks)-len(p.stacks) < len(b.stack)) {
			b.reserve(b.source)
		}
		p.stacks = append(p.stacks, b.stack...)
		p.offs = append(p.offs, uint32(len(p.stacks)))
		p.values = append(p.values, make([]int64, len(p.SampleTypes))...)
		if b.labels {
			p.labels.recs = append(p.labels.recs, b.recs...)
			p.labels.endSample()
		}
	}
	b.next = 0
	if found {
		b.next = id + 1
	}
	return id
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

// own is s in memory of the result's own: a part of a source's string table
// would keep all of it. Equal strings in a row, as name and system name are,
// become one.
func (b *builder) own(s string) string {
	if s != b.last {
		b.last = strings.Clone(s)
	}
	return b.last
}

func (b *builder) string(s string) uint32 {
	id, ok := b.strings[s]
	if !ok {
		s = b.own(s)
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
	b.spare = b.spare[:0]
	for _, line := range src.Lines {
		line.Function = b.function(in, line.Function)
		b.spare = append(b.spare, line)
	}
	id := b.intern(l, b.spare)
	in.locations[n] = id
	return id
}

// intern finds or adds a location of the result.
func (b *builder) intern(l Location, lines []Line) uint32 {
	hash := mix(l.Address) + uint64(uint32(l.Mapping))
	for _, line := range lines {
		hash = mix(hash + uint64(uint32(line.Function)) + uint64(line.Line)<<32 + uint64(uint32(line.Column)))
	}
	id, found := b.locations.find(hash, func(id uint32) bool {
		have := &b.p.Locations[id]
		return have.Address == l.Address && have.Mapping == l.Mapping &&
			have.IsFolded == l.IsFolded && slices.Equal(have.Lines, lines)
	}, uint32(len(b.p.Locations)))
	if found {
		return id
	}
	l.ID, l.Lines = uint64(id)+1, nil
	if len(lines) > 0 {
		if cap(b.lines)-len(b.lines) < len(lines) {
			b.lines = make([]Line, 0, max(1024, len(lines)))
		}
		at := len(b.lines)
		b.lines = append(b.lines, lines...)
		l.Lines = b.lines[at:len(b.lines):len(b.lines)]
	}
	b.p.Locations = append(b.p.Locations, l)
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
	// Names nearly tell functions apart: the rest is left to the comparison.
	hash := maphash.String(b.seed, f.Name) + uint64(f.StartLine)
	id, found := b.functions.find(hash, func(id uint32) bool {
		have := &b.p.Functions[id]
		return have.Name == f.Name && have.StartLine == f.StartLine && have.File == f.File && have.SystemName == f.SystemName
	}, uint32(len(b.p.Functions)))
	if !found {
		f.ID = uint64(id) + 1
		f.Name, f.SystemName, f.File = b.own(f.Name), b.own(f.SystemName), b.own(f.File)
		b.p.Functions = append(b.p.Functions, f)
	}
	in.functions[n] = int32(id)
	return int32(id)
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
		m.File, m.BuildID = b.own(m.File), b.own(m.BuildID)
		k.build = cmp.Or(m.BuildID, m.File)
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
		again.take(p)
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
