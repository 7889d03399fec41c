package tui

import (
	"strings"
	"testing"

	"github.com/goperf/goperf/report"
)

const proxyCPU = `
net/http.(*conn).serve;main.main.func1:9;main.forward:17;net/http.(*Transport).roundTrip:3 4
net/http.(*conn).serve;main.main.func1:9;main.other:19 20
net/http.(*Transport).dialConnFor:5;net/http.(*Transport).dialConn:9;net.(*Dialer).DialContext:7 23
runtime.gcBgMarkWorker:1;runtime.gcDrain:2 30
runtime.schedule:4 23
`

// What a finding opens is what its number is of, whoever causes it.
func TestEvidenceHasTheNumber(t *testing.T) {
	where := func(names ...string) (all []report.Frame) {
		for _, n := range names {
			all = append(all, report.Frame{Function: n})
		}
		return all
	}
	for _, c := range []struct {
		resource string
		share    float64
		where    []report.Frame
		want     string
	}{
		{"cpu", 0.23, where("main.forward", "net/http.(*Transport).dialConn"), "net/http.(*Transport).dialConn"},
		{"cpu", 0.04, where("main.forward", "main.main.func1", "net/http.(*Transport).roundTrip"), "main.forward"},
		{"cpu", 0.21, where("main.other", "main.main.func1"), "main.other"}, // its caller has 0.24
		{"gc", 0.3, where("main.forward"), "runtime.gcBgMarkWorker"},
		{"cpu", 0.2, where("gone.away", "main.other"), "main.other"},
	} {
		d := shop(t)
		d.Profiles[0] = Profile{Kind: "cpu", Profile: parsed(t, proxyCPU, "cpu")}
		f := &d.Report.Findings[0]
		f.Where, f.Cost = c.where, report.Cost{Resource: c.resource, Share: c.share, Of: "process CPU"}
		m := began(t, d, trueColor, 100, 30)
		m.press("2", "t", "1", "enter") // from another profile
		if got := m.flame().name(); m.at != flameScreenID || got != c.want {
			t.Errorf("%v of %v opens %s on %s, want %s", c.share, c.where, got, screenNames[m.at], c.want)
		}
		if c.want != c.where[0].Function && !strings.Contains(m.status, "finding speaks") {
			t.Errorf("%s is selected, %q", c.want, m.status)
		}
		m.press("1", "enter") // and when the profile is there
		if got := m.flame().name(); got != c.want || c.want != c.where[0].Function && !strings.Contains(m.status, "finding speaks") {
			t.Errorf("%v of %v opens %s the second time, %q", c.share, c.where, got, m.status)
		}
	}
}

// A finding about waits for a CPU opens the part that has them.
func TestEvidenceOpensItsPart(t *testing.T) {
	d := shop(t)
	f := &d.Report.Findings[0]
	f.Where, f.Cost = nil, report.Cost{Resource: "run-queue", Share: 0.9, Of: "the time that threads could run"}
	m := began(t, d, trueColor, 80, 24)
	m.press("enter")
	if got := m.screens[offCPUScreen].(*offCPU).part().id; m.at != offCPUScreen || got != "sched-run-queue-latency" {
		t.Errorf("%s of %s is selected:\n%s", got, screenNames[m.at], text(shown(m)))
	}
	if !strings.Contains(text(shown(m)), "─ run-queue latency") {
		t.Errorf("it is not on the screen:\n%s", text(shown(m)))
	}
}
