package compare

import (
	"math"
	"testing"
)

// TestTables holds the distributions against printed tables (Fisher and Yates;
// Abramowitz and Stegun 26.8 and 26.10).
func TestTables(t *testing.T) {
	for _, c := range []struct{ p, df, t float64 }{
		{0.005, 1, 63.657},
		{0.025, 10, 2.228},
		{0.005, 10, 3.169},
		{0.0005, 10, 4.587},
		{0.001, 5, 5.893},
		{0.0005, 30, 3.646},
		{0.025, 1e6, 1.960},
		{0.0005, 1e6, 3.291},
		{0.2, 19, 0.861},
	} {
		if got := quantileT(c.p, c.df); math.Abs(got-c.t) > 6e-4 {
			t.Errorf("quantileT(%v, %v) = %.4f, want %v", c.p, c.df, got, c.t)
		}
		if got := tailT(c.t, c.df); math.Abs(got/c.p-1) > 2e-3 {
			t.Errorf("tailT(%v, %v) = %.6g, want %v", c.t, c.df, got, c.p)
		}
	}
	for _, c := range []struct{ p, df, x float64 }{{0.05, 10, 18.307}, {0.01, 4, 13.277}, {0.95, 8, 2.733}, {0.001, 1, 10.828}} {
		if got := tailChi2(c.x, c.df); math.Abs(got/c.p-1) > 1e-3 {
			t.Errorf("tailChi2(%v, %v) = %.6g, want %v", c.x, c.df, got, c.p)
		}
	}
}

// TestTail holds the tail against its closed forms, and against the integral of
// the density where there is none.
func TestTail(t *testing.T) {
	for x := -6.0; x < 60; x += 0.37 {
		one := 0.5 - math.Atan(x)/math.Pi
		two := 0.5 - x/(2*math.Sqrt(2+x*x))
		near(t, "1 degree", tailT(x, 1), one, 1e-9+1e-9*one)
		near(t, "2 degrees", tailT(x, 2), two, 1e-9+1e-9*two)
	}
	for _, df := range []float64{3, 5.5, 14, 28, 120, 499} {
		for _, x := range []float64{-2, 0, 0.5, 2, 4, 7} {
			near(t, "integral", tailT(x, df), integral(x, df), 1e-8)
		}
	}
	if p := tailT(30, 14); p < 1e-15 || p > 1e-13 {
		t.Errorf("far out: %g", p)
	}
	for _, df := range []float64{1, 10, 499, 501} {
		if a, b := tailT(2, df)+tailT(-2, df), 1.0; math.Abs(a-b) > 1e-12 {
			t.Errorf("%v degrees: both tails are %v", df, a)
		}
	}
}

// integral is the tail by Simpson's rule, over u = 1/(1+s-x).
func integral(x, df float64) float64 {
	lg := func(v float64) float64 { l, _ := math.Lgamma(v); return l }
	c := math.Exp(lg((df+1)/2)-lg(df/2)) / math.Sqrt(df*math.Pi)
	f := func(u float64) float64 {
		if u == 0 {
			return 0
		}
		s := x + 1/u - 1
		return c * math.Pow(1+s*s/df, -(df+1)/2) / (u * u)
	}
	const n = 20000
	sum := f(0) + f(1)
	for i := 1; i < n; i++ {
		sum += float64(2+2*(i%2)) * f(float64(i)/n)
	}
	return sum / (3 * n)
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within {
		t.Errorf("%s: %.12g, want %.12g", what, got, want)
	}
}

func TestAdjust(t *testing.T) {
	// p.adjust(p, "BH") of R, worked by hand: p·m/rank, then the running minimum from above.
	p := []float64{0.01, 0.04, 0.03, 0.005, 0.8, 0.2, 0.0004}
	want := []float64{0.07 / 3, 0.28 / 5, 0.21 / 4, 0.035 / 2, 0.8, 1.4 / 6, 0.0028}
	for i, q := range adjust(p) {
		near(t, "adjusted", q, want[i], 1e-12)
	}
	if got := adjust(nil); len(got) != 0 {
		t.Errorf("of none: %v", got)
	}
}

func TestMedian(t *testing.T) {
	if got := median([]weighted{{3, 1}, {1, 1}, {2, 1}}); got != 2 {
		t.Errorf("median %v", got)
	}
	if got := median([]weighted{{1, 1}, {2, 1}}); got != 1.5 {
		t.Errorf("between two: %v", got)
	}
	if got := median([]weighted{{9, 10}, {1, 1}, {2, 1}}); got != 9 {
		t.Errorf("by weight: %v", got)
	}
	if got := median(nil); got != 0 {
		t.Errorf("of none: %v", got)
	}
}
