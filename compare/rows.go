package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/goperf/goperf/profile/symbol"
)

// result is a row with what it was computed from.
type result struct {
	Row
	id      int32
	e       estimate
	up      float64 // p-value of an increase by more than the floor
	down    float64
	control bool // shown, but no hypothesis of its own
}

// rows tests the functions of a metric in all families.
func (t *trial) rows() (functions, packages []result) {
	t.match()
	t.n.packages()
	for s := range t.sides {
		for _, y := range t.sides[s] {
			y.packages(t.n)
		}
	}
	t.settle()
	var all []result
	for _, f := range []Family{Fold, Own} {
		for _, id := range t.tested(f) {
			r := t.row(f, id)
			r.control = f == Own && t.same(id)
			all = append(all, r)
		}
	}
	for _, id := range t.tested(Package) {
		packages = append(packages, t.row(Package, id))
	}
	t.decide(all)
	t.decide(packages)
	t.shifts(all)
	byChange(all)
	byChange(packages)
	return all, packages
}

// same says that a function has the same samples in the families Own and Fold:
// it is one hypothesis and not two.
func (t *trial) same(id int32) bool {
	for s := range t.sides {
		for _, y := range t.sides[s] {
			if y.of(Own, id) != y.of(Fold, id) {
				return false
			}
		}
	}
	return true
}

// floor is the change that is not worth a word, in the unit of estimates.
func (t *trial) floor() float64 {
	if t.m.noise == events {
		return waitFloor
	}
	return t.opts.Floor * t.whole()
}

func (t *trial) row(f Family, id int32) result {
	n := &t.n.all[id]
	r := result{id: id}
	if t.m.noise == events {
		r.e = t.waits(f, id)
	} else {
		r.e = t.estimate(f, id)
	}
	r.Row = Row{
		Metric: t.m.name, Family: f, Name: n.side[1].name, Unit: t.unit,
		Before: r.e.before * t.scale, After: r.e.after * t.scale, Of: t.whole() * t.scale,
		Where: Place{n.side[1].file, int(n.side[1].line)}, Guess: n.guess,
		Samples: [2]float64{math.Round(t.raw(0, f, id)), math.Round(t.raw(1, f, id))},
	}
	if r.Name == "" {
		r.Name, r.Where = cmp.Or(n.side[0].name, n.key), Place{n.side[0].file, int(n.side[0].line)}
	}
	if n.side[0].name != "" && n.side[0].name != r.Name {
		r.Was = n.side[0].name
	}
	r.Delta = r.After - r.Before
	floor := t.floor()
	r.up = tailT(over(r.e.delta-floor, r.e.se), r.e.total)
	r.down = tailT(over(-r.e.delta-floor, r.e.se), r.e.total)
	if r.e.se == 0 { // counted to the last one
		r.up, r.down = certainly(r.e.delta > floor), certainly(-r.e.delta > floor)
	}
	half := quantileT((1-t.opts.Confidence)/2, r.e.total) * r.e.se
	r.Low, r.High = t.interval(&r, half)
	return r
}

func certainly(yes bool) float64 {
	if yes {
		return 0
	}
	return 1
}

// interval is that of Delta, in its unit.
func (t *trial) interval(r *result, half float64) (low, high float64) {
	if t.m.noise != events {
		return (r.e.delta - half) * t.scale, (r.e.delta + half) * t.scale
	}
	least := t.least()
	level := r.e.before + least
	return (level*math.Exp(r.e.delta-half) - level) * t.scale, (level*math.Exp(r.e.delta+half) - level) * t.scale
}

// ownWeight is the part of the hypotheses' weight that the functions of the main
// module share. They are few, they are what a change of the program's code is
// most likely in, and what is found can be acted on.
const ownWeight = 0.6

// weights are those of hypotheses: one on average (Genovese, Roeder and
// Wasserman, "False Discovery Control with p-Value Weighting", 2006).
func (t *trial) weights(all []result) []float64 {
	var own, rest float64
	mine := func(r *result) bool { return r.Family != Package && t.n.all[r.id].class == symbol.Own }
	for i := range all {
		switch {
		case all[i].control:
		case mine(&all[i]):
			own++
		default:
			rest++
		}
	}
	out := make([]float64, len(all))
	for i := range all {
		out[i] = 1
		if own > 0 && rest > 0 && own < ownWeight*(own+rest) {
			out[i] = (1 - ownWeight) * (own + rest) / rest
			if mine(&all[i]) {
				out[i] = ownWeight * (own + rest) / own
			}
		}
	}
	return out
}

// decide gives verdicts. Increases and decreases are tested apart: a false
// alarm is about increases.
func (t *trial) decide(all []result) {
	weight := t.weights(all)
	var up, down []float64
	for i := range all {
		if !all[i].control {
			up, down = append(up, math.Min(all[i].up/weight[i], 1)), append(down, math.Min(all[i].down/weight[i], 1))
		}
	}
	tests := float64(len(up))
	up, down = adjust(up), adjust(down)
	next := 0
	byFold := map[int32]int{}
	for i := range all {
		r := &all[i]
		if r.control {
			same := &all[byFold[r.id]]
			r.up, r.down = same.up, same.down
		} else {
			r.up, r.down = up[next], down[next]
			next++
			if r.Family == Fold {
				byFold[r.id] = i
			}
		}
		r.Q = math.Min(r.up, r.down)
		t.judge(r, tests/weight[i])
	}
}

// judge says whether a row changed, surely did not, or cannot be told.
func (t *trial) judge(r *result, tests float64) {
	budget := t.opts.Budget * r.Of
	r.MDE = t.mde(r, tests, 1)
	r.power = power{min(len(t.sides[0]), len(t.sides[1])), t.opts.Floor * r.Of, 0}
	if t.m.noise == events {
		r.power.floor = 0.25 * r.Before
	}
	switch {
	case t.blind != "":
		r.Verdict, r.Q, r.Settle = Unknown, 1, t.blind
	case r.Q <= t.opts.Q:
		r.Verdict, r.Class = Changed, Regression
		if r.down < r.up {
			r.Class = Improvement
		}
	case r.Low > -budget && r.High < budget:
		r.Verdict = Unchanged
	default:
		r.Verdict = Unknown
		r.Settle = t.advice(r, math.Max(budget, math.Abs(r.Delta)), tests)
	}
}

func (t *trial) mde(r *result, tests, times float64) float64 {
	if t.m.noise != events {
		return t.detectable(&r.e, t.floor(), tests, times) * t.scale
	}
	sure := quantileT(t.opts.Q/math.Max(tests, 1), r.e.total) + quantileT(1-t.opts.Power, r.e.total)
	level := r.e.before + t.least()
	return (level*math.Exp(t.floor()+sure*r.e.se/math.Sqrt(times)) - level) * t.scale
}

// hopeless is the advice where more data would not help.
const hopeless = "a quieter machine: no reasonable number of runs would find a change as small as this"

// most is how many times as many runs are thought of.
const most = 1000

// advice says what would settle whether a function changed by effect.
func (t *trial) advice(r *result, effect, tests float64) string {
	times := t.times(r, effect, tests)
	k := min(len(t.sides[0]), len(t.sides[1]))
	n := math.Ceil(float64(k) * times)
	if times >= most {
		return hopeless
	}
	return fmt.Sprintf("%.0f runs on each side (there are %d), or runs that are %s as long", math.Max(n, float64(k+1)), k, timesText(times))
}

func timesText(times float64) string {
	if times < 10 {
		return fmt.Sprintf("%.1f times", times)
	}
	return fmt.Sprintf("%.0f times", times)
}

// times is how many times as much data would find a change of effect.
func (t *trial) times(r *result, effect, tests float64) float64 {
	low, high := 1.0, float64(most)
	if t.mde(r, tests, high) > effect {
		return most
	}
	for range 14 { // to a thousandth
		mid := math.Sqrt(low * high)
		if t.mde(r, tests, mid) > effect {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// byChange orders rows: what changed surely first, then by the size of the change.
func byChange(all []result) {
	slices.SortFunc(all, func(a, b result) int {
		return cmp.Or(
			cmp.Compare(rank(b.Verdict), rank(a.Verdict)),
			cmp.Compare(math.Abs(b.Delta), math.Abs(a.Delta)),
			cmp.Compare(a.Name, b.Name), cmp.Compare(b.Family, a.Family), // Own before Fold
		)
	})
}

func rank(v Verdict) int {
	if v == Changed {
		return 1
	}
	return 0
}
