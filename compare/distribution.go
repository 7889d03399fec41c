package compare

import (
	"math"

	"github.com/aclements/go-moremath/mathx"
)

// manyDegrees is where Student's distribution is the normal one in all digits
// that matter.
const manyDegrees = 500

// tailT is P(T >= t) of Student's distribution, exact far out in the tail too.
func tailT(t, df float64) float64 {
	if math.IsNaN(t) || df <= 0 {
		return 1
	}
	if df > manyDegrees {
		return math.Erfc(t/math.Sqrt2) / 2
	}
	p := 0.5
	if x := df / (df + t*t); x < 1 {
		p = mathx.BetaInc(x, df/2, 0.5) / 2
	}
	if t < 0 {
		return 1 - p
	}
	return p
}

// quantileT is the t with tailT(t, df) == p, for p up to a half: by Newton's
// method on the logarithms, which is close to straight, between bounds.
func quantileT(p, df float64) float64 {
	if p >= 0.5 {
		return 0
	}
	low, high := 0.0, 1.0
	for tailT(high, df) > p && high < 1e12 {
		low, high = high, 2*high
	}
	t := (low + high) / 2
	for range 100 {
		tail := tailT(t, df)
		if tail > p {
			low = t
		} else {
			high = t
		}
		next := t * math.Exp(tail*math.Log(tail/p)/(t*densityT(t, df)))
		if !(next > low && next < high) { // also when it is no number
			next = (low + high) / 2
		}
		if math.Abs(next-t) <= 1e-13*t {
			return next
		}
		t = next
	}
	return t
}

// densityT is that of Student's distribution.
func densityT(t, df float64) float64 {
	if df > manyDegrees {
		return math.Exp(-t*t/2) / math.Sqrt(2*math.Pi)
	}
	a, _ := math.Lgamma((df + 1) / 2)
	b, _ := math.Lgamma(df / 2)
	return math.Exp(a-b-(df+1)/2*math.Log1p(t*t/df)) / math.Sqrt(df*math.Pi)
}

// tailChi2 is P(X >= x) of the chi-squared distribution.
func tailChi2(x, df float64) float64 {
	if x <= 0 || df <= 0 {
		return 1
	}
	return mathx.GammaIncComp(df/2, x/2)
}
