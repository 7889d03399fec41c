package report

import (
	"cmp"
	"slices"
)

// Weight is the number findings are ranked by: expected saving as a share of
// the resource's total, times the probability that the finding is right.
func (f Finding) Weight() float64 { return f.Saving.Share * f.Confidence }

// Sort orders the findings best first; equal weights fall back to severity,
// confidence, rule and place, so that the order never depends on the input's.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Weight(), a.Weight()),
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(b.Confidence, a.Confidence),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Place(), b.Place()),
			cmp.Compare(a.Title, b.Title),
		)
	})
}

// Place is the culprit function, or "" when a finding has none.
func (f Finding) Place() string {
	if len(f.Where) == 0 {
		return ""
	}
	return f.Where[0].Function
}

// Worst is the highest severity in the report, and false when it has no finding.
func (r *Report) Worst() (Severity, bool) {
	worst, any := Info, false
	for _, f := range r.Findings {
		worst, any = max(worst, f.Severity), true
	}
	return worst, any
}
