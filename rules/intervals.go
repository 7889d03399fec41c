package rules

import (
	"math"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

// z95 is the half width of a 95 % interval in standard errors.
const z95 = 1.96

// spread widens a share by a relative standard error to its 95 % interval.
func spread(c report.Cost, relative float64) report.Cost {
	c.Low, c.High = clamp(c.Share*(1-z95*relative)), clamp(c.Share*(1+z95*relative))
	return c
}

// waitError is the relative standard error of a sum of n observed waits. How
// long waits are spreads about as much as they last (exponential, coefficient
// of variation 1), and how many fall into the window is chance too (Poisson):
// together sqrt(2/n).
func waitError(n float64) float64 { return math.Sqrt(2 / max(n, 1)) }

// mutexPeriod is the fraction of contentions that the mutex profile records, one
// in so many: the runtime counts each recorded one as that many
// (runtime.saveBlockEventStack), so that it divides every count.
func mutexPeriod(p *diagnose.Pass) float64 {
	g, records := int64(0), 0
	for _, prof := range p.Set.Profiles[evidence.Mutex] {
		col, ok := prof.SampleType("contentions")
		if !ok {
			continue
		}
		for i := range prof.NumSamples() {
			if v := prof.Value(i, col); v > 0 {
				g, records = gcd(g, v), records+1
			}
		}
	}
	if records < 3 {
		g = min(g, 100) // two numbers may share a divisor by chance
	}
	return float64(max(g, 1))
}

// blockEvents is how many waits the block profile has recorded, at least: a wait
// shorter than the rate stands for others like it, and rates above a
// millisecond are not in use.
func blockEvents(nanos, n int64) float64 {
	return min(float64(n), max(1, float64(nanos)/1e6))
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// grownError is [evidence.HeapError] of what a function's live memory grew by.
func grownError(p *diagnose.Pass, function string) float64 {
	return evidence.HeapError(p.Set.Profiles[p.Heap()], growthOf(p, "inuse_space", function), growthOf(p, "inuse_objects", function))
}

// allocError is [evidence.HeapError] of what a function allocated in the window.
func allocError(p *diagnose.Pass, function string) float64 {
	return evidence.HeapError(p.Set.Profiles[p.Heap()], growthOf(p, "alloc_space", function), growthOf(p, "alloc_objects", function))
}

// liveError is [evidence.HeapError] of what a function holds at the end.
func liveError(p *diagnose.Pass, function string) float64 {
	h := p.Heap()
	return evidence.HeapError(p.Set.Profiles[h], nearOf(p.Last(h, "inuse_space"), function), nearOf(p.Last(h, "inuse_objects"), function))
}

func growthOf(p *diagnose.Pass, column, function string) int64 {
	d := p.Delta(p.Heap(), column)
	if d == nil {
		return 0
	}
	return nearOf(d.Table, function)
}
