package observe

import (
	"regexp"
	"slices"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// Functions that work for objects which the collector treats apart
// (runtime/mfinal.go, mcleanup.go, mheap.go).
var (
	finalizing = regexp.MustCompile(`^runtime\.(runFinalizers|runfinq|runCleanups|SetFinalizer|addfinalizer|AddCleanup\[.*|addCleanup|freeSpecial)$`)
	weakening  = regexp.MustCompile(`^(weak|unique)\.|^runtime\.(getOrAddWeakHandle|internal_weak_.*)$`)
	pooling    = regexp.MustCompile(`^sync\.\(\*Pool\)\.(Get|Put|getSlow|pinSlow)$`)
)

// Handles are the shares of CPU that go to objects for which the model of the
// live heap does not hold: what a finalizer or a cleanup keeps lives one
// collection longer, and what only weak pointers hold or a sync.Pool keeps lives
// until the next one or two.
type Handles struct{ Finalizers, Weak, Pools float64 }

// handled are CPU samples by what they work for.
type handled struct{ finalizers, weak, pools, all int64 }

func (o *observer) handles() {
	var h handled
	for _, p := range o.set.Profiles[evidence.CPU] {
		h.add(p)
	}
	if h.all > 0 {
		all := float64(h.all)
		o.out.Handles = Handles{float64(h.finalizers) / all, float64(h.weak) / all, float64(h.pools) / all}
	}
}

func (h *handled) add(p *profile.Profile) {
	column, ok := p.SampleType("cpu")
	if !ok {
		return
	}
	finalizers, weak, pools := locations(p, finalizing), locations(p, weakening), locations(p, pooling)
	for i := range p.NumSamples() {
		v, stack := p.Value(i, column), p.Stack(i)
		h.all += v
		switch {
		case slices.ContainsFunc(stack, func(at uint32) bool { return finalizers[at] }):
			h.finalizers += v
		case slices.ContainsFunc(stack, func(at uint32) bool { return weak[at] }):
			h.weak += v
		case slices.ContainsFunc(stack, func(at uint32) bool { return pools[at] }):
			h.pools += v
		}
	}
}

// locations says of each location whether it is in a function of the kind.
func locations(p *profile.Profile, kind *regexp.Regexp) []bool {
	functions := make([]bool, len(p.Functions))
	for i, f := range p.Functions {
		functions[i] = kind.MatchString(f.Name)
	}
	out := make([]bool, len(p.Locations))
	for i, l := range p.Locations {
		out[i] = slices.ContainsFunc(l.Lines, func(line profile.Line) bool { return line.Function >= 0 && functions[line.Function] })
	}
	return out
}
