package blame

import "math"

// plus adds and stays at the limit instead of wrapping: a file may claim values
// that no sum of them fits.
func plus(a, b int64) int64 {
	s := a + b
	switch {
	case a > 0 && b > 0 && s < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && s >= 0:
		return math.MinInt64
	}
	return s
}
