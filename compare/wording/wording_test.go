package wording

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/report"
)

const hostile = "main.\x1b[31m<script>|`evil`\u202e"

func result() *compare.Result {
	row := compare.Row{
		Metric: "cpu", Family: compare.Own, Name: hostile, Was: "main.was", Guess: "was was: a guess", Unit: "s/request",
		Before: 1e-3, After: 2e-3, Delta: 1e-3, Low: 0.5e-3, High: 1.5e-3, MDE: 0.4e-3, Of: 10e-3, Q: 1e-6,
		Verdict: compare.Changed, Class: compare.Regression, Samples: [2]float64{100, 200},
	}
	open := row
	open.Name, open.Was, open.Guess, open.Verdict, open.Class, open.Family, open.Settle = "main.b", "", "", compare.Unknown, "", compare.Fold, "9 runs on each side"
	fresh := row
	fresh.Name, fresh.Was, fresh.Guess, fresh.Before, fresh.Samples = "main.fresh", "", "", 0, [2]float64{0, 100}
	bench := compare.Row{Metric: "allocs/op", Family: compare.Bench, Name: "Encode-8", Unit: "count/op", After: 1, Delta: 1, Low: 1, High: 1, Verdict: compare.Changed, Class: compare.Regression}
	return &compare.Result{
		Base: compare.SideInfo{Name: "a", Runs: 1, Build: "one"}, New: compare.SideInfo{Name: "b", Runs: 2, Build: "two"},
		Totals:    []compare.Row{{Metric: "cpu", Family: compare.Total, Name: "cpu", Unit: "s/request", Before: 10e-3, After: 11e-3, Delta: 1e-3, Low: -1, High: 1, Of: 10e-3, MDE: math.Inf(1), Verdict: compare.Unknown, Settle: "more"}, bench},
		Functions: []compare.Row{row, open, fresh},
		Causes:    []compare.Cause{{Row: row, Text: hostile + " because", With: []string{"a.b", "c.d", "e.f", "g.h", "i.j"}}},
		Noise:     []compare.Noise{{Metric: "cpu", Samples: [2]float64{500, 900}, Dispersion: 1.2, Drift: 0.05, Smallest: 0.02, Per: "request"}},
	}
}

// TestReport wants all that was compared in a report that every format can take.
func TestReport(t *testing.T) {
	r := Report(result(), Options{Rows: 2, Confidence: 0.95})
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	a, err := report.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := report.Encode(Report(result(), Options{Rows: 2, Confidence: 0.95}))
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("not the same bytes: %v", err)
	}
	for _, want := range []string{"9 runs on each side", "was was: a guess", "with it changed a.b, c.d, e.f, g.h, 1 more", "(-n 0 shows 1 more)", "other builds: one before, two after", "all functions +5 %: not the code", "▲ worse", `"new"`, "not taken in turns", "is invisible"} {
		if !strings.Contains(string(a), want) {
			t.Errorf("nothing says %q:\n%s", want, a)
		}
	}
	if got := report.Status(r, nil); got != 0 {
		t.Errorf("status %d", got)
	}
}

// TestNothing wants a report of nothing to say that it rests on nothing.
func TestNothing(t *testing.T) {
	r := Report(&compare.Result{}, Options{})
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(r.Evidence) > 0 {
		t.Errorf("looked at %v", r.Evidence)
	}
}

// TestWorth expects what changed and what somebody would look for, not a page of
// functions of which nothing is known.
func TestWorth(t *testing.T) {
	var rows []*compare.Row
	for i := range 30 {
		rows = append(rows, &compare.Row{Name: strings.Repeat("f", i+1), Of: 100, Delta: 3 - float64(i)/5, Verdict: compare.Unknown})
	}
	rows[29].Delta, rows[29].Verdict = 0.2, compare.Changed
	for _, c := range []struct{ most, want int }{{0, 30}, {20, 20}, {2, 2}, {30, 21}} {
		if got := worth(rows, c.most); len(got) != c.want {
			t.Errorf("of at most %d: %d, want %d", c.most, len(got), c.want)
		}
	}
	if got := worth(rows[10:15], 20); len(got) != 5 {
		t.Errorf("%d of few", len(got))
	}
	if got := builds("bfd6d76706d267f39c0120b81c01a50629374910"); got != "bfd6d76706d2" {
		t.Error(got)
	}
	if got := builds("a, b, c"); got != "3 binaries" {
		t.Error(got)
	}
}
