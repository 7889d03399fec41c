package report

import (
	"errors"
	"fmt"
	"slices"
)

// Outcome is what a gate says of a change as a whole.
type Outcome string

// The outcomes, best first. Nothing compared is never a pass.
const (
	Pass         Outcome = "pass"
	Inconclusive Outcome = "inconclusive" // the measurement cannot tell, and a budget needs it to
	Regression   Outcome = "regression"
	NoEvidence   Outcome = "none" // there was nothing to compare
)

var outcomes = []Outcome{Pass, Inconclusive, Regression, NoEvidence}

// BudgetStatus is what a gate says of one budget.
type BudgetStatus string

// The statuses. A budget that is only to warn has warn where another has fail.
const (
	BudgetPass         BudgetStatus = "pass"
	BudgetFail         BudgetStatus = "fail"
	BudgetWarn         BudgetStatus = "warn"
	BudgetWaived       BudgetStatus = "waived"       // would fail, and a waiver covers it
	BudgetInconclusive BudgetStatus = "inconclusive" // see Budget.Settle
)

var budgetStatuses = []BudgetStatus{BudgetPass, BudgetFail, BudgetWarn, BudgetWaived, BudgetInconclusive}

// Verdict is the answer of a gate: whether what is new is worse than the base
// by more than the policy allows.
type Verdict struct {
	Outcome        Outcome  `json:"outcome"`
	OnInconclusive string   `json:"on_inconclusive,omitempty"` // what an inconclusive outcome counts as: "pass", "fail", or "" for itself
	Base           string   `json:"base"`                      // name of the side that is compared with
	New            string   `json:"new"`                       // name of the side that is judged
	Policy         string   `json:"policy,omitempty"`          // sha256 of the policy, in hex
	Reasons        []string `json:"reasons"`                   // why the outcome is what it is, weightiest first
	Budgets        []Budget `json:"budgets"`                   // weightiest first: what fails comes before what passes
	Suggestions    []string `json:"suggestions"`               // budgets that may be lowered, waivers that end soon or cover nothing
	Flame          string   `json:"flame,omitempty"`           // file or URL of the differential flame graph
	Reproduce      []string `json:"reproduce"`                 // command lines that give this report again
}

// Budget is one statement of a verdict: a quantity on both sides, its change and
// what the policy allows it.
type Budget struct {
	ID       string       `json:"id"`                 // stable between runs, of the metric and the subject: "cpu:main.score"
	Metric   string       `json:"metric"`             // "cpu", "alloc_bytes", "allocs", "sec/op", "lock_wait", ...
	Subject  string       `json:"subject"`            // "total", a function, a package or a benchmark
	Kind     string       `json:"kind"`               // what Subject is: "total", "function", "package" or "benchmark"
	Status   BudgetStatus `json:"status"`             // what the policy makes of the change
	Advisory bool         `json:"advisory,omitempty"` // exceeding it warns, and the outcome does not depend on it
	Class    string       `json:"class,omitempty"`    // "regression", "improvement", "shift", "new", "gone", "rename" or "" for no change
	Unit     string       `json:"unit"`               // of Base and New: "s/op", "B/request", "ratio"
	Base     float64      `json:"base"`
	New      float64      `json:"new"`
	Change   Change       `json:"change"`
	Rule     string       `json:"rule,omitempty"`   // the place in the policy that set the limit: "functions.default"
	Why      string       `json:"why"`              // the status in one sentence, no trailing period
	Where    []Frame      `json:"where"`            // the function first, then the way down to the cost; empty for totals
	Settle   string       `json:"settle,omitempty"` // what would settle it, when it is inconclusive
	Waiver   *Waiver      `json:"waiver,omitempty"`
	Doubt    string       `json:"doubt,omitempty"` // why the number may be off
}

// Change is a difference in the terms of its limit. Of a quantity that was
// counted and not sampled, Low and High equal Value.
type Change struct {
	Value      float64 `json:"value"` // new less base
	Low        float64 `json:"low"`   // interval of Value
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence,omitempty"` // of the interval, 0.95; 0 when there is none
	Unit       string  `json:"unit"`                 // "ratio" (of Of), "s/op", "B/op", "count"
	Of         string  `json:"of,omitempty"`         // what a ratio is a part of: "base", "total CPU"
	Limit      float64 `json:"limit"`                // what the policy allows, see Limited
	Limited    bool    `json:"limited"`              // false: the policy sets no limit
	Detectable float64 `json:"detectable,omitempty"` // the least change that this measurement would have found in 4 of 5 cases, 0 unknown
	Q          float64 `json:"q,omitempty"`          // false discovery rate at which it is a change, 0 when not tested
}

// Waiver is an exception to a budget that somebody answers for.
type Waiver struct {
	ID      string `json:"id"`
	Owner   string `json:"owner"`
	Reason  string `json:"reason"`
	Expires string `json:"expires"` // last day it holds, 2027-03-31
}

// status is what the verdict means to a caller, see [Status].
func (v *Verdict) status() int {
	switch v.Outcome {
	case Pass:
		return statusFine
	case Regression:
		return statusFindings
	case Inconclusive:
		switch v.OnInconclusive {
		case "pass":
			return statusFine
		case "fail":
			return statusFindings
		}
		return statusInconclusive
	}
	return statusNoEvidence
}

// validate says what breaks the contract. A verdict that passes although one of
// its budgets fails is a lie, whoever wrote it.
func (v *Verdict) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !slices.Contains(outcomes, v.Outcome) {
		bad("outcome: %q is none this goperf knows", v.Outcome)
	}
	if !slices.Contains([]string{"", "pass", "fail"}, v.OnInconclusive) {
		bad("on_inconclusive: %q: want pass or fail", v.OnInconclusive)
	}
	ids := map[string]bool{}
	failed := false
	for i, b := range v.Budgets {
		if err := b.validate(); err != nil {
			bad("budgets[%d] (%s): %w", i, Clean(b.ID), err)
		}
		if ids[b.ID] {
			bad("budgets[%d]: id %q is used twice", i, b.ID)
		}
		ids[b.ID] = true
		failed = failed || b.Status == BudgetFail
	}
	if failed != (v.Outcome == Regression) {
		bad("outcome: %s does not go with budgets of which %v fails", v.Outcome, map[bool]string{true: "one", false: "none"}[failed])
	}
	return errors.Join(errs...)
}

func (b Budget) validate() error {
	switch {
	case b.ID == "":
		return errors.New("id: empty")
	case b.Metric == "" || b.Subject == "":
		return errors.New("metric or subject: empty")
	case !slices.Contains(budgetStatuses, b.Status):
		return fmt.Errorf("status: %q is none this goperf knows", b.Status)
	case b.Status == BudgetWaived && b.Waiver == nil:
		return errors.New("waiver: missing")
	case !(b.Change.Low <= b.Change.High):
		return fmt.Errorf("change: interval %v..%v is upside down", b.Change.Low, b.Change.High)
	}
	return nil
}

// finite is a copy that JSON can hold, see [Report.finite]. A budget with a
// number that is none cannot be judged and says so.
func (v *Verdict) finite(drop func(string)) *Verdict {
	c := *v
	c.Reasons = append([]string{}, v.Reasons...)
	c.Suggestions = append([]string{}, v.Suggestions...)
	c.Reproduce = append([]string{}, v.Reproduce...)
	c.Budgets = make([]Budget, len(v.Budgets))
	for i, b := range v.Budgets {
		b.Where = append([]Frame{}, b.Where...)
		if ch := b.Change; !isFinite(b.Base, b.New, ch.Value, ch.Low, ch.High, ch.Confidence, ch.Limit, ch.Detectable, ch.Q) {
			drop("budget " + b.ID + ": a value")
			b.Base, b.New, b.Change = 0, 0, Change{Unit: ch.Unit, Of: ch.Of}
		}
		c.Budgets[i] = b
	}
	return &c
}
