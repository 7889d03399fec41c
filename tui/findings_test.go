package tui

import (
	"testing"

	"github.com/goperf/goperf/report"
)

// Every kind of cost opens a screen that has something, with and without a
// function; only where there is nothing at all a finding says so.
func TestFindingsOpenTheirEvidence(t *testing.T) {
	for _, resource := range []string{"cpu", "gc", "heap", "alloc", "memory", "goroutines", "threads", "lock-wait", "block-wait", "wait", "off-cpu", "run-queue", "network", "connect-wait", "accept-queue", "connections", "descriptors", "ports"} {
		for _, where := range [][]report.Frame{nil, {{Function: "example.com/shop/price.Quote", Line: 14}}} {
			d := shop(t)
			f := &d.Report.Findings[0]
			f.Cost, f.Where = report.Cost{Resource: resource, Share: 0.5, Unit: "ratio"}, where
			m := began(t, d, trueColor, 120, 36)
			m.press("enter")
			if m.at == overviewScreen || m.screens[m.at].missing() != nil {
				t.Errorf("%s, %d frames: opens %s, %q", resource, len(where), screenNames[m.at], m.status)
			}
		}
	}
	d := shop(t)
	d.Profiles, d.Groups, d.Report.Exhibits = nil, nil, nil
	m := began(t, d, trueColor, 120, 36)
	if m.press("enter"); m.at != overviewScreen || m.status == "" {
		t.Errorf("without evidence: %s, %q", screenNames[m.at], m.status)
	}
}

// What a cost is in a few words fits its column.
func TestImpact(t *testing.T) {
	for _, c := range []struct {
		cost report.Cost
		want string
	}{
		{report.Cost{Resource: "cpu", Share: 0.35, Of: "process CPU", Amount: 0.35, Unit: "cores"}, "35 % CPU"},
		{report.Cost{Resource: "goroutines", Share: 1, Of: "growth of all goroutines", Amount: 40.5, Unit: "count/s"}, "+40.5 goroutines/s"},
		{report.Cost{Resource: "goroutines", Share: 0.5, Amount: 412, Unit: "count"}, "412 goroutines"},
		{report.Cost{Resource: "heap", Share: 0.8, Of: "growth of the live heap", Amount: 1 << 20, Unit: "B/s"}, "+3.5 GiB/h"},
		{report.Cost{Resource: "lock-wait", Share: 0.22, Of: "running and waiting for locks", Amount: 1, Unit: "s/s"}, "22 % lock wait"},
		{report.Cost{Resource: "network", Amount: 0.022, Unit: "s"}, "22 ms"},
		{report.Cost{}, ""},
	} {
		if got := impact(c.cost); got != c.want {
			t.Errorf("%+v: %q, want %q", c.cost, got, c.want)
		}
	}
}
