package trend

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/report"
)

// builds of a program whose score got slower in build 8; they are handed over
// in the wrong order.
func slower() *History {
	var builds []Build
	var values [][]Value
	for i := range 14 {
		n := (i*5 + 3) % 14
		v := Value{Metric: "cpu", Subject: "main.score", Unit: "s/op", Value: 0.001 + float64(n%3)*1e-6}
		if n >= 8 {
			v.Value += 0.0002
		}
		builds = append(builds, Build{Name: fmt.Sprintf("v%d", n), Time: time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC)})
		values = append(values, []Value{v, {Metric: "cpu", Subject: "main.same", Unit: "s/op", Value: 0.003 + float64(n%4)*1e-6}})
	}
	return New(builds, values)
}

func TestReportNamesTheBuild(t *testing.T) {
	h := slower()
	all := h.Series(nil)
	r := h.Report(all)
	h.Firsts(r, all, 0.00115, "1.15ms")
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, e := range r.Exhibits {
		if e.Table == nil {
			continue
		}
		for _, row := range e.Table.Rows {
			var cells []string
			for _, c := range row {
				cells = append(cells, c.Text)
			}
			rows = append(rows, e.ID+": "+strings.Join(cells, " "))
		}
	}
	got := strings.Join(rows, "\n")
	for _, want := range []string{"history-changes: v8  1.0 ms/op 1.2 ms/op cpu main.score", "history-first: v0 3 ms/op 3.0 ms/op cpu main.same", "history-first: v8 1.2 ms/op 1.2 ms/op cpu main.score"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "ms/op cpu main.same\nhistory-changes") || len(r.Exhibits) != 3 {
		t.Errorf("%d exhibits:\n%s", len(r.Exhibits), got)
	}
	if status := report.Status(r, nil); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// Values in another unit are not put into one series, and builds without a time
// stay in their order.
func TestHistoryOfOddities(t *testing.T) {
	h := New([]Build{{Name: "b"}, {Name: "a", Time: time.Unix(1, 0)}}, [][]Value{
		{{Metric: "cpu", Subject: "f", Unit: "s/op", Value: 1}},
		{{Metric: "cpu", Subject: "f", Unit: "s/request", Value: 2}},
	})
	if s := h.Series(nil); h.Builds[0].Name != "b" || len(s) != 1 || len(s[0].Points) != 1 {
		t.Errorf("%+v, %+v", h.Builds, s)
	}
	empty := New(nil, nil)
	if r := empty.Report(empty.Series(nil)); r.Validate() != nil || len(r.Notes) != 1 {
		t.Errorf("%+v", r)
	}
}

// TestNoChange expects the levels, not a heading over nothing.
func TestNoChange(t *testing.T) {
	h := New([]Build{{Name: "v1"}}, [][]Value{{{Metric: "cpu", Subject: "main.score", Unit: "s/op", Value: 0.001}}})
	r := h.Report(h.Series(nil))
	e := r.Exhibits[0]
	if e.Title != "No change in 1 series of 1 build" || len(e.Table.Rows) != 1 || e.Table.Rows[0][2].Text != "1 ms/op" {
		t.Errorf("%q: %+v", e.Title, e.Table.Rows)
	}
	if len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "1 build: ") {
		t.Errorf("%q", r.Notes)
	}
}
