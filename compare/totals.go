package compare

import (
	"fmt"
	"math"
)

// count is a quantity of a whole run that needs no profile.
type count struct {
	metric string
	unit   string
	of     func(*Run) float64 // 0 when unknown
	floor  float64            // ratio - 1 that is no change
	sd     [2]float64         // what the logarithm of one run varies by when there is but one: in turns, and not
}

// Standard deviations of the CPU time of one operation from run to run of the
// same program, on a shared machine: when runs of both sides are taken in turns,
// and when they are not.
const (
	pairedSD   = 0.051
	unpairedSD = 0.147
)

func counts(o Options) []count {
	return []count{
		{"cpu", "s", cpuOf, o.TotalFloor, [2]float64{pairedSD, unpairedSD}},
		{"alloc_bytes", "B", func(r *Run) float64 { return r.Alloc }, 0.005, [2]float64{0.005, 0.005}},
		{"mallocs", "count", func(r *Run) float64 { return r.Mallocs }, 0.005, [2]float64{0.005, 0.005}},
		{"wall", "s", wallOf, 0.05, [2]float64{0.2, 0.7}},
	}
}

// wallOf is the time of a run whose work is known: what an operation takes.
func wallOf(r *Run) float64 {
	if r.Work <= 0 {
		return 0
	}
	return r.Wall
}

// cpuOf is the CPU time of a run, counted by the kernel or else sampled.
func cpuOf(r *Run) float64 {
	if r.CPU > 0 {
		return r.CPU
	}
	m := &metrics[0]
	p := r.Profiles[m.kind]
	if p == nil {
		return 0
	}
	col, ok := m.find(p)
	if !ok {
		return 0
	}
	return float64(p.Total(col.value)) * col.scale
}

// totals are the rows of whole runs.
func totals(base, next Side, o Options) []Row {
	runs := both(base, next)
	var rows []Row
	for _, c := range counts(o) {
		if !known(runs, c.of) {
			continue
		}
		if r, ok := c.row(runs, o); ok {
			rows = append(rows, r)
		}
	}
	return rows
}

// row compares the logarithms of a count by work, or by time where work is not known.
func (c *count) row(runs [2][]*Run, o Options) (Row, bool) {
	per, by := "s", func(r *Run) float64 { return length(r, r.Profiles[metrics[0].kind]) }
	if known(runs, func(r *Run) float64 { return r.Work }) {
		per, by = "op", func(r *Run) float64 { return r.Work }
		if u := runs[0][0].Unit; u != "" {
			per = u
		}
	}
	if !known(runs, by) {
		return Row{}, false
	}
	var logs [2][]float64
	var sum, work [2]float64
	for s := range runs {
		for _, r := range runs[s] {
			logs[s] = append(logs[s], math.Log(c.of(r)/by(r)))
			sum[s] += c.of(r)
			work[s] += by(r)
		}
	}
	d, e := c.change(logs, pairs(runs))
	r := Row{
		Metric: c.metric, Family: Total, Name: c.metric, Unit: c.unit + "/" + per,
		Before: sum[0] / work[0], Of: sum[0] / work[0],
	}
	r.After = r.Before * math.Exp(d)
	r.Delta = r.After - r.Before
	half := quantileT((1-o.Confidence)/2, e.total) * e.se
	r.Low, r.High = r.Before*math.Expm1(d-half), r.Before*math.Expm1(d+half)
	c.judge(&r, d, e, o, len(logs[0]))
	return r, true
}

// change is the mean log ratio and its error.
func (c *count) change(logs [2][]float64, pairs [][2]int) (d float64, e estimate) {
	// What the spread elsewhere is worth, in degrees of freedom. Times vary so much
	// from run to run that a few which agree do so by chance; counts agree.
	const belief = 4
	prior, v := c.sd[1]*c.sd[1], 0.0
	var mean [2]float64
	for s := range logs {
		for _, l := range logs[s] {
			mean[s] += l / float64(len(logs[s]))
		}
	}
	d = mean[1] - mean[0]
	of := 1/float64(len(logs[0])) + 1/float64(len(logs[1]))
	if len(pairs) > 0 {
		prior, of = 2*c.sd[0]*c.sd[0], 1/float64(len(pairs))
		d = 0
		for _, p := range pairs {
			d += (logs[1][p[1]] - logs[0][p[0]]) / float64(len(pairs))
		}
		for _, p := range pairs {
			v += square(logs[1][p[1]] - logs[0][p[0]] - d)
		}
		e.df = float64(len(pairs) - 1)
	} else {
		for s := range logs {
			for _, l := range logs[s] {
				v += square(l - mean[s])
			}
			e.df += float64(len(logs[s]) - 1)
		}
	}
	e.total = e.df
	if e.df < 4 || c.unit == "s" {
		v += belief * prior
		e.total += belief
	}
	e.se = math.Sqrt(v / e.total * of)
	return d, e
}

// pairSD is how much the CPU time of what is compared differs within pairs.
func pairSD(base, next Side) float64 {
	runs := both(base, next)
	work := func(r *Run) float64 { return r.Work }
	of := pairs(runs)
	if !known(runs, cpuOf) || !known(runs, work) || len(of) < 3 {
		return 0
	}
	var all []float64
	var mean, v float64
	for _, p := range of {
		a, b := runs[0][p[0]], runs[1][p[1]]
		d := math.Log(cpuOf(b) / work(b) / (cpuOf(a) / work(a)))
		all = append(all, d)
		mean += d / float64(len(of))
	}
	for _, d := range all {
		v += square(d - mean)
	}
	return math.Sqrt(v / float64(len(of)-1))
}

func both(base, next Side) (runs [2][]*Run) {
	for s, side := range []Side{base, next} {
		for i := range side.Runs {
			runs[s] = append(runs[s], &side.Runs[i])
		}
	}
	return runs
}

// judge says whether a total changed.
func (c *count) judge(r *Row, d float64, e estimate, o Options, k int) {
	floor := math.Log1p(c.floor)
	p := tailT(over(math.Abs(d)-floor, e.se), e.total)
	if e.se == 0 {
		p = certainly(math.Abs(d) > floor)
	}
	r.Q = p
	sure := quantileT(o.TotalQ, e.total) + quantileT(1-o.Power, e.total)
	r.MDE = r.Before * math.Expm1(floor+sure*e.se)
	r.power = power{k, c.floor * r.Before, r.Before * math.Expm1(d+quantileT(1-o.Confidence, e.total)*e.se)}
	margin := math.Max(3*c.floor, c.floor) * r.Before
	switch {
	case p <= o.TotalQ:
		r.Verdict, r.Class = Changed, Regression
		if d < 0 {
			r.Class = Improvement
		}
	case r.Low > -margin && r.High < margin:
		r.Verdict = Unchanged
	default:
		r.Verdict = Unknown
		effect := math.Max(math.Abs(d), 3*c.floor)
		n := math.Ceil(float64(k) * square(sure*e.se/math.Max(effect-floor, floor)))
		if r.Settle = hopeless; n <= most {
			r.Settle = fmt.Sprintf("%.0f runs on each side taken in turns (there are %d) would find a change of %.1f %%", math.Max(n, float64(k+1)), k, 100*math.Expm1(effect))
		}
	}
}
