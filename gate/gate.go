// Package gate makes a verdict: it holds what package compare found of a change
// against what a policy allows.
//
// [Judge] makes a row of the verdict for each budget:
//
//   - of the program as a whole, and of benchmarks: exceeded when the change is
//     sure and the lower end of its interval is beyond the limit, held when the
//     upper end is not, and inconclusive in between;
//   - of functions and packages: exceeded when the change is sure and the best
//     estimate of it is beyond the limit. Of all those that did not change surely
//     one row says what would have been seen, and is inconclusive when that is
//     more than the policy puts up with.
//
// Then waivers cover what they are for. The outcome follows from the rows. The
// package does no I/O and reads no clock: the same input gives the same report.
package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/gate/policy"
	"github.com/goperf/goperf/report"
)

// Input is what a verdict is made of.
type Input struct {
	Compared  *compare.Result
	Policy    *policy.Policy
	Now       time.Time // decides which waivers hold
	Tool      string
	Flame     string   // where the differential flame graph is, "" for none
	Reproduce []string // command lines
}

// Options are those of the comparison that the policy asks for.
func Options(p *policy.Policy) compare.Options {
	o := compare.Defaults()
	o.Module = p.Module
	o.Q, o.Floor, o.Confidence = p.Decide.FalseAlarms, p.Decide.MinimumEffect, p.Decide.Confidence
	o.Budget = smallest(p.Functions, o.Budget)
	return o
}

// smallest is the least that any function may grow by as a share of the total:
// what is surely within it is no change.
func smallest(rules []policy.Rule, most float64) float64 {
	for _, r := range rules {
		for _, l := range r.Limits {
			if q := l.Increase; q != nil && q.Unit == "ratio" && q.Value > 0 {
				most = min(most, q.Value)
			}
		}
	}
	return most
}

// Judge makes the verdict.
func Judge(in Input) *report.Report {
	j := &judge{Input: in, used: map[string]bool{}}
	r := j.header()
	j.totals(r)
	j.benchmarks(r)
	j.functions(r)
	j.packages(r)
	j.waive()
	r.Verdict = j.verdict()
	return r
}

// Refused is the report on what could not be compared. It is no pass.
func Refused(in Input, base, next string, why error) *report.Report {
	return &report.Report{
		Schema: report.Schema, Tool: in.Tool, Target: report.Target{Name: base + " → " + next, Kind: "gate"},
		Verdict: &report.Verdict{
			Outcome: report.NoEvidence, Base: base, New: next, Policy: in.Policy.SHA256,
			Reasons: []string{why.Error()}, Reproduce: in.Reproduce,
		},
	}
}

// judge collects the rows.
type judge struct {
	Input
	rows        []report.Budget
	used        map[string]bool // waivers that something came under
	suggestions []string
	most        []string // what totals that hold are at most
}

// header says what was compared, and how noisy it was.
func (j *judge) header() *report.Report {
	c := j.Compared
	r := &report.Report{
		Schema: report.Schema, Tool: j.Tool, Notes: slices.Clone(c.Notes),
		Target: report.Target{
			Name: named(c.Base) + " → " + named(c.New), Kind: "gate", Module: cmp.Or(j.Policy.Module, c.New.Env.Module),
			GoVersion: c.New.Env.GoVersion, GOMAXPROCS: c.New.Env.GOMAXPROCS,
		},
	}
	r.Vitals = append(r.Vitals, report.Fact{Text: "runs of the base", Value: float64(c.Base.Runs), Unit: "count"},
		report.Fact{Text: "of the new", Value: float64(c.New.Runs), Unit: "count"})
	if c.Pairs > 0 {
		r.Vitals = append(r.Vitals, report.Fact{Text: "taken in turns", Value: float64(c.Pairs), Unit: "count"})
	}
	for _, n := range c.Noise {
		r.Evidence = append(r.Evidence, report.Seen{Kind: n.Metric, Count: c.Base.Runs + c.New.Runs, Samples: int64(n.Samples[0] + n.Samples[1])})
		if n.Metric != "cpu" {
			continue
		}
		if n.PairSD > 0 {
			r.Vitals = append(r.Vitals, report.Fact{Text: "spread of CPU in a pair", Value: n.PairSD, Unit: "ratio"})
		}
		r.Vitals = append(r.Vitals, report.Fact{Text: "common to all functions (the machine)", Value: n.Drift, Unit: "ratio"})
	}
	if len(r.Evidence) == 0 && len(c.Totals) > 0 {
		r.Evidence = append(r.Evidence, report.Seen{Kind: "runs", Count: c.Base.Runs + c.New.Runs})
	}
	return r
}

// named is a side with the commit that it is of, where its runs say so.
func named(s compare.SideInfo) string {
	const enough = 12
	id, state, _ := strings.Cut(s.Env.Commit, "+")
	if id == "" {
		return s.Name
	}
	id = id[:min(len(id), enough)]
	if state != "" {
		id += "+" + state
	}
	return s.Name + " (" + id + ")"
}

// verdict orders the rows and draws the conclusion.
func (j *judge) verdict() *report.Verdict {
	v := &report.Verdict{
		OnInconclusive: j.Policy.Decide.OnInconclusive, Base: j.Compared.Base.Name, New: j.Compared.New.Name,
		Policy: j.Policy.SHA256, Flame: j.Flame, Reproduce: j.Reproduce, Suggestions: j.suggestions,
	}
	slices.SortStableFunc(j.rows, func(a, b report.Budget) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(excess(b), excess(a)), cmp.Compare(a.ID, b.ID))
	})
	v.Budgets = j.rows
	v.Outcome = outcome(j.rows)
	v.Reasons = j.reasons(v)
	return v
}

// rank puts first what somebody has to act on.
func rank(b report.Budget) int {
	switch b.Status {
	case report.BudgetFail:
		return 0
	case report.BudgetWarn:
		return 1
	case report.BudgetInconclusive:
		return 2
	case report.BudgetWaived:
		return 3
	}
	if b.Class != "" {
		return 4
	}
	return 5
}

// excess is how far a change is beyond its limit, in multiples of it where there is one.
func excess(b report.Budget) float64 {
	if b.Change.Limit > 0 {
		return b.Change.Value / b.Change.Limit
	}
	return b.Change.Value
}

func outcome(rows []report.Budget) report.Outcome {
	if len(rows) == 0 {
		return report.NoEvidence
	}
	unclear := false
	for _, b := range rows {
		if b.Status == report.BudgetFail {
			return report.Regression
		}
		unclear = unclear || b.Status == report.BudgetInconclusive && !b.Advisory
	}
	if unclear {
		return report.Inconclusive
	}
	return report.Pass
}

// maxReasons is how many rows are told again as reasons.
const maxReasons = 3

// reasons are the sentences of the rows that decide.
func (j *judge) reasons(v *report.Verdict) []string {
	want := map[report.Outcome]report.BudgetStatus{
		report.Regression: report.BudgetFail, report.Inconclusive: report.BudgetInconclusive,
	}[v.Outcome]
	var out []string
	left := 0
	for _, b := range v.Budgets {
		switch {
		case b.Status != want || b.Advisory:
		case len(out) == maxReasons:
			left++
		default:
			out = append(out, b.Why)
		}
	}
	if left > 0 {
		out = append(out, fmt.Sprintf("and %d more", left))
	}
	switch v.Outcome {
	case report.NoEvidence:
		out = append(out, "none of what the policy has budgets for was measured on both sides")
	case report.Pass:
		var seen []string
		for _, b := range v.Budgets {
			if c := b.Change; b.Status == report.BudgetPass && c.Detectable > 0 && c.Of == "total" {
				seen = append(seen, fmt.Sprintf("%s of the total %s", report.FormatValue(c.Detectable, "ratio"), b.Metric))
			}
		}
		if len(j.most) > 0 {
			out = append(out, "totals grew by at most: "+strings.Join(j.most, ", "))
		}
		if len(seen) > 0 {
			out = append(out, "an increase in one function by "+strings.Join(seen, ", or by ")+" would have been seen in 4 of 5 cases")
		}
	}
	return out
}
