package gate

import (
	"fmt"
	"math"
	"slices"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/gate/policy"
	"github.com/goperf/goperf/report"
)

// terms are how a change is measured against its limit: in which unit, and by
// what the difference is divided.
type terms struct {
	unit, of string
	by       float64
}

// termsOf gives percentages of what there was before, or of the total; amounts
// as they are. Where there was nothing before, only the amount means something.
func termsOf(l policy.Limit, r *compare.Row, ofTotal bool) terms {
	ratio := l.Increase == nil || l.Increase.Unit == "ratio"
	switch {
	case ratio && ofTotal && r.Of > 0:
		return terms{"ratio", "total", r.Of}
	case ratio && !ofTotal && r.Before > 0:
		return terms{"ratio", "base", r.Before}
	}
	return terms{r.Unit, "", 1}
}

// change is the difference of a row in the terms of its limit.
func change(l policy.Limit, r *compare.Row, confidence float64, ofTotal bool) report.Change {
	t := termsOf(l, r, ofTotal)
	c := report.Change{
		Value: r.Delta / t.by, Low: r.Low / t.by, High: r.High / t.by, Unit: t.unit, Of: t.of,
		Detectable: r.MDE / t.by, Q: r.Q, Confidence: confidence,
	}
	if !(c.Low <= c.High) {
		c.Low, c.High = c.Value, c.Value
	}
	if c.Low == c.High {
		c.Confidence = 0
	}
	if l.Increase != nil {
		c.Limited = true
		c.Limit = l.Increase.Value
	}
	return c
}

func row(kind string, r *compare.Row, l policy.Limit) report.Budget {
	subject := r.Name
	if kind == "total" {
		subject = "total"
	}
	b := report.Budget{
		ID: r.Metric + ":" + subject, Metric: r.Metric, Subject: subject, Kind: kind, Status: report.BudgetPass,
		Class: string(r.Class), Unit: r.Unit, Base: r.Before, New: r.After, Rule: l.Place,
	}
	switch {
	case r.Verdict != compare.Changed || r.Class == compare.Shift:
	case r.Before == 0 && r.After > 0:
		b.Class = "new"
	case r.Before > 0 && r.After == 0:
		b.Class = "gone"
	}
	if r.Was != "" && r.Guess != "" {
		b.Doubt = fmt.Sprintf("it is compared with %s: %s", r.Was, r.Guess)
	}
	return b
}

// totals judges the program as a whole. Metrics that only profiles have are the
// sum of their functions, and no row here.
func (j *judge) totals(r *report.Report) {
	for _, l := range j.Policy.Budgets {
		found := false
		for i := range j.Compared.Totals {
			t := &j.Compared.Totals[i]
			if t.Family == compare.Total && t.Metric == l.Metric {
				j.whole("total", t, l)
				found = true
			}
		}
		if !found && !j.byBenchmarks(l.Metric) {
			r.Gaps = append(r.Gaps, missing(l.Metric))
		}
	}
}

// byBenchmarks says that allocation is counted for each benchmark, where budgets
// of its own hold it: benchmarks that allocate nothing have no total to compare.
func (j *judge) byBenchmarks(metric string) bool {
	unit := map[string]string{"alloc_bytes": "B/op", "mallocs": "allocs/op"}[metric]
	return slices.ContainsFunc(j.Compared.Totals, func(r compare.Row) bool { return r.Family == compare.Bench && r.Metric == unit })
}

// missing is the gap that a budget without a measurement leaves.
func missing(metric string) report.Gap {
	g := report.Gap{Want: metric, Why: "not measured on both sides, so its budget was not judged"}
	if metric == "alloc_bytes" || metric == "mallocs" {
		g.Hint = "put total_alloc and mallocs into meta.json of each run, or take the budget out of the policy"
	}
	return g
}

// turns are the metrics that mean little when the runs were not taken in turns:
// the machine is another one an hour later.
var turns = []string{"cpu", "wall", "sec/op"}

// whole judges a total or a benchmark.
func (j *judge) whole(kind string, t *compare.Row, l policy.Limit) {
	b := row(kind, t, l)
	b.Change = change(l, t, j.Policy.Decide.Confidence, false)
	warn := l.Warn
	if j.Compared.Pairs == 0 && slices.Contains(turns, t.Metric) {
		warn = true
		b.Doubt = "the runs of the two sides were not taken in turns, so it is only to warn: the machine may have changed in between"
	}
	c := b.Change
	limit := c.Limit
	if c.Unit != "ratio" && l.Increase.Unit == "ratio" {
		limit = 0 // there was nothing before: any amount is beyond any percentage
		b.Change.Limit = 0
	}
	b.Advisory = warn
	name := whose(&b)
	switch sure := t.Verdict == compare.Changed && t.Class == compare.Regression; {
	case sure && c.Low > limit:
		b.Status = fails(warn)
		b.Why = fmt.Sprintf("%s is %s; %s is allowed", name, moreText(c), amount(limit, c.Unit))
	case t.Verdict == compare.Changed && t.Class == compare.Improvement:
		b.Why = fmt.Sprintf("%s is %s", name, moreText(c))
		j.improved(&b)
	case j.holds(&b, t, l, limit):
	default:
		b.Status, b.Settle = report.BudgetInconclusive, t.Settle
		b.Why = fmt.Sprintf("%s may be within its budget of %s or not: the change is between %s and %s", name, amount(limit, c.Unit), signed(c.Low, c.Unit), signed(c.High, c.Unit))
	}
	j.rows = append(j.rows, b)
}

// holds says that a total is within its budget, and writes what it is at most.
func (j *judge) holds(b *report.Budget, t *compare.Row, l policy.Limit, limit float64) bool {
	c := b.Change
	most, how := t.AtMost()/termsOf(l, t, false).by, ""
	switch {
	case most <= limit:
	case limit == 0 && t.Verdict == compare.Unchanged && c.Value <= 0:
		b.Why = whose(b) + " is no more than before" // as far as a measurement can show that
		return true
	case c.Value <= limit && c.Unit == "ratio" && j.byFunctions(t) <= limit:
		most, how = j.byFunctions(t), " by its functions; what all of them share is the machine"
	default:
		return false
	}
	b.Why = fmt.Sprintf("%s is within its budget of %s: %s at most%s", whose(b), amount(limit, c.Unit), signed(most, c.Unit), how)
	if b.Kind == "total" {
		j.most = append(j.most, whose(b)+" "+signed(most, c.Unit))
	}
	return true
}

// byFunctions is what a total surely has not grown by more than, as a share of what
// it was, when the speed of the machine is taken out of it: that is what most
// functions changed by alike. It is known of the CPU time of a program alone, and
// infinite where it is not. A change that makes everything slower alike cannot be
// told from a slower machine in this way: only the measured total shows that.
func (j *judge) byFunctions(t *compare.Row) float64 {
	for _, n := range j.Compared.Noise {
		if t.Family == compare.Total && n.Metric == t.Metric && n.GrownLow < n.GrownHigh {
			return n.GrownHigh
		}
	}
	return math.Inf(1)
}

func fails(warn bool) report.BudgetStatus {
	if warn {
		return report.BudgetWarn
	}
	return report.BudgetFail
}

// benchmarks judges each result of each benchmark that has a budget.
func (j *judge) benchmarks(*report.Report) {
	for i := range j.Compared.Totals {
		t := &j.Compared.Totals[i]
		if t.Family != compare.Bench {
			continue
		}
		for _, l := range j.Policy.BenchmarkLimits(t.Name) {
			if l.Metric == t.Metric {
				j.whole("benchmark", t, l)
			}
		}
	}
}
