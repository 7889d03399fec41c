package sched

import (
	"math"
	"testing"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/kernel"
)

// TestDelay compares run-queue latency with what the kernel accounts to the
// threads of a program that burns CPU time and one that competes with it; on
// all rungs at once.
func TestDelay(t *testing.T) {
	exe := probetest.Build(t, "internal/truth/split", "-ldflags=-s -w")
	p, rival := probetest.Run(t, exe), probetest.Run(t, exe)
	sessions := map[attach.Rung]probe.Session{}
	for _, rung := range attach.Rungs() {
		probed := Probe(Options{Rung: rung})
		if rung == attach.Typed && !probetest.Since(t, 5, 11) {
			continue
		}
		probetest.Need(t, probed)
		s, err := probed.Start(t.Context(), probe.Target{PID: p.PID})
		if err != nil {
			t.Fatal(err)
		}
		sessions[rung] = s
	}
	waited, times := probetest.Delay(t, p.PID)
	rival.Tell("go 1")
	truth := map[string]float64{}
	p.Tell("go 1")
	p.Truth(&truth)
	after, timesAfter := probetest.Delay(t, p.PID)
	measured := map[attach.Rung]*kernel.Measurement{}
	for rung, s := range sessions {
		m, err := s.Finish()
		if err != nil {
			t.Fatal(err)
		}
		measured[rung] = m
	}
	rival.Truth(&truth)
	for rung, m := range measured {
		t.Run(string(rung), func(t *testing.T) { checkDelay(t, m, after-waited, timesAfter-times) })
	}
}

func checkDelay(t *testing.T, m *kernel.Measurement, want, wantRuns float64) {
	relative := 0.05
	if probetest.Emulated() {
		relative = 1 // within the time of the other threads at most
	}
	got, _ := m.Count("waiting for a CPU")
	runs, _ := m.Count("times that a thread got a CPU")
	t.Logf("%.4f of %.4f s, %v of %v times", got, want, runs, wantRuns)
	// Threads that sleep when the probe comes are not seen to be woken once each.
	if math.Abs(got-want) > relative*want+0.005 || math.Abs(runs-wantRuns) > 0.05*wantRuns+20 {
		t.Errorf("%.4f s in %v waits, the kernel says %.4f s in %v", got, runs, want, wantRuns)
	}
	var sum uint64
	for _, n := range m.Histograms[0].Counts {
		sum += n
	}
	if float64(sum) != runs {
		t.Errorf("the histogram counts %d of %v", sum, runs)
	}
}
