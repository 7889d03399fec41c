package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// Floors of results of benchmarks: a change that is smaller is none.
const (
	benchFloor = 0.02  // of what is measured
	exactFloor = 0.005 // of what is counted
)

// benchRow is the results of one benchmark in one unit.
type benchRow struct {
	pkg, name, unit string
	values          [2][]float64
}

// title is the name that results are listed by.
func (b *benchRow) title(packages bool) string {
	if packages && b.pkg != "" {
		return b.pkg + "." + b.name
	}
	return b.name
}

// function is the function behind the results: of Encode/json-8 in package x it
// is x.BenchmarkEncode.
func (b *benchRow) function() string {
	return strings.TrimPrefix(b.pkg+".", ".") + "Benchmark" + string(benchfmt.Name(b.name).Base())
}

// benchRows are the benchmarks that both sides have.
func benchRows(base, next Side) []benchRow {
	type key struct{ pkg, name, unit string }
	found := map[key]*benchRow{}
	for s, side := range []Side{base, next} {
		for _, r := range side.Runs {
			for _, b := range r.Bench {
				for unit, v := range b.Values {
					k := key{b.Package, b.Name, unit}
					if found[k] == nil {
						found[k] = &benchRow{pkg: b.Package, name: b.Name, unit: unit}
					}
					found[k].values[s] = append(found[k].values[s], v)
				}
			}
		}
	}
	var out []benchRow
	for _, b := range found {
		if len(b.values[0]) > 0 && len(b.values[1]) > 0 {
			slices.Sort(b.values[0])
			slices.Sort(b.values[1])
			out = append(out, *b)
		}
	}
	slices.SortFunc(out, func(a, b benchRow) int {
		return cmp.Or(strings.Compare(a.pkg, b.pkg), strings.Compare(a.name, b.name), strings.Compare(b.unit, a.unit))
	})
	return out
}

// benchmarks compares results of Go benchmarks as benchstat does, by the exact
// test of Mann and Whitney, but against a floor and with a false discovery rate
// over all of them. What the allocator counts is compared as it stands.
func benchmarks(all []benchRow, o Options) []Row {
	packages := slices.ContainsFunc(all, func(b benchRow) bool { return b.pkg != all[0].pkg })
	rows := make([]Row, len(all))
	var p []float64
	var tested []int
	for i := range all {
		b := &all[i]
		rows[i] = b.row()
		rows[i].Name = b.title(packages)
		if b.counted() {
			b.exact(&rows[i])
			continue
		}
		tested = append(tested, i)
		p = append(p, b.test())
	}
	for k, q := range adjust(p) {
		rows[tested[k]].Q = q
		all[tested[k]].judge(&rows[tested[k]], o, float64(len(p)))
	}
	return rows
}

// counted says that a unit is counted to the last one by package testing.
func (b *benchRow) counted() bool { return b.unit == "B/op" || b.unit == "allocs/op" }

// better says that more of a unit is better.
func (b *benchRow) better() bool {
	return strings.HasSuffix(b.unit, "/s") || strings.HasSuffix(b.unit, "/sec")
}

func (b *benchRow) center(s int) float64 {
	return benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(b.values[s]), &benchmath.DefaultThresholds), 0.95).Center
}

func (b *benchRow) row() Row {
	unit := b.unit
	switch unit {
	case "sec/op":
		unit = "s/op"
	case "allocs/op":
		unit = "count/op"
	}
	r := Row{Metric: b.unit, Family: Bench, Unit: unit, Before: b.center(0), After: b.center(1)}
	r.Delta, r.Of = r.After-r.Before, r.Before
	r.Low, r.High = r.Delta, r.Delta
	r.Samples = [2]float64{float64(len(b.values[0])), float64(len(b.values[1]))}
	return r
}

// exact compares what is counted. Results may still differ a little from run to
// run, when buffers grow: then the ranges of both sides have to be apart.
func (b *benchRow) exact(r *Row) {
	a, c := b.values[0], b.values[1]
	r.Low, r.High = c[0]-a[len(a)-1], c[len(c)-1]-a[0]
	r.MDE = exactFloor * r.Before
	switch {
	case math.Abs(r.Delta) <= exactFloor*r.Before:
		r.Verdict, r.Q = Unchanged, 1
	case r.Low > 0 || r.High < 0:
		r.Verdict, r.Class = Changed, b.class(r.Delta)
	default:
		r.Verdict, r.Q = Unknown, 1
		r.Settle = "more results: those of both sides overlap"
	}
}

func (b *benchRow) class(delta float64) Class {
	if delta > 0 != b.better() {
		return Regression
	}
	return Improvement
}

// test is the one-sided p-value of a change by more than the floor, in the
// direction in which there is one.
func (b *benchRow) test() float64 {
	before, after := b.center(0), b.center(1)
	factor := 1 / (1 + benchFloor)
	if after < before {
		factor = 1 + benchFloor
	}
	if (after-before)*(after*factor-before) <= 0 {
		return 1 // less than the floor
	}
	scaled := make([]float64, len(b.values[1]))
	for i, v := range b.values[1] {
		scaled[i] = v * factor
	}
	sample := func(v []float64) *benchmath.Sample {
		return benchmath.NewSample(slices.Clone(v), &benchmath.DefaultThresholds)
	}
	return benchmath.AssumeNothing.Compare(sample(b.values[0]), sample(scaled)).P / 2
}

// spread is the standard deviation of the logarithms of both sides, and its
// degrees of freedom. One result of each leaves it to what is usual.
func (b *benchRow) spread() (sd, df float64) {
	const usual, belief = 0.2, 2
	v := belief * usual * usual
	for _, values := range b.values {
		var mean float64
		for _, x := range values {
			mean += safeLog(x) / float64(len(values))
		}
		for _, x := range values {
			v += square(safeLog(x) - mean)
		}
		df += float64(len(values) - 1)
	}
	if df >= 4 {
		return math.Sqrt((v - belief*usual*usual) / df), df
	}
	return math.Sqrt(v / (df + belief)), df + belief
}

func safeLog(x float64) float64 { return math.Log(math.Max(x, 1e-30)) }

func (b *benchRow) judge(r *Row, o Options, tests float64) {
	sd, df := b.spread()
	n1, n2 := float64(len(b.values[0])), float64(len(b.values[1]))
	se := sd * math.Sqrt((1/n1+1/n2)*math.Pi/3) // of the median, by ranks
	half := quantileT((1-o.Confidence)/2, df) * se
	d := safeLog(r.After) - safeLog(r.Before)
	r.Low, r.High = r.Before*math.Expm1(d-half), r.Before*math.Expm1(d+half)
	sure := quantileT(o.Q/tests, df) + quantileT(1-o.Power, df)
	r.MDE = r.Before * (benchFloor + math.Expm1(sure*se))
	r.power = power{int(min(n1, n2)), benchFloor * r.Before, r.Before * math.Expm1(d+quantileT(1-o.Confidence, df)*se)}
	margin := 2.5 * benchFloor * r.Before
	need := b.least(o.Q / tests)
	switch {
	case r.Q <= o.Q:
		r.Verdict, r.Class = Changed, b.class(r.Delta)
	case r.Low > -margin && r.High < margin && n1 >= need && n2 >= need:
		r.Verdict = Unchanged
	default:
		r.Verdict = Unknown
		effect := math.Max(math.Abs(d), 2.5*benchFloor)
		n := math.Max(need, math.Ceil(2*math.Pi/3*square(sure*sd/(effect-benchFloor))))
		if r.Settle = hopeless; n <= mostResults {
			r.Settle = fmt.Sprintf("%.0f results on each side (there are %.0f and %.0f): go test -count=%.0f, in turns", math.Max(n, math.Min(n1, n2)+1), n1, n2, math.Max(n, math.Min(n1, n2)+1))
		}
	}
}

// mostResults is how many results of a benchmark somebody waits for.
const mostResults = 100

// least is how many results each side needs so that the test can find anything.
func (b *benchRow) least(p float64) float64 {
	ways := 1.0
	for n := 1.0; n < 50; n++ {
		ways *= (2*n - 1) * 2 / n // binomial(2n, n)
		if 1/ways <= p {
			return n
		}
	}
	return 50
}
