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

// quantileT is the t with tailT(t, df) == p, for p up to a half.
func quantileT(p, df float64) float64 {
	if p >= 0.5 {
		return 0
	}
	low, high := 0.0, 1.0
	for tailT(high, df) > p && high < 1e12 {
		low, high = high, 2*high
	}
	for range 100 {
		mid := (low + high) / 2
		if tailT(mid, df) > p {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// tailChi2 is P(X >= x) of the chi-squared distribution.
func tailChi2(x, df float64) float64 {
	if x <= 0 || df <= 0 {
		return 1
	}
	return mathx.GammaIncComp(df/2, x/2)
}
