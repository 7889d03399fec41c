package trend

import "math"

// energy has the sums of distances between values, so that those of any two
// ranges are known at once.
type energy struct {
	n    int
	sums []float64 // sums[i*(n+1)+j]: distances of the first i values to the first j
}

func newEnergy(values []float64) *energy {
	n := len(values)
	e := &energy{n: n, sums: make([]float64, (n+1)*(n+1))}
	for i, x := range values {
		row := 0.0
		for j, y := range values {
			row += math.Abs(x - y)
			e.sums[(i+1)*(n+1)+j+1] = e.sums[i*(n+1)+j+1] + row
		}
	}
	return e
}

// between is the sum of distances between two ranges of values.
func (e *energy) between(a, b, c, d int) float64 {
	at := func(i, j int) float64 { return e.sums[i*(e.n+1)+j] }
	return at(b, d) - at(a, d) - at(b, c) + at(a, c)
}

// best is the cut that divides the beginning of a range from what follows up to
// end most clearly; -1 when the range is too short. When part is false end is
// the end of the range; else it may come before, so that a level that returns
// later is seen.
func (e *energy) best(low, high int, part bool) (cut, end int) {
	cut, most := -1, 0.0
	for tau := low + least; tau <= high-least; tau++ {
		kappa := high
		if part {
			kappa = tau + least
		}
		for ; kappa <= high; kappa++ {
			if q := e.q(low, tau, kappa); q > most*(1+1e-12) {
				cut, end, most = tau, kappa, q
			}
		}
	}
	return cut, end
}

// q is the scaled energy distance of values[low:tau] and values[tau:kappa].
func (e *energy) q(low, tau, kappa int) float64 {
	n, m := float64(tau-low), float64(kappa-tau)
	apart := 2 / (n * m) * e.between(low, tau, tau, kappa)
	left := e.between(low, tau, low, tau) / (n * (n - 1)) // each pair is counted twice
	right := e.between(tau, kappa, tau, kappa) / (m * (m - 1))
	return n * m / (n + m) * (apart - left - right)
}
