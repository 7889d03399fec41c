package profile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/profile/unit"
)

// Repairs is what Normalize did and saw.
type Repairs struct {
	Folded      int     // samples whose leaf was an artefact of the profiler's signal
	FoldedShare float64 // their share of the default sample type
	// Truncated counts the stacks that end at the runtime's depth limit: their
	// roots are cut off.
	Truncated      int
	TruncatedShare float64
	DepthLimit     int // the limit found, 0 when no stack reached one
	// Grafted counts those of them that got callers; see [Profile.Repair].
	Grafted      int
	GraftedShare float64
	Notes        []string
}

// Normalize gives the cost of frames that only the profiler's own signal put on
// top of a stack to the frame below, and counts stacks that were cut. It
// returns p itself when there is nothing to fold.
func Normalize(p *Profile) (*Profile, Repairs) {
	var r Repairs
	out := p.fold(&r)
	p.countTruncated(&r)
	if r.Folded > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf(
			"%s (%.1f%%) had a preemption or signal frame on top and were given to the function below",
			unit.Count(r.Folded, "sample"), 100*r.FoldedShare))
	}
	if r.Truncated > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf(
			"%s (%.1f%%) cut at the runtime's limit of %d frames: their callers are unknown",
			unit.Count(r.Truncated, "stack"), 100*r.TruncatedShare, r.DepthLimit))
	}
	return out, r
}

// Faults is what [Normalize] would do and see, without a new profile.
func (p *Profile) Faults() Repairs {
	var r Repairs
	p.countFolded(&r)
	p.countTruncated(&r)
	return r
}

// artefact reports whether a function runs only because of a signal: SIGPROF
// waits behind the preemption signal and then hits the handler's frames.
func artefact(name string) bool {
	switch strings.TrimSuffix(name, ".abi0") {
	case "runtime.asyncPreempt", "runtime.asyncPreempt2", "runtime.sigreturn__sigaction":
		return true
	}
	return strings.HasPrefix(name, "runtime.sigtramp")
}

// artefacts are the locations of such functions, nil when there is none.
func (p *Profile) artefacts() []bool {
	var is []bool
	for i := range p.Locations {
		// The outermost line decides: what is inlined into an artefact is part of it.
		lines := p.Locations[i].Lines
		if n := len(lines); n > 0 && lines[n-1].Function >= 0 && artefact(p.Functions[lines[n-1].Function].Name) {
			if is == nil {
				is = make([]bool, len(p.Locations))
			}
			is[i] = true
		}
	}
	return is
}

// strip is a stack without the artefacts at its leaf, never nothing.
func strip(stack []uint32, is []bool) []uint32 {
	for k, loc := range stack {
		if !is[loc] {
			return stack[k:]
		}
	}
	return stack
}

// countFolded counts the samples with artefacts and returns which those are.
func (p *Profile) countFolded(r *Repairs) []bool {
	is := p.artefacts()
	if is == nil {
		return nil
	}
	var folded, all int64
	col := p.DefaultType()
	for i := range p.NumSamples() {
		v := absSat(p.Value(i, col))
		all = addSat(all, v)
		if stack := p.Stack(i); len(strip(stack, is)) < len(stack) {
			r.Folded++
			folded = addSat(folded, v)
		}
	}
	if r.Folded > 0 {
		r.FoldedShare = share(folded, all)
	}
	return is
}

// fold strips artefacts from the leaves.
func (p *Profile) fold(r *Repairs) *Profile {
	is := p.countFolded(r)
	if r.Folded == 0 {
		return p
	}
	out := *p
	out.stacks, out.offs = make([]uint32, 0, len(p.stacks)), make([]uint32, 1, len(p.offs))
	for i := range p.NumSamples() {
		out.stacks = append(out.stacks, strip(p.Stack(i), is)...)
		out.offs = append(out.offs, uint32(len(out.stacks)))
	}
	return &out
}

func share(part, all int64) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

// depthLimits is how deep the runtime looks: 64 for CPU (maxCPUProfStack in
// runtime/cpuprof.go); for the others 32 until Go 1.22 and 128 since
// (GODEBUG=profstackdepth). CPU may follow the others one day.
func (p *Profile) depthLimits() []int {
	isCPU := slices.ContainsFunc(p.SampleTypes, func(t ValueType) bool { return t.Type == "cpu" })
	if isCPU {
		return []int{64, 128}
	}
	return []int{32, 128}
}

// depths measures stacks: how many frames each location has, inlined ones too.
type depths struct {
	p      *Profile
	frames []uint8
}

func (p *Profile) depths() depths {
	d := depths{p, make([]uint8, len(p.Locations))}
	for i := range d.frames {
		d.frames[i] = uint8(min(max(len(p.Locations[i].Lines), 1), math.MaxUint8))
	}
	return d
}

// of is the frames of sample i, and how many of them are of the outermost
// location. The runtime counts frames, but names the last address in full, so
// that a stack that was cut may have more than the limit.
func (d *depths) of(i int) (frames, outermost int) {
	stack := d.p.stacks[d.p.offs[i]:d.p.offs[i+1]]
	for _, loc := range stack {
		frames += int(d.frames[loc])
	}
	if len(stack) > 0 {
		outermost = int(d.frames[stack[len(stack)-1]])
	}
	return frames, outermost
}

// isCut reports whether a stack ends where the limit does.
func (d *depths) isCut(i, limit int) bool {
	n := int(d.p.offs[i+1] - d.p.offs[i])
	if n > limit || n*maxInlined < limit {
		return false
	}
	frames, outermost := d.of(i)
	return frames >= limit && frames-outermost < limit && !d.p.rooted(i)
}

// maxInlined is more calls than are inlined into one another, on the average
// over a deep stack: shorter ones need no look at each of their frames.
const maxInlined = 8

// countTruncated counts the stacks at the limit. A profile with a deeper stack
// than a limit was not taken under it.
func (p *Profile) countTruncated(r *Repairs) {
	limits := p.depthLimits()
	d := p.depths()
	deepest, inside := 0, 0 // with and without the outermost location
	for i := range p.NumSamples() {
		if int(p.offs[i+1]-p.offs[i])*maxInlined < limits[0] {
			continue
		}
		frames, outermost := d.of(i)
		deepest, inside = max(deepest, frames), max(inside, frames-outermost)
	}
	limit := 0
	for _, l := range limits {
		if inside < l {
			limit = l
			break
		}
	}
	if limit == 0 || deepest < limit {
		return
	}
	var cut, all int64
	col := p.DefaultType()
	for i := range p.NumSamples() {
		v := absSat(p.Value(i, col))
		all = addSat(all, v)
		if d.isCut(i, limit) {
			r.Truncated++
			cut = addSat(cut, v)
		}
	}
	if r.Truncated > 0 {
		r.DepthLimit = limit
		r.TruncatedShare = share(cut, all)
	}
}

// rooted reports whether a stack ends where stacks of the runtime begin, so
// that nothing can be missing. The thread creation profile of Go 1.26 fills its
// stacks up with zeros, each a return address one behind the call.
func (p *Profile) rooted(i int) bool {
	stack := p.Stack(i)
	outermost := &p.Locations[stack[len(stack)-1]]
	if outermost.Address == math.MaxUint64 {
		return true
	}
	lines := outermost.Lines
	if len(lines) == 0 || lines[len(lines)-1].Function < 0 {
		return false
	}
	switch p.Functions[lines[len(lines)-1].Function].Name {
	case "runtime.main", "runtime.goexit", "runtime.mcall", "runtime.mstart", "runtime.rt0_go", "runtime.gcBgMarkWorker":
		return true
	}
	return false
}
