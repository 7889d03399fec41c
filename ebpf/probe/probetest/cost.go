package probetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/goperf/goperf/ebpf/probe"
)

// Cost measures what a probe adds to a context switch, in CPU time of the process
// that switches (internal/truth/switches): the target, or another one. Rounds
// with and without the probe take turns, and the median of the differences
// counts: nothing else means something on a machine that others use.
func Cost(b *testing.B, p probe.Probe, target bool) {
	b.Helper()
	Need(b, p)
	exe := Build(b, "internal/truth/switches")
	works := Run(b, exe)
	pid := works.PID
	if !target {
		pid = Run(b, exe).PID
	}
	const rounds = 20_000 // of two switches
	cost := func() float64 {
		works.Tell(fmt.Sprintf("go %d", rounds))
		var ns float64
		works.Truth(&ns)
		return ns / (2 * rounds)
	}
	var added, plain []float64
	for b.Loop() {
		without := cost()
		s, err := p.Start(b.Context(), probe.Target{PID: pid})
		if err != nil {
			b.Fatal(err)
		}
		with := cost()
		if _, err := s.Finish(); err != nil {
			b.Fatal(err)
		}
		added, plain = append(added, with-without), append(plain, without)
	}
	slices.Sort(added)
	slices.Sort(plain)
	b.ReportMetric(added[len(added)/2], "added-ns/switch")
	b.ReportMetric(plain[len(plain)/2], "ns/switch")
}
