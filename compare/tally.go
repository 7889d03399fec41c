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
	fold, own, cum, pack []amount // by number of names
	total                amount
	samples              float64 // raw ones
	work                 float64 // what to divide by, see exposure
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

// attribution gives the samples of one profile to functions.
type attribution struct {
	n   *names
	m   *metric
	num *profile.Numbered
	ids []int32 // of the profile's frames
	col columns
	p   *profile.Profile
}

func (n *names) attribute(m *metric, p *profile.Profile, side int) (*attribution, bool) {
	col, ok := m.find(p)
	if !ok {
		return nil, false
	}
	num, ids := n.frames(p, side)
	return &attribution{n: n, m: m, num: num, ids: ids, col: col, p: p}, true
}

// tally sums the samples up.
func (a *attribution) tally() *tally {
	size := len(a.n.all)
	t := &tally{fold: make([]amount, size), own: make([]amount, size), cum: make([]amount, size)}
	seen := make([]uint32, size)
	for i := range a.p.NumSamples() {
		v, raw := a.amount(i)
		if v.value == 0 {
			continue
		}
		t.total.add(v)
		t.samples += raw
		fold, own := a.owners(i)
		t.fold[fold].add(v)
		t.own[own].add(v)
		for _, loc := range a.p.Stack(i) {
			for _, f := range a.num.At(loc) {
				if id := a.ids[f]; seen[id] != uint32(i+1) {
					seen[id] = uint32(i + 1)
					t.cum[id].add(v)
				}
			}
		}
	}
	return t
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
	raw := math.Max(number*p, 1)
	return amount{v, v * v * (1 - p) / raw}, raw
}

// owners are the functions that a sample is given to in the families Fold and Own.
func (a *attribution) owners(i int) (fold, own int32) {
	fold, own = -1, -1
	gc, scheduled := false, false
	for _, loc := range a.p.Stack(i) {
		for _, f := range a.num.At(loc) {
			id := a.ids[f]
			n := &a.n.all[id]
			if n.class == symbol.Runtime {
				gc = gc || n.gc
				scheduled = scheduled || isScheduler(n.key)
				continue
			}
			if n.waiting && (a.m.noise == events || a.m.noise == counted) {
				continue
			}
			if fold < 0 {
				fold = id
			}
			if n.class == symbol.Own {
				return fold, id
			}
		}
	}
	if fold < 0 {
		fold = idMachinery
		if scheduled {
			fold = idScheduler
		}
		if gc {
			fold = idCollector
		}
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
