package gate

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/gate/policy"
	"github.com/goperf/goperf/report"
)

var today = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// pairs is a comparison of ten pairs of runs with these rows.
func pairs(totals []compare.Row, functions ...compare.Row) *compare.Result {
	return &compare.Result{
		Base: compare.SideInfo{Name: "base", Runs: 10, Unit: "request"}, New: compare.SideInfo{Name: "new", Runs: 10, Unit: "request"},
		Pairs: 10, Totals: totals, Functions: functions,
		Noise: []compare.Noise{{Metric: "cpu", Samples: [2]float64{10000, 10400}, PairSD: 0.05, Drift: 0.01}},
	}
}

// whole is a total that went from 100 by delta ± half.
func whole(metric string, delta, half float64) compare.Row {
	r := compare.Row{Metric: metric, Family: compare.Total, Name: metric, Unit: "s/request", Before: 100, After: 100 + delta, Delta: delta, Low: delta - half, High: delta + half, MDE: 2 * half, Of: 100, Settle: "40 runs", Verdict: compare.Unknown}
	switch {
	case delta-half > 0:
		r.Verdict, r.Class, r.Q = compare.Changed, compare.Regression, 0.001
	case delta+half < 0:
		r.Verdict, r.Class, r.Q = compare.Changed, compare.Improvement, 0.001
	case half < 1:
		r.Verdict = compare.Unchanged
	}
	return r
}

// part is a function that went from 10 of 100 by delta ± half.
func part(name string, delta, half float64) compare.Row {
	r := whole("cpu", delta, half)
	r.Family, r.Name, r.Before, r.After, r.Where = compare.Fold, name, 10, 10+delta, compare.Place{File: "x.go", Line: 7}
	return r
}

func judged(t *testing.T, text string, c *compare.Result) *report.Report {
	t.Helper()
	p, err := policy.Parse([]byte("version: 1\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	r := Judge(Input{Compared: c, Policy: p, Now: today, Tool: "goperf v0", Reproduce: []string{"goperf gate --base base --new new"}})
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	return r
}

func budgetOf(t *testing.T, r *report.Report, id string) report.Budget {
	t.Helper()
	for _, b := range r.Verdict.Budgets {
		if b.ID == id {
			return b
		}
	}
	t.Fatalf("no budget %q in %+v", id, r.Verdict.Budgets)
	return report.Budget{}
}

func TestTotals(t *testing.T) {
	for name, c := range map[string]struct {
		delta, half float64
		limit       string
		outcome     report.Outcome
		status      report.BudgetStatus
	}{
		"same":                  {0.1, 0.5, "3%", report.Pass, report.BudgetPass},
		"surely more":           {6, 2, "3%", report.Regression, report.BudgetFail},
		"more, within":          {1, 0.5, "3%", report.Pass, report.BudgetPass},
		"sure, extent unclear":  {4, 2, "3%", report.Inconclusive, report.BudgetInconclusive},
		"cannot tell":           {1, 5, "3%", report.Inconclusive, report.BudgetInconclusive},
		"less":                  {-10, 2, "3%", report.Pass, report.BudgetPass},
		"amount":                {6, 2, "3s", report.Regression, report.BudgetFail},
		"amount within":         {1, 1.5, "3s", report.Pass, report.BudgetPass},
		"only to warn":          {6, 2, "{max_increase: 3%, level: warning}", report.Pass, report.BudgetWarn},
		"unclear, only to warn": {1, 5, "{max_increase: 3%, level: warning}", report.Pass, report.BudgetInconclusive},
	} {
		r := judged(t, "budgets: {cpu: "+c.limit+"}\n", pairs([]compare.Row{whole("cpu", c.delta, c.half)}))
		b := budgetOf(t, r, "cpu:total")
		if r.Verdict.Outcome != c.outcome || b.Status != c.status {
			t.Errorf("%s: %s, %s: %s", name, r.Verdict.Outcome, b.Status, b.Why)
		}
		if (b.Status == report.BudgetInconclusive) != (b.Settle != "") {
			t.Errorf("%s: what would settle it: %q", name, b.Settle)
		}
	}
}

// A total of runs that were not taken in turns says as much of the machine as
// of the program.
func TestTotalsNotInTurnsOnlyWarn(t *testing.T) {
	c := pairs([]compare.Row{whole("cpu", 20, 2), whole("alloc_bytes", 20, 2)})
	c.Pairs = 0
	r := judged(t, "budgets: {cpu: 3%, alloc_bytes: 1%}\n", c)
	if b := budgetOf(t, r, "cpu:total"); b.Status != report.BudgetWarn || !strings.Contains(b.Doubt, "turns") {
		t.Errorf("cpu: %+v", b)
	}
	if b := budgetOf(t, r, "alloc_bytes:total"); b.Status != report.BudgetFail {
		t.Errorf("alloc_bytes: %+v", b)
	}
}

// The total drifts with the machine; its functions tell that it has not grown. It
// is no excuse for a total that is measured to be beyond its budget.
func TestTotalByItsFunctions(t *testing.T) {
	for name, c := range map[string]struct {
		delta, low, high float64 // measured ± 8, and by functions
		status           report.BudgetStatus
	}{
		"only drift":          {4, -0.01, 0.02, report.BudgetPass},
		"functions grew":      {4, -0.01, 0.06, report.BudgetInconclusive},
		"measured beyond":     {6, -0.01, 0.02, report.BudgetInconclusive},
		"surely beyond":       {14, -0.01, 0.02, report.BudgetFail},
		"not known by them":   {4, 0, 0, report.BudgetInconclusive},
		"within all the same": {-6, 0, 0, report.BudgetPass},
	} {
		r := pairs([]compare.Row{whole("cpu", c.delta, 8)}, part("main.f", 0, 0.1))
		r.Noise[0].GrownLow, r.Noise[0].GrownHigh = c.low, c.high
		b := budgetOf(t, judged(t, "budgets: {cpu: 5%}\n", r), "cpu:total")
		if b.Status != c.status || b.Status == report.BudgetPass && !strings.Contains(b.Why, "at most") {
			t.Errorf("%s: %s, want %s: %s", name, b.Status, c.status, b.Why)
		}
	}
}

func TestFunctions(t *testing.T) {
	shift := part("main.moved", 5, 1)
	shift.Class = compare.Shift
	fresh := part("main.fresh", 5, 1)
	fresh.Before, fresh.After = 0, 5
	own := part("main.slow", 4, 1)
	own.Family = compare.Own
	r := judged(t, `
functions:
  default: {cpu: 1%}
  rules: [{match: "main.hot**", cpu: 5%}]
ignore: ["testing.**"]
`, pairs(nil, part("main.slow", 4.5, 1), own, part("main.hotter", 3, 1), part("main.little", 0.6, 0.2), part("testing.x", 9, 1), part("main.quick", -3, 1),
		part("main.same", 0.2, 0.8), shift, fresh))
	for id, want := range map[string]struct {
		status report.BudgetStatus
		class  string
	}{
		"cpu:main.slow":   {report.BudgetFail, "regression"},
		"cpu:main.hotter": {report.BudgetPass, "regression"},
		"cpu:main.little": {report.BudgetPass, "regression"},
		"cpu:main.quick":  {report.BudgetPass, "improvement"},
		"cpu:main.moved":  {report.BudgetPass, "shift"},
		"cpu:main.fresh":  {report.BudgetFail, "new"},
		"cpu:others":      {report.BudgetPass, ""},
	} {
		if b := budgetOf(t, r, id); b.Status != want.status || b.Class != want.class {
			t.Errorf("%s: %s, %q: %s", id, b.Status, b.Class, b.Why)
		}
	}
	if n := len(r.Verdict.Budgets); n != 7 {
		t.Errorf("%d budgets", n)
	}
	if b := r.Verdict.Budgets[0]; b.Status != report.BudgetFail || b.Where[0].Line != 7 || b.Change.Of != "total" {
		t.Errorf("the first is %+v", b)
	}
	if r.Verdict.Outcome != report.Regression || len(r.Verdict.Reasons) != 2 {
		t.Errorf("%s: %q", r.Verdict.Outcome, r.Verdict.Reasons)
	}
}

// Runs that would not have shown an increase that matters are no pass.
func TestTooLittleDataIsNoPass(t *testing.T) {
	f := part("main.f", 0, 4) // 8 % would have been seen
	r := judged(t, "functions: {default: {cpu: 1%}}\ndecide: {must_detect: 5%}\n", pairs(nil, f))
	b := budgetOf(t, r, "cpu:others")
	if r.Verdict.Outcome != report.Inconclusive || !strings.Contains(b.Settle, "about 27 runs") {
		t.Errorf("%s: %+v", r.Verdict.Outcome, b)
	}
	if got := report.Status(r, nil); got != 4 {
		t.Errorf("status %d", got)
	}
	r = judged(t, "functions: {default: {cpu: 1%}}\ndecide: {must_detect: 10%}\n", pairs(nil, f))
	if r.Verdict.Outcome != report.Pass || !strings.Contains(r.Verdict.Reasons[0], "8 %") {
		t.Errorf("%s: %q", r.Verdict.Outcome, r.Verdict.Reasons)
	}
}

// Where no function of a metric can be judged its budget has not held.
func TestUnjudgedMetricIsNoPass(t *testing.T) {
	f := part("main.cache", 9000, 1)
	f.Metric, f.Verdict, f.Class = "mutex_delay", compare.Unknown, ""
	c := pairs(nil, f)
	c.Noise = []compare.Noise{{Metric: "mutex_delay", Needs: "the time behind the profiles"}}
	r := judged(t, "functions:\n  default: {mutex_delay: 100%}\n", c)
	if b := r.Verdict.Budgets; r.Verdict.Outcome != report.Inconclusive || len(b) != 1 || b[0].Settle != "the time behind the profiles" {
		t.Errorf("%s: %+v", r.Verdict.Outcome, b)
	}
	c.Noise[0].Needs = ""
	if r := judged(t, "functions:\n  default: {mutex_delay: 100%}\n", c); r.Verdict.Outcome != report.Pass {
		t.Errorf("with it known: %s", r.Verdict.Outcome)
	}
}

// The functions on the way of an explained change are one failure, and it is
// said in the words of the explanation.
func TestCauses(t *testing.T) {
	own := part("main.quote", 4.5, 1)
	own.Family = compare.Own
	json := part("encoding/json.Marshal", 4.4, 1)
	c := pairs(nil, own, json)
	c.Causes = []compare.Cause{{
		Row: own, Culprit: json.Name, Path: []string{own.Name, json.Name}, Call: compare.Place{File: "quote.go", Line: 14},
		Text: "main.quote now calls json.Marshal more often", With: []string{json.Name},
	}}
	r := judged(t, "functions: {default: {cpu: 10%}, rules: [{match: encoding/json.**, cpu: 1%}]}\n", c)
	b := budgetOf(t, r, "cpu:main.quote")
	if len(r.Verdict.Budgets) != 1 || b.Status != report.BudgetFail || b.Why != c.Causes[0].Text || b.Rule != "functions.rules[0]" {
		t.Errorf("%+v", r.Verdict.Budgets)
	}
	if want := []report.Frame{{Function: "main.quote", File: "quote.go", Line: 14}, {Function: json.Name}}; !slices.Equal(b.Where, want) {
		t.Errorf("where %+v", b.Where)
	}
}

func TestShares(t *testing.T) {
	for limit, want := range map[string]report.BudgetStatus{"5%": report.BudgetFail, "9.5%": report.BudgetInconclusive, "15%": report.BudgetPass} {
		r := judged(t, "functions: {rules: [{match: main.f, cpu: {max_share: "+limit+"}}]}\n", pairs(nil, part("main.f", 0, 1)))
		if b := budgetOf(t, r, "share:cpu:main.f"); b.Status != want {
			t.Errorf("%s: %s: %s", limit, b.Status, b.Why)
		}
	}
	r := judged(t, "functions: {rules: [{match: main.f, cpu: {max_share: 30%}}]}\n", pairs(nil, part("main.f", 0, 1)))
	if !slices.ContainsFunc(r.Verdict.Suggestions, func(s string) bool { return strings.Contains(s, "from 30 % to 13 %") }) {
		t.Errorf("suggestions %q", r.Verdict.Suggestions)
	}
}

func TestPackages(t *testing.T) {
	c := pairs(nil)
	c.Packages = []compare.Row{part("a/store", 3, 1), part("a/other", 1, 0.5), part("a/store/wide", 4, 6), part("b", 9, 1)}
	r := judged(t, "packages: {rules: [{match: a/store/..., cpu: 2%}, {match: a/other, cpu: 2%}]}\n", c)
	for id, want := range map[string]report.BudgetStatus{"store": report.BudgetFail, "other": report.BudgetPass, "store/wide": report.BudgetInconclusive} {
		if b := budgetOf(t, r, "cpu:package a/"+id); b.Status != want {
			t.Errorf("%s: %s: %s", id, b.Status, b.Why)
		}
	}
	if n := len(r.Verdict.Budgets); n != 3 {
		t.Errorf("%d budgets", n)
	}
}

func TestBenchmarks(t *testing.T) {
	bench := func(metric string, before, after float64) compare.Row {
		r := whole(metric, after-before, 0)
		r.Family, r.Name, r.Before, r.After, r.Unit = compare.Bench, "a/shop.Encode/small-2", before, after, "count/op"
		return r
	}
	r := judged(t, "benchmarks: {default: {allocs/op: 0, B/op: 1%}, rules: [{match: Encode/**, sec/op: 5%}]}\n",
		pairs([]compare.Row{bench("allocs/op", 0, 2), bench("B/op", 100, 103), bench("sec/op", 100, 102)}))
	for id, want := range map[string]report.BudgetStatus{"allocs/op": report.BudgetFail, "B/op": report.BudgetFail, "sec/op": report.BudgetPass} {
		if b := budgetOf(t, r, id+":a/shop.Encode/small-2"); b.Status != want {
			t.Errorf("%s: %s: %s", id, b.Status, b.Why)
		}
	}
	if b := budgetOf(t, r, "allocs/op:a/shop.Encode/small-2"); b.Change.Unit != "count/op" || b.Change.Value != 2 {
		t.Errorf("from nothing: %+v", b.Change)
	}
}

func TestWaivers(t *testing.T) {
	waiver := func(allow, expires string) string {
		return "functions: {default: {cpu: 1%}}\nwaivers:\n- {id: W-1, match: main.s**, metric: cpu, allow: " + allow + ", reason: r, owner: '@o', expires: " + expires + "}\n"
	}
	for name, c := range map[string]struct {
		text, says string
		status     report.BudgetStatus
	}{
		"covers":       {waiver("5%", "2027-03-31"), "", report.BudgetWaived},
		"last day":     {waiver("5%", "2026-11-25"), "ends on 2026-11-25", report.BudgetWaived},
		"ended":        {waiver("5%", "2026-11-24"), "ended on 2026-11-24", report.BudgetFail},
		"beyond":       {waiver("4%", "2027-03-31"), "", report.BudgetFail},
		"amount":       {waiver("4s", "2027-03-31"), "", report.BudgetFail},
		"ends soon":    {waiver("5%", "2026-12-01"), "ends on 2026-12-01", report.BudgetWaived},
		"for no other": {strings.Replace(waiver("5%", "2027-03-31"), "main.s**", "main.x", 1), "covers nothing", report.BudgetFail},
		"other metric": {strings.Replace(waiver("5%", "2027-03-31"), "metric: cpu", "metric: alloc_space", 1), "covers nothing", report.BudgetFail},
	} {
		r := judged(t, c.text, pairs(nil, part("main.slow", 4.5, 1)))
		b := budgetOf(t, r, "cpu:main.slow")
		if b.Status != c.status || (b.Status == report.BudgetFail) != (r.Verdict.Outcome == report.Regression) {
			t.Errorf("%s: %s, %s: %s", name, b.Status, r.Verdict.Outcome, b.Doubt)
		}
		if told := strings.Join(r.Verdict.Suggestions, "; "); !strings.Contains(told, c.says) || c.says == "" && told != "" {
			t.Errorf("%s: suggestions %q", name, told)
		}
	}
}

func TestImprovementIsOne(t *testing.T) {
	r := judged(t, "budgets: {alloc_bytes: 1%}\n", pairs([]compare.Row{whole("alloc_bytes", -17, 1)}))
	b := budgetOf(t, r, "alloc_bytes:total")
	if b.Class != "improvement" || !strings.Contains(b.Why, "17 % less") || len(r.Verdict.Suggestions) != 1 {
		t.Errorf("%+v, %q", b, r.Verdict.Suggestions)
	}
}

// What was not measured is a gap, and nothing measured is no pass.
func TestNothingMeasured(t *testing.T) {
	r := judged(t, "budgets: {cpu: 1%, mallocs: 1%}\n", pairs(nil))
	if r.Verdict.Outcome != report.NoEvidence || len(r.Gaps) != 2 || report.Status(r, nil) != 3 {
		t.Errorf("%s, gaps %+v", r.Verdict.Outcome, r.Gaps)
	}
	p := policy.Default()
	r = Refused(Input{Policy: p, Reproduce: []string{"x"}}, "a", "b", errors.New("different architecture: amd64 and arm64"))
	if err := r.Validate(); err != nil || report.Status(r, nil) != 3 || len(r.Verdict.Reasons) != 1 {
		t.Errorf("%v, %+v", err, r.Verdict)
	}
}

func TestSameInputsSameBytes(t *testing.T) {
	rows := []compare.Row{part("main.a", 4, 1), part("main.b", 4, 1), part("main.c", 0, 1), part("main.d", 0, 1), part("x/y.F", 2, 1)}
	policyText := "functions: {default: {cpu: 1%}}\npackages: {default: {cpu: 1%}}\n"
	first, err := report.Encode(judged(t, policyText, pairs(nil, rows...)))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := report.Encode(judged(t, policyText, pairs(nil, rows...)))
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("%v: not the same bytes", err)
		}
	}
}

// What a budget rests on can be told of each, and of an id that none has what
// there is.
func TestExplain(t *testing.T) {
	p, err := policy.Parse([]byte("version: 1\nbudgets: {cpu: 3%}\nfunctions: {default: {cpu: 1%}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Compared: pairs([]compare.Row{whole("cpu", 6, 2)}, part("main.slow", 4.5, 1), part("main.same", 0, 1)), Policy: p, Now: today}
	base := compare.Side{Name: "base", Runs: []compare.Run{{Work: 10, CPU: 20}, {Work: 10, CPU: 22}}}
	next := compare.Side{Name: "new", Runs: []compare.Run{{Work: 10, CPU: 24}}}
	for _, id := range []string{"cpu:total", "cpu:main.slow", "cpu:others"} {
		r, err := Explain(in, base, next, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Validate(); err != nil || r.Verdict != nil || len(r.Exhibits) < 2 {
			t.Errorf("%s: %v, %d exhibits", id, err, len(r.Exhibits))
		}
		for _, e := range r.Exhibits {
			if e.ID == "explain-each" && id == "cpu:total" && (len(e.Table.Rows) != 2 || e.Table.Rows[0][3].Text != "+20 %" || e.Table.Rows[1][2].Text != "–") {
				t.Errorf("each run: %+v", e.Table.Rows)
			}
		}
	}
	_, err = Explain(in, base, next, "cpu:nothing")
	if unknown := (*UnknownBudget)(nil); !errors.As(err, &unknown) || !strings.Contains(unknown.Hint(), "cpu:main.slow") {
		t.Errorf("%v", err)
	}
}
