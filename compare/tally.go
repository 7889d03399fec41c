package compare

import (
	"math"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
)

// amount is a sum of values with the variance that sampling gives it.
type amount struct{ value, variance float64 }

func (a *amount) add(b amount) {
	a.value += b.value
	a.variance += b.variance
}

// tally is one run summed up by function, in base units.
type tally struct {
	fold, own, pack []amount // by number of names
	cum             []amount // when somebody asked
	total           amount
	samples         float64 // raw ones
	work            float64 // what to divide by, see exposure
}

// amounts are the sums of a family.
func (t *tally) amounts(f Family) []amount {
	switch f {
	case Fold:
		return t.fold
	case Own:
		return t.own
	case Package:
		return t.pack
	}
	return t.cum
}

func (t *tally) of(f Family, id int32) amount {
	if all := t.amounts(f); int(id) < len(all) {
		return all[id]
	}
	return amount{}
}

// packages sums the family Fold up by package.
func (t *tally) packages(n *names) {
	t.pack = make([]amount, len(n.all))
	for id, a := range t.fold {
		t.pack[n.all[id].pack].add(a)
	}
}

// stacks is a profile whose samples were given to functions. What metrics it has
// makes no difference to that.
type stacks struct {
	p         *profile.Profile
	num       *profile.Numbered
	ids       []int32 // of the profile's frames
	fold, own []int32 // functions that each sample is given to
}

// attribution is one metric of a profile.
type attribution struct {
	*stacks
	n   *names
	m   *metric
	col columns
}

func (n *names) attribute(m *metric, p *profile.Profile, side int) (*attribution, bool) {
	col, ok := m.find(p)
	if !ok {
		return nil, false
	}
	key := reading{p, side}
	s := n.read[key]
	if s == nil {
		s = &stacks{p: p}
		s.num, s.ids = n.frames(p, side)
		s.give(n, m.noise == events || m.noise == counted)
		n.read[key] = s
		n.order = append(n.order, key)
	}
	return &attribution{stacks: s, n: n, m: m, col: col}, true
}

// reading is a profile as one of a side's.
type reading struct {
	p    *profile.Profile
	side int
}

// tally sums the samples up.
func (a *attribution) tally() *tally {
	size := len(a.n.all)
	t := &tally{fold: make([]amount, size), own: make([]amount, size)}
	for i := range a.p.NumSamples() {
		v, raw := a.amount(i)
		if v.value == 0 {
			continue
		}
		t.total.add(v)
		t.samples += raw
		t.fold[a.fold[i]].add(v)
		t.own[a.own[i]].add(v)
	}
	return t
}

// cumulate sums up what functions took with all that they called. It takes
// longer than all else and few ask for it.
func (a *attribution) cumulate() []amount {
	cum := make([]amount, len(a.n.all))
	seen := make([]uint32, len(cum))
	for i := range a.p.NumSamples() {
		v, _ := a.amount(i)
		if v.value == 0 {
			continue
		}
		for _, loc := range a.p.Stack(i) {
			for _, f := range a.num.At(loc) {
				if id := a.ids[f]; seen[id] != uint32(i+1) {
					seen[id] = uint32(i + 1)
					cum[id].add(v)
				}
			}
		}
	}
	return cum
}

// amount is the value of a sample, its sampling variance, and how many raw
// samples are behind it.
func (a *attribution) amount(i int) (amount, float64) {
	v := float64(a.p.Value(i, a.col.value)) * a.col.scale
	if v <= 0 {
		return amount{}, 0
	}
	count := 1.0
	if a.col.count >= 0 {
		count = math.Max(float64(a.p.Value(i, a.col.count)), 0)
	}
	switch a.m.noise {
	case objects:
		return a.heap(v, count)
	case counted:
		return amount{v, v}, v
	case samples:
		if a.col.count < 0 && a.p.Period > 0 {
			count = float64(a.p.Value(i, a.col.value)) / float64(a.p.Period)
		}
		count = math.Max(count, 1)
		return amount{v, v * v / count}, count
	case events:
		count = math.Max(count, 1)
		return amount{v, 2 * v * v / count}, count // lengths are about exponential
	}
	return amount{v, 0}, count
}

// heap is the variance of what the profile of the heap has scaled up: of objects
// of size s one in 1/(1-exp(-s/rate)) was sampled (runtime/mprof.go,
// runtime/pprof/protomem.go).
func (a *attribution) heap(v, other float64) (amount, float64) {
	number, size := other, v/math.Max(other, 1)
	if a.m.column == "alloc_objects" {
		number, size = v, other/math.Max(v, 1)
	}
	if number <= 0 || size <= 0 {
		return amount{v, v * v}, 1
	}
	p := 1.0
	if a.col.rate > 1 {
		p = -math.Expm1(-size / a.col.rate)
	}
	// Of large objects each one is sampled, and how many a run makes is chance all
	// the same: a pool that the collector empties is filled again.
	raw := math.Max(number*p, 1)
	return amount{v, v * v / raw}, raw
}

// gives says that a sample is given to a function, in the family Fold or Own.
func (s *stacks) gives(i int, f Family, id int32) bool {
	if f == Fold {
		return s.fold[i] == id
	}
	return s.own[i] == id
}

// place is what a location says of who owns a stack that it is in.
type place struct {
	fold, own   int32 // -1 for none
	gc, machine bool
}

// give finds the owner of each sample: the leaf, or its first caller outside of
// the runtime, and the first of the main module. In profiles of waits package
// sync is passed over as well.
func (s *stacks) give(n *names, waits bool) {
	places := make([]place, len(s.p.Locations))
	for loc := range places {
		at := place{fold: -1, own: -1}
		for _, f := range s.num.At(uint32(loc)) {
			at.frame(n, s.ids[f], waits)
		}
		places[loc] = at
	}
	s.fold, s.own = make([]int32, s.p.NumSamples()), make([]int32, s.p.NumSamples())
	for i := range s.fold {
		s.fold[i], s.own[i] = owner(places, s.p.Stack(i))
	}
}

func (at *place) frame(n *names, id int32, waits bool) {
	f := &n.all[id]
	switch {
	case f.class == symbol.Runtime:
		at.gc = at.gc || at.fold < 0 && f.gc
		at.machine = at.machine || at.fold < 0 && isScheduler(f.key)
	case waits && f.waiting:
	default:
		if at.fold < 0 {
			at.fold = id
		}
		if at.own < 0 && f.class == symbol.Own {
			at.own = id
		}
	}
}

func owner(places []place, stack []uint32) (fold, own int32) {
	fold = -1
	gc, machine := false, false
	for _, loc := range stack {
		at := &places[loc]
		gc, machine = gc || at.gc, machine || at.machine
		if fold < 0 {
			fold = at.fold
		}
		if at.own >= 0 {
			return fold, at.own
		}
	}
	switch {
	case fold >= 0:
	case gc:
		fold = idCollector
	case machine:
		fold = idScheduler
	default:
		fold = idMachinery
	}
	return fold, fold
}

func isScheduler(name string) bool {
	switch name {
	case "runtime.mcall", "runtime.schedule", "runtime.findRunnable", "runtime.mstart", "runtime.park_m", "runtime.goexit0", "runtime.sysmon":
		return true
	}
	return false
}
