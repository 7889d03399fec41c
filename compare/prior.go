package compare

import (
	"math"
	"slices"
)

// Bounds of what the prior dispersion is worth, in degrees of freedom: few
// functions do not prove that all are alike, and none are alike without end.
const (
	leastBelief = 10
	mostBelief  = 60
)

// loneBelief is what the prior of allocations is worth where each side has one
// run: whether a pool was emptied and filled again while it lasted, and how often,
// is a matter of that run alone, and nothing in it tells. It is what the spread of
// totals elsewhere is worth (see count.change).
const loneBelief = 4

// dispersion is how much more functions vary between runs than sampling makes
// them, the prior of each, and how alike functions are in that, which is what the
// prior is worth (Smyth, "Linear Models and Empirical Bayes Methods", 2004).
func (t *trial) dispersion(ids []int32) {
	var all []weighted
	var df float64
	for _, id := range ids {
		e := t.spread(Fold, id)
		if e.df >= 1 && e.phi > 0 {
			all = append(all, weighted{e.phi, 1})
			df = e.df
		}
	}
	if df < 4 || len(all) < enough {
		return
	}
	slices.SortFunc(all, func(a, b weighted) int { return compareFloat(a.value, b.value) })
	var sum float64
	kept := all[:len(all)-len(all)/10] // those that vary most have reasons of their own
	for _, w := range kept {
		sum += w.value
	}
	t.prior = math.Max(sum/float64(len(kept)), 1)
	t.belief = belief(all, df)
}

// belief is the degrees of freedom of the distribution that dispersions are drawn
// from, by the variance of their logarithms: what df alone does not explain.
func belief(all []weighted, df float64) float64 {
	var mean, v float64
	n := float64(len(all))
	for _, w := range all {
		mean += math.Log(w.value) / n
	}
	for _, w := range all {
		v += square(math.Log(w.value)-mean) / (n - 1)
	}
	own := v - trigamma(df/2)
	if own <= 0 {
		return mostBelief
	}
	return math.Min(math.Max(2*inverseTrigamma(own), leastBelief), mostBelief)
}

// trigamma is the second derivative of the logarithm of the gamma function
// (Abramowitz and Stegun 6.4.6 and 6.4.12).
func trigamma(x float64) float64 {
	sum := 0.0
	for ; x < 8; x++ {
		sum += 1 / (x * x)
	}
	y := 1 / (x * x)
	return sum + 1/x + y/2 + y/x*(1.0/6-y*(1.0/30-y*(1.0/42-y/30)))
}

// inverseTrigamma is the x with trigamma(x) == y, for y above zero.
func inverseTrigamma(y float64) float64 {
	low, high := 1e-3, 1e6
	for range 60 {
		mid := math.Sqrt(low * high)
		if trigamma(mid) > y {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Sqrt(low * high)
}
