// Package trend finds where a quantity changed over a history of builds.
//
// [Changes] is hierarchical divisive estimation by the energy statistic
// (E-divisive: Matteson and James, "A Nonparametric Approach for Multiple Change
// Point Analysis of Multivariate Data", JASA 2014). Where the paper tests a split
// by permutations this package, as Hunter does (Fleming et al., "Hunter: Using
// Change Point Detection to Hunt for Performance Regressions", ICPE 2023), uses
// Welch's t-test of the two sides: the same history gives the same answer.
//
// It does no I/O and reads no clock.
package trend

import (
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"
)

// Series is one quantity of all builds that have it, oldest first.
type Series struct {
	Metric  string // "cpu", "alloc_space", "sec/op"
	Subject string // a function, a benchmark, or "total"
	Unit    string // base unit of the values
	Points  []Point
}

// Point is the value of one build.
type Point struct {
	Build int // index into the history's builds
	Value float64
}

// Change is where the level of a series changed.
type Change struct {
	At     int     // index of the first point of the new level
	Before float64 // mean of the level that ended
	After  float64 // mean of the level that began
	P      float64 // probability of such a difference by chance, corrected for the number of places looked at
}

// Ratio is the change as a share of the level before; infinite after nothing.
func (c Change) Ratio() float64 { return c.After/c.Before - 1 }

const (
	// sure is the p-value of a change.
	sure = 0.001
	// hint is the p-value, not corrected, at which a range is divided. Whether the
	// parts differ for sure is asked again when all levels are known.
	hint = 0.01
	// floor is the change of a level that is not worth a word.
	floor = 0.01
	// least is how many points a level has.
	least = 3
	// most is how many points are looked at, the newest: time and memory grow with their square.
	most = 1000
)

// Changes are the places where the level of values changes, in order. A level
// has at least three values; what happened in the newest two builds cannot be
// told from noise.
func Changes(values []float64) []Change {
	from := max(len(values)-most, 0)
	values = values[from:]
	cuts := split(values, newEnergy(values), 0, len(values))
	cuts = merge(values, cuts)
	var out []Change
	for i, cut := range cuts {
		left, right := around(values, cuts, i)
		c := proven(left, right, values, cuts)
		c.At = from + cut
		out = append(out, c)
	}
	return out
}

// split divides values[low:high] where the energy statistic is largest, and the
// parts again, as long as there is a hint that what is left and right of the cut
// differs.
func split(values []float64, e *energy, low, high int) []int {
	cut, surest := -1, hint
	for _, part := range []bool{false, true} {
		at, end := e.best(low, high, part)
		if at < 0 {
			continue
		}
		if c := test(values[low:at], values[at:end], 1); c.P < surest {
			cut, surest = at, c.P
		}
	}
	if cut < 0 {
		return nil
	}
	return slices.Concat(split(values, e, low, cut), []int{cut}, split(values, e, cut, high))
}

// merge drops, least sure first, the cuts between levels that do not differ from
// their neighbours once these are known.
func merge(values []float64, cuts []int) []int {
	for {
		worst, at := 0.0, -1
		for i := range cuts {
			left, right := around(values, cuts, i)
			if c := proven(left, right, values, cuts); !c.counts() && c.P >= worst {
				worst, at = c.P, i
			}
		}
		if at < 0 {
			return cuts
		}
		cuts = slices.Delete(slices.Clone(cuts), at, at+1)
	}
}

// around are the levels on both sides of a cut.
func around(values []float64, cuts []int, i int) (left, right []float64) {
	low, high := 0, len(values)
	if i > 0 {
		low = cuts[i-1]
	}
	if i+1 < len(cuts) {
		high = cuts[i+1]
	}
	return values[low:cuts[i]], values[cuts[i]:high]
}

// test compares two levels; places is how many cuts were possible.
func test(left, right []float64, places int) Change {
	c := Change{Before: stats.Mean(left), After: stats.Mean(right), P: 1}
	r, err := stats.TwoSampleWelchTTest(stats.Sample{Xs: left}, stats.Sample{Xs: right}, stats.LocationDiffers)
	switch {
	case err == nil:
		c.P = math.Min(r.P*float64(places), 1)
	case c.Before != c.After && len(left) > 1 && len(right) > 1: // nothing varies on either side
		c.P = 0
	}
	return c
}

// proven is the test of neighbouring levels when all levels are known. A short
// level may vary little by chance, so that the spread within all levels has to
// find the change as sure as that of the two does.
func proven(left, right, values []float64, cuts []int) Change {
	c := test(left, right, len(values))
	var within float64
	low := 0
	for _, high := range append(slices.Clone(cuts), len(values)) {
		mean := stats.Mean(values[low:high])
		for _, v := range values[low:high] {
			within += (v - mean) * (v - mean)
		}
		low = high
	}
	df := float64(len(values) - len(cuts) - 1)
	if within == 0 {
		return c
	}
	se := math.Sqrt(within / df * (1/float64(len(left)) + 1/float64(len(right))))
	p := 2 * stats.TDist{V: df}.CDF(-math.Abs(c.After-c.Before)/se)
	c.P = math.Max(c.P, math.Min(p*float64(len(values)), 1))
	return c
}

// counts says that a change is sure, and large enough for a word.
func (c Change) counts() bool {
	return c.P <= sure && math.Abs(c.After-c.Before) > floor*math.Abs(c.Before)
}

// First is the index of the first point above a limit; -1 when there is none.
func (s *Series) First(limit float64) int {
	return slices.IndexFunc(s.Points, func(p Point) bool { return p.Value > limit })
}

// Values are those of the points.
func (s *Series) Values() []float64 {
	out := make([]float64, len(s.Points))
	for i, p := range s.Points {
		out[i] = p.Value
	}
	return out
}
