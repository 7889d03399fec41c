package stacks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/goperf/goperf/profile"
)

// Frame is one function at an address.
type Frame struct {
	Function string // as people read it: what it is instantiated with is left out
	Symbol   string // as profiles have it, when that is not the same
	File     string
	Line     int
	Wrapper  bool // made by the compiler; profiles leave it out
}

// Symbols names the addresses of one process.
type Symbols interface {
	// Frames are the functions at an address, the innermost inlined one first.
	// It is never empty: what has no name is named for where it lies.
	Frames(pc uint64) []Frame

	// FrameSize is how far the stack pointer stands below the return address
	// when the thread is at an address, in bytes: 0 in a function that has no
	// frame (yet, or any more). False when no Go code lies there.
	FrameSize(pc uint64) (int, bool)

	// Mapping is the file that is mapped at an address, false when none is known.
	Mapping(pc uint64) (profile.Mapping, bool)

	// Text is where the Go code of the program lies.
	Text() (start, end uint64)
}

// Folder makes a profile of samples whose stacks and labels are named by hash.
type Folder struct {
	symbols   Symbols
	stacks    map[uint64]Stack
	labels    map[uint64]Labels
	builder   *profile.Builder
	locations map[uint64]uint32
	folded    map[uint64][]uint32
	repaired  map[uint64]bool

	Repaired int64 // samples whose leaf had no frame and got its caller back
	Cut      int64 // samples whose stack is deeper than what is kept
}

// NewFolder starts a profile with these columns. The tables are what the probe
// kept, by hash.
func NewFolder(symbols Symbols, stacks map[uint64]Stack, labels map[uint64]Labels, types ...profile.ValueType) *Folder {
	f := &Folder{
		symbols: symbols, stacks: stacks, labels: labels,
		builder:   profile.NewBuilder(true, types...),
		locations: map[uint64]uint32{}, folded: map[uint64][]uint32{}, repaired: map[uint64]bool{},
	}
	start, _ := symbols.Text()
	f.mapping(start) // readers of profiles take the first one for the program
	return f
}

// mapping is the number of the file mapped at an address, -1 when none is known.
func (f *Folder) mapping(pc uint64) int32 {
	m, ok := f.symbols.Mapping(pc)
	if !ok {
		return -1
	}
	return f.builder.Mapping(m)
}

// lostStack stands for a stack that the probe had no room for.
const lostStack = "[stack not kept]"

// Add adds values, one for each column. Samples counts in Repaired and Cut.
func (f *Folder) Add(stack, labels uint64, samples int64, values []int64, more ...profile.Label) {
	f.AddOn(nil, stack, labels, samples, values, more...)
}

// AddOn adds values to a stack below other frames, those of the kernel, leaf first.
func (f *Folder) AddOn(below []Frame, stack, labels uint64, samples int64, values []int64, more ...profile.Label) {
	ids, ok := f.folded[stack]
	if !ok {
		ids = f.fold(stack)
		f.folded[stack] = ids
	}
	if f.repaired[stack] {
		f.Repaired += samples
	}
	if f.stacks[stack].Cut {
		f.Cut += samples
	}
	if len(below) > 0 {
		ids = append(f.kernel(below), ids...)
	}
	all := append(append([]profile.Label(nil), f.labels[labels].List...), more...)
	f.builder.Sample(ids, values, all...)
}

// kernelFile stands for the mapping of the kernel, as perf calls it.
const kernelFile = "[kernel.kallsyms]"

func (f *Folder) kernel(frames []Frame) []uint32 {
	m := f.builder.Mapping(profile.Mapping{File: kernelFile, HasFunctions: true})
	ids := make([]uint32, len(frames))
	for i, fr := range frames {
		fn := f.builder.Function(profile.Function{Name: fr.Function, SystemName: fr.Function, File: kernelFile})
		ids[i] = f.builder.Location(profile.Location{Mapping: m, Lines: []profile.Line{{Function: fn}}})
	}
	return ids
}

// Place is the function of a stack that is nearest to the leaf and not of the
// runtime, which is what people know the stack by.
func (f *Folder) Place(stack uint64) string {
	s, ok := f.stacks[stack]
	if !ok {
		return lostStack
	}
	all := Names(f.symbols, s)
	for _, fr := range all {
		if !mechanics(fr.Function) {
			return fr.Function
		}
	}
	return all[0].Function
}

// mechanics are packages in which every wait ends up.
func mechanics(function string) bool {
	for _, p := range []string{"runtime.", "runtime/", "internal/", "syscall.", "golang.org/x/sys/", "os.", "net.", "sync.", "time."} {
		if strings.HasPrefix(function, p) {
			return true
		}
	}
	return false
}

// fold is the locations of a stack, leaf first.
func (f *Folder) fold(id uint64) []uint32 {
	s, ok := f.stacks[id]
	if !ok {
		return []uint32{f.named(lostStack)}
	}
	var ids []uint32
	for _, pc := range f.profiled(s) {
		at, known := f.locations[pc]
		if !known {
			at = f.location(pc)
			f.locations[pc] = at
		}
		ids = append(ids, at)
	}
	f.repaired[id] = callerMissing(f.symbols, s)
	// runtime/pprof leaves out the frame that every goroutine begins with.
	if n := len(ids); n > 1 && f.symbols.Frames(s.PC[len(s.PC)-1] - 1)[0].Function == "runtime.goexit" {
		ids = ids[:n-1]
	}
	return ids
}

// clockReaders are functions that call the vDSO, in assembly. What runs there is
// counted for the function that called them, as runtime/pprof does it (m.vdsoPC in
// runtime.sigprof): time.Now and not time.now.
var clockReaders = []string{"[vdso]", "runtime.nanotime1", "runtime.walltime", "time.now", "runtime.vgetrandom1"}

// profiled is where the functions of a stack are that runtime/pprof would keep: a
// call for each return address. The outermost is kept in any case.
func (f *Folder) profiled(s Stack) []uint64 {
	all := f.Addresses(s)
	kept := make([]uint64, 0, len(all))
	for i, pc := range all {
		if i > 0 {
			pc-- // a return address is that of the next instruction
		}
		frames := f.symbols.Frames(pc)
		clock := len(kept) == 0 && slices.Contains(clockReaders, frames[0].Function)
		if last := i == len(all)-1; last || !clock && slices.ContainsFunc(frames, written) {
			kept = append(kept, pc)
		}
	}
	return kept
}

func written(f Frame) bool { return !f.Wrapper }

// Addresses is the stack with the caller of a leaf without a frame put back:
// frame pointers skip it.
func (f *Folder) Addresses(s Stack) []uint64 { return addresses(f.symbols, s) }

func addresses(symbols Symbols, s Stack) []uint64 {
	if !callerMissing(symbols, s) {
		return s.PC
	}
	return append([]uint64{s.PC[0], s.Caller}, s.PC[1:]...)
}

// Names is the functions of a stack, leaf first, those that were inlined too.
func Names(symbols Symbols, s Stack) []Frame {
	var all []Frame
	for i, pc := range addresses(symbols, s) {
		if i > 0 {
			pc-- // a return address is that of the next instruction
		}
		all = append(all, symbols.Frames(pc)...)
	}
	return all
}

func callerMissing(symbols Symbols, s Stack) bool {
	if s.Caller == 0 {
		return false
	}
	size, ok := symbols.FrameSize(s.PC[0])
	if s.Pushed {
		return ok && size == 8
	}
	return ok && size == 0
}

func (f *Folder) location(pc uint64) uint32 {
	l := profile.Location{Address: pc, Mapping: f.mapping(pc)}
	frames := f.symbols.Frames(pc)
	for _, fr := range frames {
		if fr.Wrapper && slices.ContainsFunc(frames, written) {
			continue
		}
		name := cmp.Or(fr.Symbol, fr.Function)
		fn := f.builder.Function(profile.Function{Name: name, SystemName: name, File: fr.File})
		l.Lines = append(l.Lines, profile.Line{Function: fn, Line: int64(fr.Line)})
	}
	return f.builder.Location(l)
}

// named is a location that stands for something else than an address.
func (f *Folder) named(name string) uint32 {
	fn := f.builder.Function(profile.Function{Name: name, SystemName: name})
	return f.builder.Location(profile.Location{Mapping: -1, Lines: []profile.Line{{Function: fn}}})
}

// Finish gives the profile the header of h.
func (f *Folder) Finish(h *profile.Profile) (*profile.Profile, error) {
	f.builder.SetHeader(h)
	return f.builder.Finish()
}
