// Package blame says which function in the developer's reach causes a cost, and
// through what.
//
// A profile names leaves: runtime.mallocgc, syscall.Syscall6. Nobody can change
// those. [Build] walks each stack from the leaf to the first function that is
// not of the standard library (the owner) and asks what the owner called on the
// way down (the [Concept]). The result is a table of owner x concept cells, each
// with its value, lines, sample count and an example stack. Rules read cells.
//
// The package is pure and knows nothing of findings.
package blame

import (
	"cmp"
	"slices"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
)

// Frame is one function at one line, an inlined call expanded.
type Frame struct {
	Func int32 // index into Table.Funcs
	Line int32
}

// Func is one function of the table, by name.
type Func struct {
	Name    string
	File    string
	Start   int64 // first line, 0 when unknown
	Pkg     string
	Class   symbol.Class
	Concept Concept
	Flat    int64 // value with this function at the leaf
	Cum     int64 // value with this function anywhere, counted once per stack
	Near    int64 // value for which this function is the owner
}

// Cell is what one owner spends through one concept.
type Cell struct {
	Owner   int32
	Concept Concept
	Near    int64             // the owner is the nearest reachable function
	Cum     int64             // the concept is entered from the owner anywhere on the stack (callbacks included)
	N       int64             // samples behind Near
	CumN    int64             // samples behind Cum
	Lines   map[int32]int64   // owner's lines, of Near
	Inner   map[Concept]int64 // concepts seen below the entry, of Near
	Malloc  int64             // of Near, inside the allocator
	Std     map[int32]int64   // the function that the owner called, of Near
	Stack   []Frame           // the heaviest stack, leaf first
	weight  int64
}

// Table is a profile seen from the functions that a developer can change.
type Table struct {
	Total   int64 // sum of the column
	N       int64 // samples behind it
	Funcs   []Func
	Cells   []*Cell            // largest Near first
	Classes map[Activity]int64 // every value is in exactly one
	Edges   map[Edge]int64     // calls between reachable functions, library frames between them left out
	Lines   map[Frame]int64    // value below each line of a reachable function, counted once per stack
	Repeats map[int32]int64    // value of stacks on which a reachable function is more than once
	byName  map[string]int32
	byKey   map[cellKey]*Cell
}

// Edge is a call from one reachable function to another.
type Edge struct{ From, To int32 }

type cellKey struct {
	owner   int32
	concept Concept
}

// Build makes the table of column col. Classifier tells own from third-party code.
func Build(p *profile.Profile, col int, cl symbol.Classifier) *Table {
	b := &builder{p: p, col: col, countCol: -1, t: &Table{
		Classes: map[Activity]int64{}, Edges: map[Edge]int64{}, Lines: map[Frame]int64{}, Repeats: map[int32]int64{},
		byName: map[string]int32{}, byKey: map[cellKey]*Cell{},
	}}
	if i, ok := p.SampleType("samples"); ok && i != col {
		b.countCol = i
	} else if i, ok := p.SampleType("contentions"); ok {
		b.countCol = i
	}
	b.functions(cl)
	b.lines()
	for i := range p.NumSamples() {
		if v := p.Value(i, col); v != 0 {
			b.sample(i, v)
		}
	}
	t := b.t
	for id, known := range b.places.known {
		if known {
			t.Lines[b.places.frame[id]] = b.places.value[id]
		}
	}
	for _, c := range t.byKey {
		t.Cells = append(t.Cells, c)
	}
	slices.SortFunc(t.Cells, func(x, y *Cell) int {
		return cmp.Or(cmp.Compare(y.Near, x.Near), cmp.Compare(y.Cum, x.Cum),
			cmp.Compare(t.Funcs[x.Owner].Name, t.Funcs[y.Owner].Name), cmp.Compare(x.Concept, y.Concept))
	})
	return t
}

// Cell finds one cell, nil when there is none.
func (t *Table) Cell(owner int32, c Concept) *Cell { return t.byKey[cellKey{owner, c}] }

// Lookup finds a function by its full name.
func (t *Table) Lookup(name string) (int32, bool) {
	i, ok := t.byName[name]
	return i, ok
}

// Reachable says whether a developer can change the function.
func (t *Table) Reachable(f int32) bool { return t.Funcs[f].Class <= symbol.ThirdParty }

// TopLine is the owner's line with the most value, 0 when unknown.
func (c *Cell) TopLine() int32 {
	var best int32
	for l, v := range c.Lines {
		if v > c.Lines[best] || v == c.Lines[best] && (best == 0 || l < best) {
			best = l
		}
	}
	return best
}

// TopStd is the library function the owner called most, -1 when none.
func (c *Cell) TopStd() int32 {
	best := int32(-1)
	for f, v := range c.Std {
		if best < 0 || v > c.Std[best] || v == c.Std[best] && f < best {
			best = f
		}
	}
	return best
}

type builder struct {
	p        *profile.Profile
	col      int
	countCol int
	t        *Table
	fn       []int32 // profile function -> table function
	traits   []trait // of table functions
	seen     []int32 // last sample in which a table function was seen, for Cum
	places   places
	frames   []Frame
	place    []int32 // of each of frames
	reached  []bool  // of each of frames, see reach
	entered  []cellKey
}

// functions merges the profile's functions by name and classifies each once.
func (b *builder) functions(cl symbol.Classifier) {
	ix := newConceptIndex()
	t := b.t
	b.fn = make([]int32, len(b.p.Functions))
	for i, f := range b.p.Functions {
		name := symbol.Home(symbol.Unwrap(f.Name), f.File)
		id, ok := t.byName[name]
		if !ok {
			id = int32(len(t.Funcs))
			t.byName[name] = id
			fn := Func{Name: name, File: f.File, Start: f.StartLine, Pkg: symbol.Package(name), Class: cl.Of(name)}
			if fn.Class > symbol.ThirdParty {
				fn.Concept = ix.of(name)
			}
			t.Funcs = append(t.Funcs, fn)
		}
		b.fn[i] = id
	}
	b.seen = make([]int32, len(t.Funcs))
	b.traits = make([]trait, len(t.Funcs))
	for i, fn := range t.Funcs {
		b.seen[i] = -1
		b.traits[i] = traitOf(&fn)
	}
}

// expand writes the sample's frames into b.frames, leaf first.
func (b *builder) expand(i int) {
	b.frames, b.place, b.reached = b.frames[:0], b.place[:0], b.reached[:0]
	w := &b.places
	for _, li := range b.p.Stack(i) {
		from := w.first[li]
		for _, id := range w.ids[from : int(from)+len(b.p.Locations[li].Lines)] {
			if id >= 0 {
				b.frames, b.place = append(b.frames, w.frame[id]), append(b.place, id)
			}
		}
	}
	for k := range b.frames {
		b.reached = append(b.reached, b.reach(k))
	}
}

func (b *builder) sample(i int, v int64) {
	n := int64(1)
	if b.countCol >= 0 {
		n = b.p.Value(i, b.countCol)
	}
	t := b.t
	t.Total = plus(t.Total, v)
	t.N = plus(t.N, n)
	b.expand(i)
	if len(b.frames) == 0 {
		t.Classes[Unknown] = plus(t.Classes[Unknown], v)
		return
	}
	leaf := &t.Funcs[b.frames[0].Func]
	leaf.Flat = plus(leaf.Flat, v)
	owner := b.cum(int32(i), v)
	if b.profiling() {
		t.Classes[InProfiler] = plus(t.Classes[InProfiler], v) // somebody is looking, we among them: nobody's fault
		return
	}
	act := b.activity(owner)
	t.Classes[act] = plus(t.Classes[act], v)
	b.enter(v, n)
	if owner >= 0 {
		b.near(owner, v, n)
	}
}

// cum adds the value to every function once, records calls between reachable
// functions and returns the index of the owner's frame, -1 when there is none.
func (b *builder) cum(sample int32, v int64) int {
	owner, below := -1, int32(-1)
	repeated := int32(-1)
	for k, f := range b.frames {
		first := b.seen[f.Func] != sample
		if first {
			b.seen[f.Func] = sample
			fn := &b.t.Funcs[f.Func]
			fn.Cum = plus(fn.Cum, v)
		}
		if !b.reached[k] {
			continue
		}
		switch {
		case first:
			id := b.place[k]
			b.places.value[id], b.places.known[id] = plus(b.places.value[id], v), true
		case repeated != f.Func:
			repeated = f.Func
			b.t.Repeats[f.Func] = plus(b.t.Repeats[f.Func], v)
		}
		if owner < 0 {
			owner = k
		}
		if below >= 0 && below != f.Func {
			e := Edge{f.Func, below}
			b.t.Edges[e] = plus(b.t.Edges[e], v)
		}
		below = f.Func
	}
	return owner
}

// profiling says that the stack serves a profile.
func (b *builder) profiling() bool {
	for _, f := range b.frames {
		if b.traits[f.Func]&profiles != 0 {
			return true
		}
	}
	return false
}

// near files the value under its owner.
func (b *builder) near(owner int, v, n int64) {
	c := b.cell(b.frames[owner].Func, b.entry(owner))
	fn := &b.t.Funcs[c.Owner]
	fn.Near = plus(fn.Near, v)
	c.Near, c.N = plus(c.Near, v), plus(c.N, n)
	line := b.frames[owner].Line
	c.Lines[line] = plus(c.Lines[line], v)
	if owner > 0 {
		std := b.frames[owner-1].Func
		c.Std[std] = plus(c.Std[std], v)
	}
	var done [4]Concept
	k := 0
	malloc := false
	for j := owner - 1; j >= 0; j-- {
		inner := b.t.Funcs[b.frames[j].Func].Concept
		malloc = malloc || inner == Alloc || inner == AllocLarge
		if inner == None || inner == c.Concept || slices.Contains(done[:k], inner) {
			continue
		}
		c.Inner[inner] = plus(c.Inner[inner], v)
		if k < len(done) {
			done[k] = inner
			k++
		}
	}
	if malloc {
		c.Malloc = plus(c.Malloc, v)
	}
	if v > c.weight {
		c.weight, c.Stack = v, slices.Clone(b.frames)
	}
}

func (b *builder) cell(owner int32, concept Concept) *Cell {
	key := cellKey{owner, concept}
	c := b.t.byKey[key]
	if c == nil {
		c = &Cell{Owner: owner, Concept: concept, Lines: map[int32]int64{}, Inner: map[Concept]int64{}, Std: map[int32]int64{}}
		b.t.byKey[key] = c
	}
	return c
}

// enter adds the value to Cum of every (reachable function, concept) pair at
// which the stack goes from a reachable function into the library.
func (b *builder) enter(v, n int64) {
	b.entered = b.entered[:0]
	for k := len(b.frames) - 1; k > 0; k-- {
		if !b.reached[k] || b.reached[k-1] {
			continue
		}
		concept := b.entry(k)
		if concept == OwnCode {
			continue
		}
		key := cellKey{b.frames[k].Func, concept}
		if slices.Contains(b.entered, key) {
			continue
		}
		b.entered = append(b.entered, key)
		c := b.cell(key.owner, concept)
		c.Cum, c.CumN = plus(c.Cum, v), plus(c.CumN, n)
	}
}

// entry is the first telling concept below frame k, down to the next reachable
// function. Writers and readers that only pass bytes on give way to the I/O below them.
func (b *builder) entry(k int) Concept {
	first := None
	for j := k - 1; j >= 0; j-- {
		f := &b.t.Funcs[b.frames[j].Func]
		if b.reached[j] {
			break
		}
		switch {
		case f.Concept == None:
		case first == None:
			first = f.Concept
		case passesBytes(first) && isIO(f.Concept), givesWay(first, f.Concept):
			return f.Concept
		}
	}
	if first == None {
		if k > 0 && !b.reached[k-1] {
			return Concept("lib:" + b.t.Funcs[b.frames[k-1].Func].Pkg)
		}
		return OwnCode
	}
	return first
}

// reach says whether the frame is one that a developer would blame. Methods
// named Lock or Unlock that only call a lock of package sync are not: their
// callers decide what is locked and for how long. Nor is the New of a sync.Pool:
// how often it runs is up to whoever gets and does not put back.
func (b *builder) reach(k int) bool {
	f := b.frames[k].Func
	if b.traits[f]&reachable == 0 || b.madeForPool(k) {
		return false
	}
	if k == 0 || b.traits[f]&locks == 0 {
		return true
	}
	below := b.t.Funcs[b.frames[k-1].Func].Concept
	return below != MutexLock && below != RWMutexLock
}

func (b *builder) madeForPool(k int) bool {
	return k+1 < len(b.frames) && b.traits[b.frames[k+1].Func]&poolGet != 0
}

// givesWay says that the inner concept tells more: an assignment that grows the
// map, a writer that makes its compressor on first use.
func givesWay(outer, inner Concept) bool {
	switch inner {
	case MapGrow:
		return outer == MapAssign
	case AllocLarge:
		return outer == Alloc
	case CompressNew:
		return outer == Compress
	case TLSHandshake:
		return outer == TLS
	case TemplateParse:
		return outer == TemplateExec
	case DNS:
		return outer == Dial || outer == HTTPClient
	}
	return false
}

// passesBytes says that a library call may be I/O in disguise: Fprintf to a socket.
func passesBytes(c Concept) bool {
	switch c {
	case Fmt, JSON, XML, Gob, CSV, TemplateExec, Bufio, Scanner, ReadAll, StringBuild, BufferGrow, Compress, Decompress,
		Base64, BinaryReflect, TLS, Image, StringReplace, MIMEHeader, FmtScan:
		return true
	}
	return false
}

func isIO(c Concept) bool {
	switch c {
	case NetRead, NetWrite, FileRead, FileWrite, FileSync, HTTPServer, Syscall:
		return true
	}
	return false
}
