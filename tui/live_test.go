package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/report"
)

// What the command that was started has written is on Live, and does nothing there.
func TestOutputOfCommand(t *testing.T) {
	d := *shop(t)
	d.Output = []string{"listening on :8080", "\x1b[2Jgone"}
	m := began(t, &d, trueColor, 120, 36)
	m.press("0")
	if got := text(shown(m)); !strings.Contains(got, "the command wrote") || !strings.Contains(got, "listening on :8080") || !strings.Contains(got, `\x1b[2Jgone`) {
		t.Errorf("Live:\n%s", got)
	}
}

// What is waited for costs the service nothing: it is told apart from answers.
func TestCostOfRequests(t *testing.T) {
	got := cost([]report.Request{
		{What: "GET /debug/pprof/heap?gc=1", Seconds: 0.5, Bytes: 1 << 10},
		{What: "GET /debug/pprof/profile?seconds=8", Seconds: 8.25, Bytes: 1 << 10},
		{What: "GET /debug/pprof/trace?seconds=2&x=1", Seconds: 1, Bytes: 0}, // cut short
	})
	if want := "3 requests, 750 ms of answers, 2 KiB; 9 s of waiting for profiles to end"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The CPU of a service is told of the time that it was collected and of that since.
func TestTook(t *testing.T) {
	d := *shop(t)
	d.From = d.Report.To.Add(-10 * time.Second)
	cores := func(times ...float64) {
		values := make([]float64, len(times))
		for i, at := range times {
			values[i] = 0.5
			if at > 10 {
				values[i] = 0.25
			}
		}
		d.Numbers = []report.Exhibit{{Title: "CPU", Series: &report.Series{Unit: "cores", Times: times, Lines: []report.Line{{Values: values}}}}}
	}
	cores(1, 4, 9, 11, 13)
	if got := d.took(); got != "" {
		t.Errorf("after 2 s: %s", got)
	}
	cores(1, 4, 9, 11, 13, 20)
	if got := d.took(); got != "0.5 cores while it was collected, 0.25 cores since" {
		t.Errorf("after 9 s: %s", got)
	}
}
