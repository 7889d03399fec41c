package report_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/goperf/goperf/report"
)

// gateReport is a comparison of ten pairs of runs of an invented service.
func gateReport(outcome report.Outcome, budgets ...report.Budget) *report.Report {
	r := base()
	r.From, r.To = r.From.UTC(), r.From.UTC()
	r.Target = report.Target{Name: "base → new", Kind: "gate", Module: "acme.dev/shop", GoVersion: "go1.26.1", GOMAXPROCS: 2}
	r.Asked = nil
	r.Evidence = []report.Seen{{Kind: "cpu", Count: 20, Samples: 20441, Seconds: 200}, {Kind: "allocs", Count: 20, Samples: 9122}}
	r.Vitals = []report.Fact{
		{Text: "pairs", Value: 10, Unit: "count"},
		{Text: "spread of a pair", Value: 0.051, Unit: "ratio"},
		{Text: "common to all functions", Value: 0.012, Unit: "ratio"},
	}
	r.Verdict = &report.Verdict{
		Outcome: outcome, Base: "out/base", New: "out/new", Policy: strings.Repeat("0f", 32), Budgets: budgets,
		Reproduce: []string{"goperf gate --base out/base --new out/new --policy goperf-gate.yaml"},
	}
	return r
}

func guilty() report.Budget {
	return report.Budget{
		ID: "cpu:acme.dev/shop/price.scoreTokens", Metric: "cpu", Subject: "acme.dev/shop/price.scoreTokens", Kind: "function",
		Status: report.BudgetFail, Class: "regression", Unit: "s/request", Base: 61e-6, New: 106e-6,
		Change: report.Change{Value: 0.045, Low: 0.033, High: 0.057, Confidence: 0.95, Unit: "ratio", Of: "total CPU", Limit: 0.01, Limited: true, Detectable: 0.015, Q: 5e-9},
		Rule:   "functions.default", Why: "price.scoreTokens takes 4.5 % of the total CPU more than before",
		Where: []report.Frame{{Function: "acme.dev/shop/price.scoreTokens", File: "price/score.go", Line: 82}, {Function: "acme.dev/shop/price.Quote", File: "price/quote.go", Line: 14}},
	}
}

func passing() report.Budget {
	return report.Budget{
		ID: "alloc_bytes:total", Metric: "alloc_bytes", Subject: "total", Kind: "total", Status: report.BudgetPass, Class: "improvement", Unit: "B/request",
		Base: 18200, New: 15100, Change: report.Change{Value: -0.17, Low: -0.172, High: -0.168, Confidence: 0.95, Unit: "ratio", Of: "base", Limit: 0.01, Limited: true, Detectable: 0.001},
		Rule: "budgets.alloc_bytes", Why: "alloc_bytes per request is 17 % lower",
	}
}

func unclear() report.Budget {
	return report.Budget{
		ID: "cpu:total", Metric: "cpu", Subject: "total", Kind: "total", Status: report.BudgetInconclusive, Unit: "s/request",
		Base: 0.00118, New: 0.00122, Change: report.Change{Value: 0.035, Low: -0.06, High: 0.139, Confidence: 0.99, Unit: "ratio", Of: "base", Limit: 0.03, Limited: true, Detectable: 0.073},
		Rule: "budgets.cpu", Why: "cpu per request may be within 3 % or not",
		Settle: "about 34 pairs of runs as long as these would tell 3 % from nothing",
		Doubt:  "the samples make up 93 % of the CPU time that the kernel counted",
	}
}

func regressionReport() *report.Report {
	waived, warned, new := guilty(), guilty(), guilty()
	waived.ID, waived.Subject, waived.Status = "cpu:acme.dev/shop/auth.HashPassword", "acme.dev/shop/auth.HashPassword", report.BudgetWaived
	waived.Why, waived.Where = "auth.HashPassword takes 2.1 % of the total CPU more than before", []report.Frame{{Function: "acme.dev/shop/auth.HashPassword"}}
	waived.Change.Value, waived.Change.Low, waived.Change.High = 0.021, 0.015, 0.027
	waived.Waiver = &report.Waiver{ID: "PERF-142", Owner: "@security", Reason: "bcrypt cost 10 -> 12", Expires: "2027-03-31"}
	warned.ID, warned.Metric, warned.Status, warned.Where = "lock_wait:total", "lock_wait", report.BudgetWarn, nil
	warned.Subject, warned.Kind, warned.Unit, warned.Why = "total", "total", "s/request", "lock_wait per request is 30 % higher"
	warned.Change = report.Change{Value: 0.3, Low: 0.12, High: 0.5, Confidence: 0.95, Unit: "ratio", Of: "base", Limit: 0.1, Limited: true}
	new.ID, new.Metric, new.Class, new.Unit, new.Base, new.New = "allocs:encoding/json.Marshal", "allocs", "new", "count/request", 0, 12
	new.Subject, new.Why, new.Change = "encoding/json.Marshal", "encoding/json.Marshal allocates 12 objects per request and did not before", report.Change{Value: 12, Low: 12, High: 12, Unit: "count", Limit: 0, Limited: true}
	r := gateReport(report.Regression, guilty(), new, warned, unclear(), waived, passing())
	r.Verdict.Reasons = []string{"`price.Quote` now calls `price.scoreTokens` more: +4.5 % of total CPU, q 5e-9", "encoding/json.Marshal is new: 12 allocations per request"}
	r.Verdict.Suggestions = []string{"alloc_bytes is 17 % below its base: the budget may be lowered"}
	r.Verdict.Flame = "out/diff.html"
	r.Notes = []string{"the base was built with go1.26.1 and the new one with go1.26.2"}
	return r
}

func passReport() *report.Report {
	r := gateReport(report.Pass, passing())
	r.Verdict.Reasons = []string{"no budget is exceeded; an increase of 1.5 % of total CPU in one function would have been seen"}
	return r
}

func inconclusiveReport() *report.Report {
	r := gateReport(report.Inconclusive, unclear(), passing())
	r.Verdict.Reasons = []string{"cpu: the interval reaches from -6 % to +14 %, 3 % is allowed"}
	return r
}

func uncomparedReport() *report.Report {
	r := gateReport(report.NoEvidence)
	r.Evidence, r.Vitals = nil, nil
	r.Verdict.Reasons = []string{"out/new holds no runs"}
	r.Gaps = []report.Gap{{Want: "cpu", Why: "out/new holds no runs", Hint: "goperf gate run collects them"}}
	return r
}

func hostileVerdict() *report.Report {
	b := guilty()
	b.ID, b.Metric, b.Subject, b.Kind, b.Class, b.Unit, b.Rule, b.Why, b.Settle, b.Doubt = evilName, evilName, evilName, evilName, evilName, evilName, evilName, evilName, evilName, evilName
	b.Change.Unit, b.Change.Of = evilName, evilName
	b.Where = []report.Frame{{Function: evilName, File: evilName, Line: 3}, {Function: evilName}}
	b.Status, b.Waiver = report.BudgetWaived, &report.Waiver{ID: evilName, Owner: evilName, Reason: evilName, Expires: evilName}
	c := b
	c.ID, c.Status, c.Waiver = "x", report.BudgetPass, nil
	r := gateReport(report.Pass, b, c)
	v := r.Verdict
	v.Base, v.New, v.Policy, v.Flame = evilName, evilName, evilName, "https://"+evilName
	v.Reasons, v.Suggestions, v.Reproduce = []string{evilName}, []string{evilName}, []string{evilName, strings.Repeat("long ", 200)}
	return r
}

// The exit status is the verdict's, whatever findings or severities there are.
func TestStatusOfAVerdict(t *testing.T) {
	warning := report.Warning
	for _, c := range []struct {
		outcome report.Outcome
		on      string
		want    int
	}{
		{report.Pass, "", 0},
		{report.Pass, "fail", 0},
		{report.Regression, "", 1},
		{report.Regression, "pass", 1},
		{report.NoEvidence, "", 3},
		{report.NoEvidence, "pass", 3},
		{report.Inconclusive, "", 4},
		{report.Inconclusive, "pass", 0},
		{report.Inconclusive, "fail", 1},
	} {
		r := oneReport() // which has a critical finding
		r.Verdict = &report.Verdict{Outcome: c.outcome, OnInconclusive: c.on}
		if got := report.Status(r, &warning); got != c.want {
			t.Errorf("%s with %q: status %d, want %d", c.outcome, c.on, got, c.want)
		}
	}
}

func TestValidateVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*report.Verdict)
		want   string
	}{
		"outcome":     {func(v *report.Verdict) { v.Outcome = "fine" }, `outcome: "fine"`},
		"on":          {func(v *report.Verdict) { v.OnInconclusive = "shrug" }, "on_inconclusive"},
		"lie":         {func(v *report.Verdict) { v.Outcome = report.Pass }, "does not go with"},
		"accusation":  {func(v *report.Verdict) { v.Budgets = v.Budgets[5:] }, "does not go with"},
		"no id":       {func(v *report.Verdict) { v.Budgets[0].ID = "" }, "id: empty"},
		"twice":       {func(v *report.Verdict) { v.Budgets[0].ID = v.Budgets[1].ID }, "twice"},
		"no metric":   {func(v *report.Verdict) { v.Budgets[0].Metric = "" }, "metric"},
		"status":      {func(v *report.Verdict) { v.Budgets[1].Status = "meh" }, `status: "meh"`},
		"no waiver":   {func(v *report.Verdict) { v.Budgets[4].Waiver = nil }, "waiver"},
		"upside down": {func(v *report.Verdict) { v.Budgets[0].Change.Low = 1 }, "upside down"},
	} {
		r := regressionReport()
		c.change(r.Verdict)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A failing budget stays one even when its numbers cannot be written down.
func TestVerdictWithNumbersThatAreNone(t *testing.T) {
	r := regressionReport()
	r.Verdict.Budgets[0].Change.High = math.Inf(1)
	data, err := report.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	b := got.Verdict.Budgets[0]
	if b.Status != report.BudgetFail || b.Change.Value != 0 || report.Status(got, nil) != 1 {
		t.Errorf("%+v", b)
	}
	if !slices.ContainsFunc(got.Notes, func(s string) bool { return strings.Contains(s, b.ID) }) {
		t.Errorf("notes %q do not name the budget", got.Notes)
	}
}
