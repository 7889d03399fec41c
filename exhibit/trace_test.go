package exhibit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/report"
)

func frames(functions string) (out []exectrace.Frame) {
	for f := range strings.FieldsSeq(functions) {
		out = append(out, exectrace.Frame{Function: f})
	}
	return out
}

func TestTraced(t *testing.T) {
	const handler = " main.handle net/http.serverHandler.ServeHTTP net/http.(*conn).serve"
	lengths := exectrace.Lengths{}
	lengths[4], lengths[6] = 3, 1
	set := &evidence.Set{Sched: &exectrace.Summary{
		Window: 2 * time.Second,
		Waits: []exectrace.Wait{
			{Reason: "sync", Stack: frames("sync.(*Mutex).Lock" + handler), Count: 4, Total: time.Second, Max: 600 * time.Millisecond, Lengths: lengths},
			{Reason: "sync", Stack: frames("runtime.gopark sync.(*Mutex).Lock" + handler), Count: 1, Total: time.Second, Max: time.Second},
			{Reason: "network", Stack: frames("internal/poll.(*FD).Read net/http.(*conn).serve"), Count: 1, Total: time.Second, Max: time.Second},
			{Reason: "system goroutine wait", Stack: frames("runtime.bgscavenge"), Count: 1, Total: time.Hour, Max: time.Hour},
			{Reason: "sleep", Stack: frames("net/http/pprof.sleep net/http.serverHandler.ServeHTTP net/http.(*conn).serve"), Count: 1, Total: time.Hour, Max: time.Hour},
		},
		Starts: []exectrace.StartFunc{{Function: "net/http.(*conn).serve", Running: 500 * time.Millisecond}, {Function: "main.work", Running: time.Hour}},
	}}
	got := map[string]report.Exhibit{}
	for _, e := range exhibit.Traced(set) {
		got[e.ID] = e
	}
	cells := func(id string) (all []string) {
		if got[id].Table == nil {
			t.Fatalf("no table %q", id)
		}
		for _, row := range got[id].Table.Rows {
			var words []string
			for i, c := range row {
				if words = append(words, c.Text); c.Text == "" {
					words[i] = report.FormatValue(c.Value, got[id].Table.Columns[i].Unit)
				}
			}
			all = append(all, strings.Join(words, " "))
		}
		return all
	}
	if want := []string{"2 s 80 % sync", "500 ms 20 % running"}; !slices.Equal(cells("trace-requests"), want) {
		t.Errorf("requests: %q, want %q", cells("trace-requests"), want)
	}
	if want := []string{"2 s 5 1 s sync main.handle", "1 s 1 1 s network internal/poll.(*FD).Read"}; !slices.Equal(cells("trace-waits"), want) {
		t.Errorf("waits: %q, want %q", cells("trace-waits"), want)
	}
	h := got["trace-lengths-0"].Histogram
	if h == nil || !slices.Equal(h.Counts, []float64{3, 0, 1}) || h.Bounds[0] != 10e-6 || h.Bounds[3] != 100e-6 {
		t.Errorf("lengths: %+v", h)
	}
	if h := got["trace-lengths-1"].Histogram; h == nil || len(h.Bounds) != len(h.Counts)+1 {
		t.Errorf("lengths of waits that did not end: %+v", h)
	}
	if exhibit.Traced(&evidence.Set{}) != nil {
		t.Error("something is told without a trace")
	}
}
