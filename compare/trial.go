package compare

import (
	"slices"

	"github.com/goperf/goperf/profile"
)

// trial is one metric on both sides.
type trial struct {
	m         *metric
	n         *names
	opts      Options
	sides     [2][]*tally
	source    [2][]*attribution
	runs      [2][]*Run
	pairs     [][2]int // indexes of runs that were taken in turns
	sum       [2]exposed
	shares    bool    // values are shares of each run's total
	common    float64 // the new side times this is comparable with the base
	slack     float64 // variance of log(common)
	blind     string  // what would have to be known to judge any function, "" when they can be judged
	prior     float64 // dispersion that functions are expected to have
	belief    float64 // degrees of freedom that the prior is worth
	functions int     // that are tested
	objects   *trial  // what was allocated, which tells how often functions were called; nil when it is not known
	drift     float64 // relative variance between runs that sampling does not know of
	scale     float64 // of a value of a run to Unit
	unit      string
	per       string
}

// exposed is all runs of a side together.
type exposed struct {
	exposure, samples float64
	total             amount
}

// newTrial finds the profiles of a metric; nil when a side has none.
func newTrial(m *metric, n *names, base, next Side, opts Options) *trial {
	t := &trial{m: m, n: n, opts: opts, common: 1}
	for s, side := range []Side{base, next} {
		for i := range side.Runs {
			p := side.Runs[i].Profiles[m.kind]
			if p == nil {
				continue
			}
			if a, ok := n.attribute(m, p, s); ok {
				t.source[s] = append(t.source[s], a)
				t.runs[s] = append(t.runs[s], &side.Runs[i])
			}
		}
		if len(t.runs[s]) == 0 {
			return nil
		}
	}
	return t
}

// tally sums up the profiles, and says whether there is anything in them.
func (t *trial) tally() bool {
	for s := range t.source {
		for _, a := range t.source[s] {
			t.sides[s] = append(t.sides[s], a.tally())
		}
	}
	t.n.next = append(t.n.next, t.sides[1]...)
	t.pairs = pairs(t.runs)
	t.expose(t.runs)
	return t.sum[0].exposure > 0 && t.sum[1].exposure > 0
}

// pairs finds the runs that were taken in turns. One side may have more runs: their
// partners were lost.
func pairs(runs [2][]*Run) [][2]int {
	at := map[int]int{}
	for i, r := range runs[1] {
		at[r.Pair] = i
	}
	var out [][2]int
	for i, r := range runs[0] {
		if j, ok := at[r.Pair]; ok && r.Pair != 0 {
			out = append(out, [2]int{i, j})
		}
	}
	if len(out) != min(len(runs[0]), len(runs[1])) || len(out) < 2 {
		return nil // some are alone on both sides: all count the same
	}
	return out
}

// known says that all runs of both sides have a quantity.
func known(runs [2][]*Run, of func(*Run) float64) bool {
	for _, side := range runs {
		if slices.ContainsFunc(side, func(r *Run) bool { return of(r) <= 0 }) {
			return false
		}
	}
	return true
}

// expose says what the values of each run are divided by, and in which unit the
// result is.
func (t *trial) expose(runs [2][]*Run) {
	work := func(r *Run) float64 { return r.Work }
	wall := func(r *Run) float64 { return length(r, r.Profiles[t.m.kind]) }
	divisor := func(*Run) float64 { return 1 }
	switch {
	case t.m.of == level:
	case known(runs, work):
		divisor, t.per = work, runs[0][0].Unit
		if t.per == "" {
			t.per = "op"
		}
	case known(runs, wall):
		divisor, t.per, t.shares = wall, "s", t.m.noise != events
	case t.m.noise == events:
		t.blind = "the work that was done or the time behind the profiles: waits add up from the start of a process (a profile of a window is ?seconds=30)"
	default:
		t.per, t.shares = "total", true
	}
	t.shares = t.shares || t.m.of == share
	for s := range runs {
		for i, r := range runs[s] {
			y := t.sides[s][i]
			y.work = divisor(r)
			if t.shares {
				y.work = y.total.value
			}
			t.sum[s].exposure += y.work
			t.sum[s].samples += y.samples
			t.sum[s].total.add(y.total)
		}
	}
	t.scale, t.unit = 1, t.m.unit
	if t.per != "" {
		t.unit += "/" + t.per
	}
	if t.shares {
		t.scale = t.totalPer(runs[0], divisor)
	}
	if t.per == "total" {
		t.scale, t.unit = 1, "ratio"
	}
}

// totalPer is the total of a side by what is divided by, from the process's own
// count where that is known.
func (t *trial) totalPer(runs []*Run, divisor func(*Run) float64) float64 {
	var total, by float64
	for i, r := range runs {
		v := t.sides[0][i].total.value
		if t.m.name == "cpu" && r.CPU > 0 {
			v = r.CPU
		}
		total += v
		by += divisor(r)
	}
	return over(total, by)
}

// length is the window of a run in s, 0 when unknown.
func length(r *Run, p *profile.Profile) float64 {
	if p != nil && p.DurationNanos > 0 {
		return float64(p.DurationNanos) / 1e9
	}
	return r.Wall
}

// mean is what a function has on a side, by exposure; the new side is not yet
// made comparable.
func (t *trial) mean(s int, f Family, id int32) float64 {
	var v float64
	for _, y := range t.sides[s] {
		v += y.of(f, id).value
	}
	return over(v, t.sum[s].exposure)
}

// raw is about how many samples are behind the value of a function.
func (t *trial) raw(s int, f Family, id int32) float64 {
	var a amount
	for _, y := range t.sides[s] {
		a.add(y.of(f, id))
	}
	if a.variance <= 0 {
		return 0
	}
	return a.value * a.value / a.variance
}

// whole is the total of the base side in the unit of means.
func (t *trial) whole() float64 {
	if t.shares {
		return 1
	}
	return over(t.sum[0].total.value, t.sum[0].exposure)
}

// tested are the functions of a family that have a fair share on both sides together.
func (t *trial) tested(f Family) []int32 {
	var out []int32
	whole := [2]float64{t.sum[0].total.value, t.sum[1].total.value}
	for id := range int32(len(t.n.all)) {
		if id < pseudos && t.m.noise == events {
			continue // locks of the runtime itself are nobody's
		}
		var part float64
		for s := range t.sides {
			for _, y := range t.sides[s] {
				part += over(y.of(f, id).value, whole[s]) / 2
			}
		}
		if part >= t.opts.MinShare {
			out = append(out, id)
		}
	}
	return out
}

// settle finds what all functions have in common, and how much more than
// sampling they vary.
func (t *trial) settle() {
	t.drift = driftOf(t.m)
	ids := t.tested(Fold)
	t.functions = len(ids)
	t.prior, t.belief = 1.5, leastBelief
	if t.m.noise == objects {
		t.prior = 3 // what pools allocate comes in bursts
		if len(t.sides[0]) == 1 && len(t.sides[1]) == 1 {
			t.belief = loneBelief
		}
	}
	if t.shares && !t.commonMode(ids) {
		t.absolute()
	}
	t.dispersion(ids)
}

// absolute gives up shares where there are too few functions to see by them what
// the machine does: values are then what an operation costs, which varies with
// the machine from run to run.
func (t *trial) absolute() {
	if t.per == "total" {
		t.blind = "the work that was done or the time behind the profiles: there are too few functions to tell the code from the machine by shares"
		return
	}
	t.shares, t.scale = false, 1
	t.drift = unpairedSD * unpairedSD
	if len(t.pairs) > 0 {
		t.drift = pairedSD * pairedSD / 2
	}
	for s := range t.sides {
		t.sum[s].exposure = 0
		for i, y := range t.sides[s] {
			// Divided by this, the values of a run add up to its cost by operation.
			y.work = over(y.total.value, t.cost(s, i))
			t.sum[s].exposure += y.work
		}
	}
}

// cost is what a run took by operation, or by second.
func (t *trial) cost(s, i int) float64 {
	r := t.runs[s][i]
	v := t.sides[s][i].total.value
	if t.m.name == "cpu" && r.CPU > 0 {
		v = r.CPU
	}
	if t.per == "s" {
		return over(v, length(r, r.Profiles[t.m.kind]))
	}
	return over(v, r.Work)
}

// driftOf is the relative variance of levels from one snapshot to the next of a
// process that does the same.
func driftOf(m *metric) float64 {
	if m.of == level {
		return 0.05 * 0.05
	}
	return 0
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
