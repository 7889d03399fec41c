package pgo_test

import (
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/pgo"
	"github.com/goperf/goperf/report"
)

// calls are calls of a profile, all of them hot.
func calls(weights map[pgo.Call]int64) *pgo.Calls {
	c := &pgo.Calls{}
	for call, w := range weights {
		c.All = append(c.All, pgo.Weighted{Call: call, Weight: w})
		c.Total += w
	}
	c.Hot = len(c.All)
	return c
}

func has(names ...string) *pgo.Binary {
	set := map[string]bool{}
	for _, n := range names {
		set[n] = true
	}
	return &pgo.Binary{Name: "shop", Package: "acme.dev/shop/cmd/shop", Has: func(name string) bool { return set[name] }}
}

func TestJudge(t *testing.T) {
	ab, bc := pgo.Call{Caller: "a.A", Callee: "b.B"}, pgo.Call{Caller: "b.B", Callee: "c.C"}
	all := has("a.A", "b.B", "c.C")
	same := has()
	same.Same = true
	unread := &pgo.Binary{Name: "shop", Why: "not ELF"}
	for name, c := range map[string]struct {
		calls   map[pgo.Call]int64
		binary  *pgo.Binary
		verdict pgo.Verdict
		covered float64
	}{
		"nothing":           {nil, all, pgo.Empty, 0},
		"no binary":         {map[pgo.Call]int64{ab: 90, bc: 10}, nil, pgo.Untold, 1},
		"unreadable binary": {map[pgo.Call]int64{ab: 90, bc: 10}, unread, pgo.Untold, 1},
		"all there":         {map[pgo.Call]int64{ab: 90, bc: 10}, all, pgo.Fresh, 1},
		"a tenth is gone":   {map[pgo.Call]int64{ab: 90, bc: 10}, has("a.A", "b.B"), pgo.Fresh, 0.9},
		"a fifth is gone":   {map[pgo.Call]int64{ab: 80, bc: 20}, has("a.A", "b.B"), pgo.Aging, 0.8},
		"most is gone":      {map[pgo.Call]int64{ab: 20, bc: 80}, has("a.A", "b.B"), pgo.Stale, 0.2},
		"this very build":   {map[pgo.Call]int64{ab: 1}, same, pgo.Matching, 0},
		"other names are no staleness": {map[pgo.Call]int64{
			ab: 50, {Caller: "a.A", Callee: "memcpy"}: 20, {Caller: "a.A", Callee: "b.Map[...]"}: 20, {Caller: "", Callee: "b.B"}: 10,
		}, all, pgo.Fresh, 0.5},
		"package main by its path": {map[pgo.Call]int64{
			{Caller: "acme.dev/shop/cmd/shop.run", Callee: "a.A"}: 1,
		}, has("main.run", "a.A"), pgo.Stale, 0},
	} {
		j := pgo.Judge(calls(c.calls), c.binary, 1)
		if j.Verdict != c.verdict || j.Covered != c.covered {
			t.Errorf("%s: %s, %v covered; want %s, %v", name, j.Verdict, j.Covered, c.verdict, c.covered)
		}
	}
}

// A call is believed when ten samples show it, in whatever the column counts.
func TestJudgeCountsSamples(t *testing.T) {
	c := calls(map[pgo.Call]int64{{Caller: "a.A", Callee: "b.B"}: 10e7, {Caller: "b.B", Callee: "c.C"}: 9e7})
	if j := pgo.Judge(c, nil, 1e7); j.Steady < 0.52 || j.Steady > 0.53 {
		t.Errorf("%v steady, want 10 of 19", j.Steady)
	}
}

// What is stale is said as a finding with the functions that are gone, and the
// report is one that every format can take.
func TestReport(t *testing.T) {
	c := calls(map[pgo.Call]int64{{Caller: "a.A", Callee: "b.B"}: 2, {Caller: "a.A", Callee: "old.Gone"}: 8})
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	in := pgo.Input{Name: "default.pgo", Profiles: 1, Samples: 10, Newest: now.Add(-72 * time.Hour)}
	r := pgo.Report(c, pgo.Left{}, in, has("a.A", "b.B"), 1, now)
	data, err := report.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := report.Decode(data); err != nil {
		t.Error(err)
	}
	docs := map[string]bool{}
	for _, d := range pgo.Docs() {
		docs[d.ID] = true
	}
	for _, f := range r.Findings {
		if !docs[f.Rule] {
			t.Errorf("%s: not documented", f.Rule)
		}
	}
	if len(r.Findings) != 2 || r.Findings[0].Rule != "pgo-stale" || r.Findings[0].Where[0].Function != "old.Gone" {
		t.Errorf("findings: %+v", r.Findings)
	}
	if !strings.Contains(string(data), `"value": 259200`) {
		t.Errorf("an age of three days is not in the report:\n%s", data)
	}
}

// TestReportSizes: what a live service sent has no size, and none is made up.
func TestReportSizes(t *testing.T) {
	t.Parallel()
	for bytesIn, want := range map[int64]string{0: "written", 7: "read written"} {
		r := pgo.Report(calls(map[pgo.Call]int64{}), pgo.Left{}, pgo.Input{BytesIn: bytesIn, BytesOut: 5}, nil, 1, time.Time{})
		var got []string
		for _, v := range r.Vitals {
			if v.Unit == "B" {
				got = append(got, v.Text)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d bytes read: %q, want %q", bytesIn, got, want)
		}
	}
}
