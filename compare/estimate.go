package compare

import "math"

// estimate is the change of one function.
type estimate struct {
	before, after float64 // means; after is made comparable
	delta         float64
	fano          float64 // sampling variance of a value, as a multiple of the value
	phi           float64 // variance between runs over that of sampling
	df            float64 // of phi, 0 with one run on each side
	se            float64 // of delta
	total         float64 // degrees of freedom of se
}

// spread compares runs with each other: how much more they vary than sampling
// lets expect. Where runs were taken in turns it is the pairs that are compared.
func (t *trial) spread(f Family, id int32) estimate {
	e := estimate{before: t.mean(0, f, id), after: t.common * t.mean(1, f, id)}
	e.delta = e.after - e.before
	var values, variance float64
	for s := range t.sides {
		for _, y := range t.sides[s] {
			a := y.of(f, id)
			values += a.value
			variance += a.variance
		}
	}
	e.fano = over(variance, values)
	if t.m.noise == counted || e.fano == 0 {
		e.fano = math.Max(e.fano, over(t.anyFano(), 1))
	}
	if len(t.pairs) > 0 {
		e.phi, e.df = t.paired(f, id, &e)
	} else {
		e.phi, e.df = t.unpaired(f, id, &e)
	}
	return e
}

// anyFano is the sampling variance of a value of the whole metric, for functions
// that have none of their own.
func (t *trial) anyFano() float64 {
	return over(t.sum[0].total.variance+t.sum[1].total.variance, t.sum[0].total.value+t.sum[1].total.value)
}

// at is the variance that one run of that exposure is expected to have about x.
func (t *trial) at(e *estimate, s int, x, exposure float64) float64 {
	if t.shares {
		x = math.Min(math.Max(x, 0), 1)
		x *= 1 - x
	}
	v := over(e.fano*math.Max(x, 0), exposure)
	if s == 1 {
		v *= t.common
	}
	return v + t.drift*x*x
}

// pooled is the mean of both sides together, as if nothing had changed.
func (t *trial) pooled(e *estimate) float64 {
	a, b := t.sum[0].exposure, t.sum[1].exposure
	return over(e.before*a+e.after*b, a+b)
}

func (t *trial) value(s, run int, f Family, id int32) float64 {
	y := t.sides[s][run]
	x := over(y.of(f, id).value, y.work)
	if s == 1 {
		x *= t.common
	}
	return x
}

func (t *trial) paired(f Family, id int32, e *estimate) (phi, df float64) {
	mean := t.pooled(e)
	var weights, sum float64
	diffs := make([]weighted, len(t.pairs))
	for i, p := range t.pairs {
		v := t.at(e, 0, mean, t.sides[0][p[0]].work) + t.at(e, 1, mean, t.sides[1][p[1]].work)
		if v <= 0 {
			return 0, 0
		}
		diffs[i] = weighted{t.value(1, p[1], f, id) - t.value(0, p[0], f, id), 1 / v}
		weights += 1 / v
		sum += diffs[i].value / v
	}
	for _, d := range diffs {
		phi += d.weight * square(d.value-sum/weights)
	}
	df = float64(len(diffs) - 1)
	return phi / df, df
}

func (t *trial) unpaired(f Family, id int32, e *estimate) (phi, df float64) {
	mean := t.pooled(e)
	for s, own := range [2]float64{e.before, e.after} {
		for i, y := range t.sides[s] {
			v := t.at(e, s, mean, y.work)
			if v <= 0 {
				return 0, 0
			}
			phi += square(t.value(s, i, f, id)-own) / v
		}
		df += float64(len(t.sides[s]) - 1)
	}
	return over(phi, df), df
}

func square(x float64) float64 { return x * x }

// outlier is how rare a spread has to be, were the prior right, not to be drawn
// towards it. One in a hundred functions is as rare by chance, so that the prior
// counts for nothing at all only where that is rare among all functions.
const outlier = 0.01

// estimate is the change of a function and its error. The variance between runs
// is drawn towards what functions have in general (Smyth 2004), because a few
// runs say little about it; it is never below that of sampling.
func (t *trial) estimate(f Family, id int32) estimate {
	e := t.spread(f, id)
	e.total = t.belief + e.df
	phi := (t.belief*t.prior + e.df*e.phi) / e.total
	if e.df >= 4 {
		switch rare := tailChi2(e.df*e.phi/t.prior, e.df); {
		case rare < outlier/math.Max(float64(t.functions), 1):
			phi, e.total = math.Max(phi, e.phi), e.df+1
		case rare < outlier:
			phi, e.total = math.Max(phi, e.phi), e.df+leastBelief
		}
	}
	e.phi = math.Max(phi, 1)
	e.se = t.error(&e, t.pooled(&e))
	return e
}

// error is the standard error of a change about a mean.
func (t *trial) error(e *estimate, mean float64) float64 {
	var v float64
	for s := range t.sides {
		one := t.at(e, s, mean, t.sum[s].exposure) - t.drift*mean*mean
		v += one + t.drift*mean*mean/float64(len(t.sides[s]))
	}
	return math.Sqrt(e.phi*v + t.slack*mean*mean)
}

// detectable is the least increase that is called changed with a probability of
// power when m hypotheses are tested and the floor is as given, with times as
// many runs.
func (t *trial) detectable(e *estimate, floor, tests, times float64) float64 {
	df := e.total
	if times > 1 && e.df > 0 {
		df += (times - 1) * (e.df + 2)
	}
	sure := quantileT(t.opts.Q/math.Max(tests, 1), df) + quantileT(1-t.opts.Power, df)
	share := over(t.sum[1].exposure, t.sum[0].exposure+t.sum[1].exposure)
	delta := floor
	for range 30 {
		delta = floor + sure*t.error(e, e.before+share*delta)/math.Sqrt(times)
	}
	return delta
}
