package profile

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
)

// builder joins samples of several profiles into one: equal mappings,
// functions, locations and stacks become one entry. Its p has tables and no
// samples until profile.
type builder struct {
	p         *Profile
	labels    bool
	mappings  map[mappingKey]int32
	functions interner
	locations interner
	samples   sums
	strings   map[string]int64
	seed      maphash.Seed
	lines     []Line // room for the lines of new locations
	last      string // what own gave last

	waiting []waiting // samples that are to be added
	keys    []byte    // theirs
	values  []int64   // theirs
	spare   []Line    // scratch
	recs    []labelRec
	inner   []byte
}

// waiting is a sample of a source on its way into the sum.
type waiting struct {
	key  []byte
	hash uint64
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
		samples:  sums{seed: seed},
		strings:  map[string]int64{"": 0},
		seed:     seed,
		waiting:  make([]waiting, 0, batch),
	}
}

// incoming is one source profile with the way from its indexes to the builder's.
type incoming struct {
	src       *Profile
	sign      int64
	columns   []int // of the source for each type of the result, -1 when it has none
	functions []int32
	mappings  []int32
	strings   []uint32 // of labels

	// words are the locations that a stack names by so many, as words of what they
	// are called in the result; 0 is not known yet. Position finds one in the
	// source, and others holds those of far larger numbers.
	words    []uint64
	others   map[uint64]uint64
	position func(uint64) uint32
}

func filled[T any](n int, v T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func (b *builder) incoming(src *Profile, columns []int, sign int64) *incoming {
	in := &incoming{
		src: src, sign: sign, columns: columns,
		functions: filled[int32](len(src.Functions), -1),
		mappings:  filled[int32](len(src.Mappings), -1),
	}
	if b.labels {
		in.strings = filled(max(len(src.labels.strs), 1), noIndex)
	}
	if len(src.Mappings) > 0 {
		b.mapping(in, 0) // the main binary stays first
	}
	return in
}

// add joins the samples of src, its values times sign.
func (b *builder) add(src *Profile, columns []int, sign int64) {
	in := b.incoming(src, columns, sign)
	in.words = make([]uint64, len(src.Locations))
	in.position = func(x uint64) uint32 { return uint32(x) }
	b.arrive(in, src.usedLocations())
	for i := range src.NumSamples() {
		values := src.Values(i)
		if allZero(values) {
			continue
		}
		at := b.beginKey(8 * len(src.Stack(i)))
		w := len(b.keys)
		room := b.keys[:cap(b.keys)]
		for _, l := range src.Stack(i) {
			loc := in.words[l]
			if loc == 0 {
				loc = b.word(in, uint64(l))
			}
			binary.LittleEndian.PutUint64(room[w:], loc)
			w += int(loc >> 56)
		}
		b.keys = room[:w]
		b.put(in, at, values, src.labels.of(i))
	}
	b.flush(in)
}

// addRecords joins the samples that d has read.
func (b *builder) addRecords(d *decoder, columns []int) {
	in := b.incoming(d.p, columns, 1)
	in.words = make([]uint64, len(d.records.locs.dense))
	in.position = func(x uint64) uint32 { return d.records.locs.at(d.locIDs.ref(x)) }
	if !d.records.zero {
		b.arrive(in, d.records.used)
	}
	d.records.each(len(d.p.SampleTypes), func(_ int, rec *record) bool {
		if rec.zero {
			return true
		}
		at := b.beginKey(8 * len(rec.stack))
		b.keys = b.renamed(b.keys, in, rec.stack)
		b.put(in, at, rec.values, rec.labels)
		return true
	})
	b.flush(in)
}

// arrive gives those locations their words that the samples use, in the order
// of the source: in the order of the stacks each would be a wait for memory.
func (b *builder) arrive(in *incoming, used []bool) {
	for x, is := range used[:min(len(used), len(in.words))] {
		if is {
			b.word(in, uint64(x))
		}
	}
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

// renamed appends a stack of ids of the source as ids of the result; there is
// room for words.
func (b *builder) renamed(to []byte, in *incoming, stack []byte) []byte {
	w, words := len(to), in.words
	room := to[:cap(to)]
	for i := 0; i < len(stack); {
		x, j := uint64(stack[i]), i+1
		if x >= 0x80 {
			if j < len(stack) && stack[j] < 0x80 {
				x, j = x&0x7f|uint64(stack[j])<<7, j+1
			} else {
				x, j = uvarint(stack, i)
			}
		}
		i = j
		loc := uint64(0)
		if x < uint64(len(words)) {
			loc = words[x]
		}
		if loc == 0 {
			loc = b.word(in, x)
		}
		binary.LittleEndian.PutUint64(room[w:], loc)
		w += int(loc >> 56)
	}
	return room[:w]
}

// word is a location that a stack of the source names, as what it is called in
// the result.
func (b *builder) word(in *incoming, x uint64) uint64 {
	if w, ok := in.others[x]; ok {
		return w
	}
	w := word(b.p.Locations[b.location(in, in.position(x))].ID)
	if x < uint64(len(in.words)) {
		in.words[x] = w
		return w
	}
	if in.others == nil {
		in.others = map[uint64]uint64{}
	}
	in.others[x] = w
	return w
}

// batch is how many samples are hashed before they are looked for.
const batch = 64

// beginKey makes room in keys for the head of a key and n bytes of stack, and a
// word, and says where it begins.
func (b *builder) beginKey(n int) int {
	at := len(b.keys)
	b.keys = slices.Grow(b.keys, keyHead+n+8)[:at+keyHead]
	return at
}

// put has a sample wait, whose key begins at a place of keys and lacks labels.
func (b *builder) put(in *incoming, at int, values []int64, labels []labelRec) {
	mid := len(b.keys)
	b.recs = b.recs[:0]
	if b.labels {
		for _, r := range labels {
			b.recs = append(b.recs, labelRec{key: b.joined(in, r.key), str: b.joined(in, r.str), unit: b.joined(in, r.unit), num: r.num})
		}
	}
	b.putLabels()
	k := key(b.keys[at:], mid-at)
	b.waiting = append(b.waiting, waiting{k, b.samples.hash(k)})
	for _, c := range in.columns {
		v := int64(0)
		if c >= 0 {
			v = in.sign * values[c]
		}
		b.values = append(b.values, v)
	}
	if len(b.waiting) == batch {
		b.flush(in)
	}
}

// putLabels appends recs to the key, in order.
func (b *builder) putLabels() {
	if len(b.recs) > 1 {
		slices.SortFunc(b.recs, compareLabels)
	}
	for _, r := range b.recs {
		b.inner = putLabel(b.inner[:0], r)
		b.keys = putBytes(b.keys, 3, b.inner)
	}
}

// flush adds what waits. Nearly all time of it is waiting for the memory of the
// hash table: all places of a batch are asked for at once, and waited for together.
func (b *builder) flush(in *incoming) {
	b.samples.touch(b.waiting)
	n := len(in.columns)
	for i, s := range b.waiting {
		to := b.samples.find(s.key, s.hash, n)
		for t, v := range b.values[i*n : (i+1)*n] {
			to[t] = addSat(to[t], v)
		}
	}
	b.waiting, b.keys, b.values = b.waiting[:0], b.keys[:0], b.values[:0]
}

func allZero(vs []int64) bool {
	for _, v := range vs {
		if v != 0 {
			return false
		}
	}
	return true
}

// joined is the number of a string of a label of the source.
func (b *builder) joined(in *incoming, n uint32) uint32 {
	if in.strings[n] == noIndex {
		text := ""
		if int(n) < len(in.src.labels.strs) {
			text = in.src.labels.strs[n]
		}
		in.strings[n] = b.string(text)
	}
	return in.strings[n]
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
		id = int64(len(b.p.labels.strs))
		b.strings[s] = id
		b.p.labels.strs = append(b.p.labels.strs, s)
	}
	return uint32(id)
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
	return b.intern(l, b.spare)
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
// entries that only those used. The builder must not be used any more.
func (b *builder) finish() *Profile {
	b = b.settled()
	p := b.profile()
	b.samples = sums{}
	return p
}

// settled is a builder without samples that are zero: itself, if it has none.
func (b *builder) settled() *builder {
	n := len(b.p.SampleTypes)
	for i := range b.samples.n {
		if allZero(b.samples.row(i, n)) {
			again := newBuilder(b.p.SampleTypes, b.labels)
			again.add(b.profile(), identity(n), 1)
			return again
		}
	}
	return b
}

// profile lays out the samples.
func (b *builder) profile() *Profile {
	p, n := b.p, len(b.p.SampleTypes)
	frames := 0
	for i := range b.samples.n {
		stack, _ := parts(b.samples.key(i))
		for _, c := range stack {
			frames += int(^c >> 7)
		}
	}
	p.stacks, p.offs = make([]uint32, 0, frames), make([]uint32, 1, b.samples.n+1)
	p.values = make([]int64, 0, b.samples.n*n)
	for i := range b.samples.n {
		stack, labels := parts(b.samples.key(i))
		for i := 0; i < len(stack); {
			var x uint64
			x, i = uvarint(stack, i)
			p.stacks = append(p.stacks, uint32(x-1))
		}
		p.offs = append(p.offs, uint32(len(p.stacks)))
		p.values = append(p.values, b.samples.row(i, n)...)
		if b.labels {
			p.labels.recs = appendLabels(p.labels.recs, labels)
			p.labels.endSample()
		}
	}
	return p
}

// appendLabels reads the labels of a key.
func appendLabels(recs []labelRec, b []byte) []labelRec {
	var f, g field
	for i := 0; i < len(b); {
		i, _ = next(b, i, &f)
		var r labelRec
		for k := 0; k < len(f.body); {
			k, _ = next(f.body, k, &g)
			r.set(&g)
		}
		recs = append(recs, r)
	}
	return recs
}

func identity(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
