package tcp

import (
	"testing"
	"time"
)

// TestGrowthOfANumber: two descriptors a second, and what looks at the process
// holds some for a moment.
func TestGrowthOfANumber(t *testing.T) {
	steady := func(i int) float64 { return float64(14 + 2*i) }
	for name, c := range map[string]struct {
		value       func(i int) float64
		rate, least float64
	}{
		"steady":                     {steady, 2, 0},
		"with a guest in the middle": {func(i int) float64 { return steady(i) + 3*float64(i%7/6) }, 2, 0.1},
		"with a guest at the end":    {func(i int) float64 { return steady(i) + 5*float64(i%29/28) }, 2, 0.1},
		"kept":                       {func(int) float64 { return 40 }, 0, 0},
		"up to a level":              {func(i int) float64 { return min(steady(i), 40) }, 0, 0},
		"a burst that ended":         {func(i int) float64 { return steady(i) - 20*float64(i/28) }, 0, 0},
	} {
		var s series
		for i := range 31 {
			s.add(time.Duration(i)*time.Second, c.value(i))
		}
		rate, by := s.growth()
		if rate < c.rate-c.least || rate > c.rate+c.least {
			t.Errorf("%s: %g a second, want %g", name, rate, c.rate)
		}
		if c.rate > 0 && (by < 55 || by > 65) {
			t.Errorf("%s: by %g, want about 60", name, by)
		}
		left, ends := s.runsOut(20000)
		if ends != (c.rate > 0) || ends && (left < 150*time.Minute || left > 180*time.Minute) {
			t.Errorf("%s: runs out in %v, %v", name, left, ends)
		}
	}
}
