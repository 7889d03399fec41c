package profile

import (
	"fmt"
	"slices"
	"strings"
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
	Notes          []string
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
			"%d samples (%.1f%%) had a preemption or signal frame on top and were given to the function below",
			r.Folded, 100*r.FoldedShare))
	}
	if r.Truncated > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf(
			"%d stacks (%.1f%%) are cut at the runtime's limit of %d frames: their callers are unknown",
			r.Truncated, 100*r.TruncatedShare, r.DepthLimit))
	}
	return out, r
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

// fold strips artefacts from the leaves, never a whole stack.
func (p *Profile) fold(r *Repairs) *Profile {
	is := make([]bool, len(p.Locations))
	found := false
	for i := range p.Locations {
		// The outermost line decides: what is inlined into an artefact is part of it.
		lines := p.Locations[i].Lines
		if n := len(lines); n > 0 && lines[n-1].Function >= 0 {
			is[i] = artefact(p.Functions[lines[n-1].Function].Name)
			found = found || is[i]
		}
	}
	if !found {
		return p
	}
	strip := func(i int) []uint32 {
		stack := p.Stack(i)
		for k, loc := range stack {
			if !is[loc] {
				return stack[k:]
			}
		}
		return stack
	}
	var folded, all int64
	col := p.DefaultType()
	for i := range p.NumSamples() {
		v := absSat(p.Value(i, col))
		all = addSat(all, v)
		if len(strip(i)) < len(p.Stack(i)) {
			r.Folded++
			folded = addSat(folded, v)
		}
	}
	if r.Folded == 0 {
		return p
	}
	r.FoldedShare = share(folded, all)
	out := *p
	out.stacks, out.offs = make([]uint32, 0, len(p.stacks)), make([]uint32, 1, len(p.offs))
	for i := range p.NumSamples() {
		out.stacks = append(out.stacks, strip(i)...)
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

// depthLimits is how deep the runtime looks: 64 for CPU; for the others 32
// until Go 1.22 and 128 since (GODEBUG=profstackdepth).
func (p *Profile) depthLimits() []int {
	isCPU := slices.ContainsFunc(p.SampleTypes, func(t ValueType) bool { return t.Type == "cpu" })
	if isCPU {
		return []int{64}
	}
	return []int{32, 128}
}

// countTruncated counts the stacks at the limit. A profile with a deeper stack
// than a limit was not taken under it.
func (p *Profile) countTruncated(r *Repairs) {
	depths := make([]int, p.NumSamples())
	deepest := 0
	for i := range depths {
		for _, loc := range p.Stack(i) {
			depths[i] += max(1, len(p.Locations[loc].Lines))
		}
		deepest = max(deepest, depths[i])
	}
	if !slices.Contains(p.depthLimits(), deepest) {
		return
	}
	var cut, all int64
	col := p.DefaultType()
	for i, d := range depths {
		v := absSat(p.Value(i, col))
		all = addSat(all, v)
		if d == deepest && !p.rooted(i) {
			r.Truncated++
			cut = addSat(cut, v)
		}
	}
	if r.Truncated > 0 {
		r.DepthLimit = deepest
		r.TruncatedShare = share(cut, all)
	}
}

// rooted reports whether a stack ends where stacks of the runtime begin, so
// that nothing can be missing.
func (p *Profile) rooted(i int) bool {
	stack := p.Stack(i)
	lines := p.Locations[stack[len(stack)-1]].Lines
	if len(lines) == 0 || lines[len(lines)-1].Function < 0 {
		return false
	}
	switch p.Functions[lines[len(lines)-1].Function].Name {
	case "runtime.main", "runtime.goexit", "runtime.mcall", "runtime.mstart", "runtime.rt0_go", "runtime.gcBgMarkWorker":
		return true
	}
	return false
}
