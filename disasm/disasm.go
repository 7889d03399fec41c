// Package disasm shows the machine code of functions with what each instruction
// took, also of functions that were inlined: every copy of one is the
// instructions of its callers that come from it.
//
// The sums are those of pprof's -disasm. An instruction has the samples whose
// address lies in it, so that the addresses of calls, which profiles give as the
// byte before the return address, count for the call; each sample counts once
// for an instruction, however often recursion passes it. A routine has the sums of
// its instructions.
package disasm

import (
	"cmp"
	"slices"
	"strings"

	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/profile"
)

// Program is the code of an executable, at the addresses that the linker gave it.
type Program interface {
	Arch() string
	// Linked is the address that the linker gave to what a profile calls addr.
	Linked(addr uint64, m *profile.Mapping) uint64
	Func(pc uint64) (gosym.Func, bool)
	Frames(pc uint64) []gosym.Frame
	ReadAt(b []byte, addr int64) (int, error)
}

// Routine is a function as it was compiled, or one copy of a function that was
// inlined.
type Routine struct {
	Name       string
	Into       string // the function that it was inlined into, "" when it was compiled by itself
	File       string
	Start, End uint64 // from its first to behind its last instruction
	Flat, Cum  int64
	Lines      []Line
}

// Line is an instruction with its sums and the source that it comes from: the
// innermost inlined function first, up to the routine itself.
type Line struct {
	Instruction
	Flat, Cum int64
	Frames    []gosym.Frame
	Gap       bool // the instruction before it in memory is not of the routine
}

// Listing is what was found.
type Listing struct {
	Arch     string    // of the program, by its name in Go
	Routines []Routine // by name, then by address
	// Strange of the Named addresses at which samples of matching functions were
	// taken are in another function of the program than the profile says: it is
	// not the one that was running.
	Strange, Named int
	// Foreign is the flat value at matching addresses outside of the Go code, or
	// in code that cannot be read: nothing is shown of them.
	Foreign      int64
	ForeignAddrs int
}

// cost is what samples at an address took.
type cost struct{ flat, cum int64 }

// List finds the functions whose names match, and their code.
func List(p *profile.Profile, column string, prog Program, match func(string) bool) *Listing {
	l := &lister{p: p, prog: prog, match: match, costs: map[uint64]cost{}, wanted: map[want]bool{}, foreign: map[uint64]bool{}, out: &Listing{Arch: prog.Arch()}}
	l.column = p.DefaultType()
	if column != "" {
		l.column, _ = p.SampleType(column)
	}
	if l.column < 0 {
		return l.out
	}
	l.names()
	l.addUp()
	for w := range l.wanted {
		if r, ok := l.routine(w); ok {
			l.out.Routines = append(l.out.Routines, r)
		}
	}
	slices.SortFunc(l.out.Routines, func(a, b Routine) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Into, b.Into), cmp.Compare(a.Start, b.Start))
	})
	return l.out
}

// want is a function to be shown, in a compiled function.
type want struct {
	name  string
	entry uint64
}

type lister struct {
	p       *profile.Profile
	column  int
	prog    Program
	match   func(string) bool
	named   []bool // by function of the profile: its name matches
	costs   map[uint64]cost
	wanted  map[want]bool
	foreign map[uint64]bool // addresses outside of the Go code
	out     *Listing
}

func (l *lister) names() {
	l.named = make([]bool, len(l.p.Functions))
	for i := range l.p.Functions {
		l.named[i] = l.match(l.p.Functions[i].Name)
	}
}

// ours says whether a location may be of a function that is asked for: all may
// that the profile has no names for.
func (l *lister) ours(loc *profile.Location) bool {
	for _, line := range loc.Lines {
		if line.Function >= 0 && l.named[line.Function] {
			return true
		}
	}
	return len(loc.Lines) == 0
}

// addUp sums the samples by linked address, and asks for the functions of those
// that match.
func (l *lister) addUp() {
	p := l.p
	linked := make([]uint64, len(p.Locations))
	for i := range p.Locations {
		loc := &p.Locations[i]
		var m *profile.Mapping
		if loc.Mapping >= 0 {
			m = &p.Mappings[loc.Mapping]
		}
		linked[i] = l.prog.Linked(loc.Address, m)
	}
	last := map[uint64]int{} // the sample that an address was seen in last
	sampled := make([]bool, len(p.Locations))
	for i := range p.NumSamples() {
		v := p.Value(i, l.column)
		if v == 0 {
			continue
		}
		for k, loc := range p.Stack(i) {
			at := linked[loc]
			c := l.costs[at]
			if k == 0 {
				c.flat += v
			}
			if last[at] != i+1 {
				last[at] = i + 1
				c.cum += v
			}
			l.costs[at], sampled[loc] = c, true
		}
	}
	for i := range p.Locations {
		if sampled[i] && l.ours(&p.Locations[i]) {
			l.ask(&p.Locations[i], linked[i])
		}
	}
}

// ask notes which functions are to be shown for a sampled location.
func (l *lister) ask(loc *profile.Location, at uint64) {
	f, ok := l.prog.Func(at)
	if !ok {
		if !l.foreign[at] {
			l.foreign[at] = true
			l.out.ForeignAddrs++
			l.out.Foreign += l.costs[at].flat
		}
		return
	}
	frames := l.prog.Frames(at)
	if n := len(loc.Lines); n > 0 && loc.Lines[n-1].Function >= 0 {
		l.out.Named++
		// Wrappers that the compiler makes are not in profiles: what is inlined
		// into one stands there as the outermost.
		name := bare(l.p.Functions[loc.Lines[n-1].Function].Name)
		if !slices.ContainsFunc(frames, func(f gosym.Frame) bool { return bare(f.Func) == name }) {
			l.out.Strange++
			return
		}
	}
	for _, frame := range frames {
		if l.match(frame.Func) {
			l.wanted[want{frame.Func, f.Entry}] = true
		}
	}
}

// bare is a name without what a generic function is instantiated with, which
// Go versions print in different ways.
func bare(name string) string {
	from, to := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if from < 0 || to < from {
		return name
	}
	return name[:from] + "[...]" + name[to+1:]
}
