package gate

import (
	"slices"
	"strings"
	"testing"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// A review shows the line of the module that calls what is new, not the file of
// the standard library.
func TestPlaceOfACallerComesFirst(t *testing.T) {
	f := part("strings.Fields", 4.5, 1)
	c := pairs(nil, f)
	c.Causes = []compare.Cause{{Row: f, Culprit: f.Name, Path: []string{f.Name}, Caller: "main.normal", Call: compare.Place{File: "text.go", Line: 9}}}
	b := budgetOf(t, judged(t, "functions: {default: {cpu: 1%}}\n", c), "cpu:strings.Fields")
	want := []report.Frame{{Function: "main.normal", File: "text.go", Line: 9}, {Function: "strings.Fields", File: "x.go", Line: 7}}
	if !slices.Equal(b.Where, want) {
		t.Errorf("where %+v", b.Where)
	}
}

// What the runtime takes to look for work is the machine's, and no reason to doubt
// the functions of the program.
func TestSchedulerRaisesNoDoubt(t *testing.T) {
	r := judged(t, "functions: {default: {cpu: 1%}}\n", pairs(nil, part("main.f", 0, 1), part(compare.Scheduler, 0, 40)))
	if b := budgetOf(t, r, "cpu:others"); b.Status != report.BudgetPass || b.Change.Detectable > 0.05 {
		t.Errorf("%+v", b)
	}
	f := part("[garbage collector]", 0, 40)
	b := budgetOf(t, judged(t, "functions: {default: {cpu: 1%}}\n", pairs(nil, f)), "cpu:others")
	if b.Status != report.BudgetInconclusive || !strings.HasSuffix(b.Why, "seen in [garbage collector]") {
		t.Errorf("%+v", b)
	}
}

// Benchmarks that allocate nothing have profiles of what the profiler itself
// allocated: nothing is to be doubted for that.
func TestBenchmarksCountAllocations(t *testing.T) {
	objects := part("compress/flate.NewWriter", 0, 600)
	objects.Metric = "alloc_objects"
	per := whole("allocs/op", 0, 0)
	per.Family, per.Name, per.Before, per.After, per.Of, per.MDE = compare.Bench, "Fold-2", 0, 0, 0, 0
	r := judged(t, "budgets: {mallocs: 1%}\nfunctions: {default: {alloc_objects: 2%}}\nbenchmarks: {default: {allocs/op: 0}}\n", pairs([]compare.Row{per}, objects))
	if b := budgetOf(t, r, "alloc_objects:others"); b.Status != report.BudgetPass || r.Verdict.Outcome != report.Pass {
		t.Errorf("%s: %+v", r.Verdict.Outcome, b)
	}
	if len(r.Gaps) != 0 {
		t.Errorf("gaps %+v", r.Gaps)
	}
}

// A function that is on no stack of the base has a share of 0 there.
func TestEachRunOfANewFunction(t *testing.T) {
	var sides [2]compare.Side
	for i, text := range []string{"main.main;main.old 5\n", "main.main;main.fresh 5\n"} {
		f, err := folded.Encode(text, "cpu", today, 0)
		if err != nil {
			t.Fatal(err)
		}
		p, err := profile.Parse(f.Data, profile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sides[i].Runs = []compare.Run{{Profiles: map[evidence.Kind]*profile.Profile{evidence.CPU: p}}}
	}
	e, ok := perRun(&report.Budget{Kind: "function", Metric: "cpu", Subject: "main.fresh"}, sides[0], sides[1])
	if !ok || len(e.Table.Rows) != 1 {
		t.Fatalf("%v %+v", ok, e.Table)
	}
	if row := e.Table.Rows[0]; row[1].Text != "" || row[1].Value != 0 || row[2].Value != 1 || row[3].Text != "new" {
		t.Errorf("%+v", row)
	}
}

// A report says which commits it is about.
func TestCommitsAreNamed(t *testing.T) {
	c := pairs([]compare.Row{whole("cpu", 0, 0.5)})
	c.Base.Env.Commit, c.New.Env.Commit = "62aa5c97f2eff6fa4ac8baa19a9af7a25d183f29", "27ee01ea9eabca53aaa5d3240becba54545cc4c4+dirty"
	r := judged(t, "budgets: {cpu: 3%}\n", c)
	if want := "base (62aa5c97f2ef) → new (27ee01ea9eab+dirty)"; r.Target.Name != want {
		t.Errorf("%q, want %q", r.Target.Name, want)
	}
}
