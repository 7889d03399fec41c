package gate

import (
	"fmt"
	"time"

	"github.com/goperf/goperf/gate/policy"
	"github.com/goperf/goperf/report"
)

// soon is how long before its end a waiver is told of.
const soon = 14 * 24 * time.Hour

// waive lets waivers cover what exceeds its budget. What is beyond the cap, or
// comes after the last day, stays what it is.
func (j *judge) waive() {
	for i := range j.rows {
		b := &j.rows[i]
		if b.Status != report.BudgetFail && b.Status != report.BudgetWarn {
			continue
		}
		for k := range j.Policy.Waivers {
			w := &j.Policy.Waivers[k]
			if w.Metric == b.Metric && covers(w, b) && j.apply(w, b) {
				break
			}
		}
	}
	for i := range j.Policy.Waivers {
		j.advise(&j.Policy.Waivers[i])
	}
}

// covers says whether a waiver is for a row: for its function, or one on the way
// to the cost.
func covers(w *policy.Waiver, b *report.Budget) bool {
	if w.Match.Matches(b.Subject) {
		return true
	}
	for _, f := range b.Where {
		if w.Match.Matches(f.Function) {
			return true
		}
	}
	return false
}

// apply is false when the waiver does not reach as far as the change.
func (j *judge) apply(w *policy.Waiver, b *report.Budget) bool {
	j.used[w.ID] = true
	switch {
	case !j.Now.Before(w.Expires):
		b.Doubt = fmt.Sprintf("waiver %s (line %d) ended on %s", w.ID, w.Line, lastDay(w))
		return false
	case w.Allow.Unit == "ratio" && b.Change.Unit != "ratio" || b.Change.Unit == "ratio" && w.Allow.Unit != "ratio":
		b.Doubt = fmt.Sprintf("waiver %s (line %d) allows another kind of amount than the budget", w.ID, w.Line)
		return false
	case b.Change.Value > w.Allow.Value:
		b.Doubt = fmt.Sprintf("it is beyond waiver %s, which allows %s", w.ID, report.FormatValue(w.Allow.Value, b.Change.Unit))
		return false
	}
	b.Status = report.BudgetWaived
	b.Waiver = &report.Waiver{ID: w.ID, Owner: w.Owner, Reason: w.Reason, Expires: lastDay(w)}
	return true
}

func lastDay(w *policy.Waiver) string { return w.Expires.AddDate(0, 0, -1).Format(time.DateOnly) }

// advise tells of waivers that end soon, have ended, or cover nothing.
func (j *judge) advise(w *policy.Waiver) {
	left := w.Expires.Sub(j.Now)
	switch {
	case left <= 0:
		j.suggest("waiver %s of %s (line %d of the policy) ended on %s: its budget counts again; take it out, or have it renewed", w.ID, w.Owner, w.Line, lastDay(w))
	case !j.used[w.ID]:
		j.suggest("waiver %s (line %d of the policy) covers nothing any more: take it out", w.ID, w.Line)
	case left <= soon:
		j.suggest("waiver %s of %s ends on %s: after that its budget counts again", w.ID, w.Owner, lastDay(w))
	}
}

func (j *judge) suggest(format string, args ...any) {
	j.suggestions = append(j.suggestions, fmt.Sprintf(format, args...))
}

// improved tells how not to lose an improvement again.
func (j *judge) improved(b *report.Budget) {
	if b.Change.Unit == "ratio" && b.Change.High < -0.02 {
		j.suggest("%s is %s: make these runs the base, so that the next change is measured from here", whose(b), moreText(b.Change))
	}
}
