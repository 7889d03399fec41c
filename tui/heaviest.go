package tui

import (
	"cmp"
	"slices"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// heaviest finds the stack with most in it that has a function in it. The samples
// are put in order once, so that a look at the next row costs little in a large
// profile as well.
type heaviest struct {
	p     *profile.Profile
	order []int32 // samples, those with most first
	found map[string][]report.Frame
}

// mostStacks bounds the samples that are looked through: what is in none of the
// heaviest ones matters to nobody.
const mostStacks = 50_000

func newHeaviest(p *profile.Profile, weight func(sample int) int64) *heaviest {
	h := &heaviest{p: p, found: map[string][]report.Frame{}}
	weights := make([]int64, p.NumSamples())
	for i := range weights {
		if weights[i] = abs(weight(i)); weights[i] != 0 {
			h.order = append(h.order, int32(i)) //nolint:gosec // a profile has fewer samples
		}
	}
	slices.SortFunc(h.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(weights[b], weights[a]), cmp.Compare(a, b))
	})
	h.order = slices.Clip(h.order[:min(len(h.order), mostStacks)])
	return h
}

// stack is the heaviest one with a function in it among the samples that fit, leaf
// first; nil when there is none. Key names what fits.
func (h *heaviest) stack(function, key string, fits func(sample int) bool) []report.Frame {
	key = function + "\x00" + key
	if frames, ok := h.found[key]; ok {
		return frames
	}
	var frames []report.Frame
	in := h.locations(function)
	for _, s := range h.order {
		i := int(s)
		if slices.ContainsFunc(h.p.Stack(i), func(loc uint32) bool { return in[loc] }) && fits(i) {
			frames = framesOf(h.p, i)
			break
		}
	}
	h.found[key] = frames
	return frames
}

// locations says of each location whether the function is there.
func (h *heaviest) locations(function string) []bool {
	is := make([]bool, len(h.p.Functions))
	for i := range h.p.Functions {
		is[i] = report.Clean(h.p.Functions[i].Name) == function
	}
	in := make([]bool, len(h.p.Locations))
	for i := range h.p.Locations {
		in[i] = slices.ContainsFunc(h.p.Locations[i].Lines, func(l profile.Line) bool { return l.Function >= 0 && is[l.Function] })
	}
	return in
}

// labelIn is the text of a label of a sample.
func labelIn(p *profile.Profile, sample int, key string) string {
	for _, l := range p.Labels(sample) {
		if l.Key == key {
			return report.Clean(l.Str)
		}
	}
	return ""
}

// framesOf is the stack of a sample, leaf first.
func framesOf(p *profile.Profile, sample int) (out []report.Frame) {
	for _, loc := range p.Stack(sample) {
		for _, l := range p.Locations[loc].Lines {
			if l.Function >= 0 {
				f := &p.Functions[l.Function]
				out = append(out, report.Frame{Function: report.Clean(f.Name), File: report.Clean(f.File), Line: int(l.Line)})
			}
		}
	}
	return out
}
