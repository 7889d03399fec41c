package wording

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goperf/goperf/compare"
)

func TestOthers(t *testing.T) {
	c := &compare.Result{
		Base: compare.SideInfo{Env: compare.Env{GoVersion: "go1.26.7", Commit: "3f1c2aa0123456789", PGO: "none", GOMAXPROCS: 8, Modules: "a.b/c@v1.0.0 a.b/gone@v1.0.0 a.b/same@v1.0.0", BuildID: "x/y/z/0123456789abcdef"}},
		New:  compare.SideInfo{Env: compare.Env{GoVersion: "go1.26.8", Commit: "90be11700000+dirty", PGO: "none", GOGC: "50", Modules: "a.b/c@v1.1.0 a.b/new@v0.1.0 a.b/same@v1.0.0", BuildID: "x/y/z/fedcba9876543210"}},
	}
	e, ok := Others(c)
	if !ok {
		t.Fatal("nothing")
	}
	var got []string
	for _, row := range e.Table.Rows {
		got = append(got, fmt.Sprintf("%s: %s → %s, %s", row[0].Text, row[1].Text, row[2].Text, row[3].Text))
	}
	want := `commit: 3f1c2aa01234 → 90be11700000+dirty, another
Go version: go1.26.7 → go1.26.8, another
PGO: none → none, the same
build: 0123456789ab → fedcba987654, another
a.b/c: v1.0.0 → v1.1.0, another
a.b/new: none → v0.1.0, another
a.b/gone: v1.0.0 → none, another
GOMAXPROCS: 8 → ?, not known
GOGC: ? → 50, not known`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if _, ok := Others(&compare.Result{}); ok {
		t.Error("nothing is known, and it says so at length")
	}
}

// Nothing can fall by more than what there was: the end of an interval is no less.
func TestIntervalsEndAtNothing(t *testing.T) {
	c := &compare.Result{Totals: []compare.Row{{Metric: "inuse_space", Unit: "B", Before: 10, After: 1, Delta: -9, Low: -12.6, High: -6.2, Of: 10}}}
	row := Totals(c, Options{}).Table.Rows[0]
	if low, high := row[4].Value, row[5].Value; low != -1 || high != -0.62 {
		t.Errorf("from %g to %g", low, high)
	}
}
