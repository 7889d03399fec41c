package profile

import (
	"iter"
	"path"
	"strings"
)

// Granularity is what counts as one frame when samples are summed up.
type Granularity string

// The granularities. Frames without a symbol are summed up by their mapping,
// except by address.
const (
	ByFunction Granularity = "function"
	ByLine     Granularity = "line"
	ByFile     Granularity = "file"
	ByPackage  Granularity = "package"
	ByAddress  Granularity = "address"
)

// Frame is one entry of a stack at some granularity. Fields that the
// granularity ignores hold those of the first such frame in the profile.
type Frame struct {
	Name     string // printable: function, file, package, or [binary] when there is no symbol
	File     string
	Line     int64
	Address  uint64 // only ByAddress
	Function int32  // index into Profile.Functions, -1 when there is no symbol
	Mapping  int32  // index into Profile.Mappings, -1 when none
	Inlined  bool   // into the frame below it; only in [Profile.Stacks]
}

// frameKey is a frame before its strings are looked up: most frames of a large
// profile are never shown.
type frameKey struct {
	function, mapping int32
	named             bool
	line              int64
	address           uint64
}

// manyFrames marks a location of more than one frame (inlining).
const manyFrames = 1 << 31

// frameTable maps locations to frame numbers.
type frameTable struct {
	p    *Profile
	by   Granularity
	keys []frameKey
	of   []uint32 // of[location] is its frame, or manyFrames | index into inlined
	// inlined holds, for each such location, the count and then the frames, innermost first.
	inlined []uint32

	nameOf  []uint32 // number of each function's name, file or package
	fileOf  []uint32
	byName  []uint32 // frame+1 of a name where the name alone decides
	byPlace map[place]uint32
	binary  []int32 // first mapping of the same file, -1 for those without a file
}

// place is the identity of a frame where more than a name decides.
type place struct {
	name, file uint32
	line       int64
	address    uint64
	mapping    int32
}

// number gives equal strings equal numbers, in order of appearance from 1; the
// empty string is 0.
func number(n int, get func(int) string) ([]uint32, int) {
	out := make([]uint32, n)
	seen := make(map[string]uint32, n)
	for i := range out {
		s := get(i)
		if s == "" {
			continue
		}
		id, ok := seen[s]
		if !ok {
			id = uint32(len(seen) + 1)
			seen[s] = id
		}
		out[i] = id
	}
	return out, len(seen) + 1
}

func newFrameTable(p *Profile, by Granularity) *frameTable {
	t := &frameTable{p: p, by: by, of: make([]uint32, len(p.Locations)), byPlace: make(map[place]uint32), binary: p.binaries()}
	fns := p.Functions
	name := func(i int) string { return fns[i].Name }
	switch by {
	case ByFile:
		name = func(i int) string { return cleanPath(fns[i].File) }
	case ByPackage:
		name = func(i int) string { return fns[i].Package() }
	}
	var n int
	t.nameOf, n = number(len(fns), name)
	t.byName = make([]uint32, n)
	if by == ByFunction {
		t.keys = make([]frameKey, 0, n)
	}
	if by == ByLine || by == ByAddress {
		t.fileOf, _ = number(len(fns), func(i int) string { return fns[i].File })
	}
	for i := range p.Locations {
		l := &p.Locations[i]
		switch len(l.Lines) {
		case 0:
			t.of[i] = t.frame(l, Line{Function: -1})
		case 1:
			t.of[i] = t.frame(l, l.Lines[0])
		default:
			at := uint32(len(t.inlined))
			t.inlined = append(t.inlined, uint32(len(l.Lines)))
			for _, line := range l.Lines {
				t.inlined = append(t.inlined, t.frame(l, line))
			}
			t.of[i] = manyFrames | at
		}
	}
	return t
}

// at is the frames of a location, innermost first.
func (t *frameTable) at(loc uint32) []uint32 {
	if t.of[loc]&manyFrames == 0 {
		return t.of[loc : loc+1]
	}
	i := t.of[loc] &^ manyFrames
	return t.inlined[i+1 : i+1+t.inlined[i]]
}

// frame finds or makes the frame of one line of a location.
func (t *frameTable) frame(l *Location, line Line) uint32 {
	k := place{mapping: -1}
	if l.Mapping >= 0 {
		k.mapping = t.binary[l.Mapping]
	}
	if line.Function >= 0 {
		k.name = t.nameOf[line.Function]
	}
	named := k.name != 0
	if named && (t.by == ByFunction || t.by == ByFile || t.by == ByPackage) {
		if id := t.byName[k.name]; id != 0 {
			return id - 1
		}
		id := t.add(l, line, named)
		t.byName[k.name] = id + 1
		return id
	}
	if named {
		k.mapping = 0 // the name says it all
	}
	if t.by == ByAddress {
		k.address = l.Address
	}
	if line.Function < 0 {
		line.Line = 0 // of what, nobody says
	} else if t.by == ByLine || t.by == ByAddress {
		k.line, k.file = line.Line, t.fileOf[line.Function]
	}
	id, ok := t.byPlace[k]
	if !ok {
		id = t.add(l, line, named)
		t.byPlace[k] = id
	}
	return id
}

func (t *frameTable) add(l *Location, line Line, named bool) uint32 {
	t.keys = append(t.keys, frameKey{function: line.Function, mapping: l.Mapping, named: named, line: line.Line, address: l.Address})
	return uint32(len(t.keys) - 1)
}

// all is every frame in full.
func (t *frameTable) all() []Frame {
	fs := make([]Frame, len(t.keys))
	for i := range fs {
		fs[i] = t.full(uint32(i))
	}
	return fs
}

// full is frame i with its strings.
func (t *frameTable) full(i uint32) Frame {
	k := t.keys[i]
	f := Frame{Function: k.function, Mapping: k.mapping, Line: k.line}
	if t.by == ByAddress {
		f.Address = k.address
	}
	if k.function >= 0 {
		fn := &t.p.Functions[k.function]
		f.File = cleanPath(fn.File)
		f.Name = fn.Name
		switch t.by {
		case ByFile:
			f.Name = f.File
		case ByPackage:
			f.Name = fn.Package()
		}
	}
	// Where places are shown, the place is name enough.
	if !k.named && (f.File == "" && f.Line == 0 || t.by != ByLine && t.by != ByAddress) {
		f.Name = t.p.binaryName(k.mapping)
	}
	return f
}

// binaries tells mappings apart by their files alone, as they are printed.
func (p *Profile) binaries() []int32 {
	out := make([]int32, len(p.Mappings))
	first := map[string]int32{"": -1}
	for i := range p.Mappings {
		file := p.Mappings[i].File
		if _, known := first[file]; !known {
			first[file] = int32(i)
		}
		out[i] = first[file]
	}
	return out
}

// binaryName stands for frames without a symbol.
func (p *Profile) binaryName(mapping int32) string {
	if mapping < 0 || p.Mappings[mapping].File == "" {
		return "<unknown>"
	}
	return "[" + path.Base(p.Mappings[mapping].File) + "]"
}

func cleanPath(file string) string {
	if file == "" || !strings.Contains(file, "/.") && !strings.Contains(file, "//") && file[len(file)-1] != '/' && file[0] != '.' {
		return file // clean already; most are
	}
	return path.Clean(file)
}

// Package is the import path in a Go function's name, or "" when it has none:
// "example.com/m/v2.(*T[...]).Method.func1" is of "example.com/m/v2".
func (f *Function) Package() string {
	name := f.Name
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i] // type arguments hold paths of their own
	}
	if made, ok := strings.CutPrefix(name, "type:."); ok {
		_, name, _ = strings.Cut(made, ".") // what the compiler made for a type: type:.eq.p.T
	}
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot <= 0 {
		return ""
	}
	// The linker escapes dots in the last element: gopkg.in/yaml%2ev3.
	return strings.ReplaceAll(name[:slash+dot], "%2e", ".")
}

// Stacks yields the samples in order, each as frames with the leaf first. The
// slice is overwritten by the next sample.
func (p *Profile) Stacks(by Granularity) iter.Seq2[int, []Frame] {
	return func(yield func(int, []Frame) bool) {
		ft := newFrameTable(p, by)
		all := ft.all()
		var stack []Frame
		for i := range p.NumSamples() {
			stack = stack[:0]
			for _, loc := range p.Stack(i) {
				frames := ft.at(loc)
				for k, f := range frames {
					frame := all[f]
					frame.Inlined = k < len(frames)-1
					stack = append(stack, frame)
				}
			}
			if !yield(i, stack) {
				return
			}
		}
	}
}
