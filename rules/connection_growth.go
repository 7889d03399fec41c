package rules

import (
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/report"
)

// growing gives a leak that is opened in the window the cost of one: how fast it
// grows, and its share of what grows. Of the connections that are open it is a
// small part when it has been going on for long.
func growing(p *diagnose.Pass, leak probeRow, f *report.Finding) {
	var its, all float64
	for _, r := range tcpRows(p, "Code that opens connections") {
		left := r.number("still open")
		if r.text("dir") != "out" || left <= 0 {
			continue
		}
		all += left
		if r.text("code") == leak.text("code") && r.text("peer") == leak.text("of") {
			its += left
		}
	}
	window := 0.0
	for _, m := range p.Set.Kernel {
		if m.Probe == "tcp" {
			window += m.Window().Seconds()
		}
	}
	if its <= 0 || window <= 0 {
		return
	}
	share, rate := its/all, its/window
	f.Cost = report.Cost{Resource: "connections", Share: share, Low: share, High: share, Of: "growth of outgoing connections", Amount: rate, Unit: "count/s"}
	f.Saving = report.Range{Low: 0, High: rate, Unit: "count/s", Share: 0.5*share + 0.5*openShare(p, its), Basis: "the growth stops"}
}
