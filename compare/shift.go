package compare

import (
	"math"
	"slices"

	"github.com/goperf/goperf/profile/symbol"
)

// reach is how many callers up code is thought to have moved at most.
const reach = 4

// shifts finds among the regressions those whose cost only moved: where the
// package of the function, or a function that calls it, did not become more
// expensive, and something else in there became cheaper. The other side of the
// move is no improvement either. (Cost-shift filter: FBDetect, SOSP 2024.)
func (t *trial) shifts(all []result) {
	for i := range all {
		r := &all[i]
		if r.Verdict != Changed || r.Class == Shift || r.Family == Package || r.id < pseudos {
			continue
		}
		for _, domain := range t.domains(r) {
			if t.moved(r, domain, all) {
				break
			}
		}
	}
}

// domain is code that cost may have moved in.
type domain struct {
	family Family
	id     int32
}

// domains are the package of a function and the callers through which most of
// its cost comes.
func (t *trial) domains(r *result) []domain {
	out := []domain{{Package, t.n.all[r.id].pack}}
	s := 1
	if r.Class == Improvement {
		s = 0 // it may be gone
	}
	for _, id := range t.chain(s, r.Family, r.id) {
		out = append(out, domain{Cum, id})
	}
	return out
}

// chain is the callers of a function through which nearly all of its cost
// comes, the nearest first.
func (t *trial) chain(s int, f Family, id int32) []int32 {
	var whole float64
	by := map[int32]float64{}
	var order []int32
	for _, a := range t.source[s] {
		for i := range a.p.NumSamples() {
			if !a.gives(i, f, id) {
				continue
			}
			v, _ := a.amount(i)
			if v.value == 0 {
				continue
			}
			whole += v.value
			for _, up := range a.above(i, id, reach) {
				if by[up] == 0 {
					order = append(order, up)
				}
				by[up] += v.value
			}
		}
	}
	return slices.DeleteFunc(order, func(up int32) bool { return by[up] < 0.9*whole })
}

// above are the functions that stand over id in a sample, the nearest first.
func (a *attribution) above(i int, id int32, most int) []int32 {
	var out []int32
	found := false
	for _, loc := range a.p.Stack(i) {
		for _, f := range a.num.At(loc) {
			up := a.ids[f]
			if found && up != id && !slices.Contains(out, up) && a.n.all[up].class != symbol.Runtime {
				if out = append(out, up); len(out) == most {
					return out
				}
			}
			found = found || up == id
		}
	}
	return out
}

// moved marks a change as a shift if the domain as a whole did not change, and
// something in it changed the other way. Of a domain that has nearly all of the
// program shares do not tell that; then the two have to cancel each other out.
func (t *trial) moved(r *result, d domain, all []result) bool {
	t.cumulate()
	whole := t.estimate(d.family, d.id)
	change := r.e.delta
	if change < 0 {
		change, whole.delta = -change, -whole.delta
	}
	doubt := 0.0
	if whole.se > change/3 {
		doubt = 2 * whole.se
	}
	if whole.delta-doubt > 0.3*change || whole.before <= 0 || whole.after <= 0 {
		return false
	}
	var other *result
	for i := range all {
		o := &all[i]
		if o.Verdict == Changed && o.Family == r.Family && o.e.delta*r.e.delta < 0 && math.Abs(o.e.delta) > 0.5*change &&
			t.inside(o, d) && (other == nil || math.Abs(o.e.delta) > math.Abs(other.e.delta)) {
			other = o
		}
	}
	if other == nil || doubt > 0 && !cancel(&r.e, &other.e) {
		return false
	}
	r.Class, other.Class = Shift, Shift
	r.Guess, other.Guess = moved(r, other), moved(other, r)
	return true
}

// cancel says that two changes, one of them a decrease, leave nothing over.
func cancel(a, b *estimate) bool {
	most := math.Max(math.Abs(a.delta), math.Abs(b.delta))
	return math.Abs(a.delta+b.delta) <= 0.3*most && math.Hypot(a.se, b.se) <= most/3
}

// moved says in words where cost came from or went to.
func moved(r, other *result) string {
	if r.e.delta > 0 {
		return "cost moved here from " + short(other.Name)
	}
	return "cost moved to " + short(other.Name)
}

// inside says that a function is part of a domain.
func (t *trial) inside(r *result, d domain) bool {
	if d.family == Package {
		return t.n.all[r.id].pack == d.id
	}
	s := 0
	if r.e.delta > 0 {
		s = 1
	}
	return r.id == d.id || slices.Contains(t.chain(s, r.Family, r.id), d.id)
}
