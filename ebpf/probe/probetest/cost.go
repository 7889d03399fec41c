package probetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/goperf/goperf/ebpf/probe"
)

// Work is what a program does so that its cost can be measured: it prints the CPU
// time in ns that it took, as JSON.
type Work struct {
	Package string // of the program
	Line    string // what it is told
	Unit    string // what it does many times
	Times   int
}

// Cost measures what a probe adds to a context switch of the process that
// switches (internal/truth/switches): the target, or another one.
func Cost(b *testing.B, p probe.Probe, target bool) {
	b.Helper()
	const rounds = 20_000 // of two switches
	CostOf(b, p, target, Work{Package: "internal/truth/switches", Line: fmt.Sprintf("go %d", rounds), Unit: "switch", Times: 2 * rounds})
}

// CostOf measures what a probe adds to the work of a process, in its CPU time.
// Rounds with and without the probe take turns, and the median of the
// differences counts: nothing else means something on a machine that others use.
func CostOf(b *testing.B, p probe.Probe, target bool, w Work) {
	b.Helper()
	Need(b, p)
	exe := Build(b, w.Package)
	works := Run(b, exe)
	pid := works.PID
	if !target {
		pid = Run(b, exe).PID
	}
	cost := func() float64 {
		works.Tell(w.Line)
		var ns float64
		works.Truth(&ns)
		return ns / float64(w.Times)
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
	b.ReportMetric(added[len(added)/2], "added-ns/"+w.Unit)
	b.ReportMetric(plain[len(plain)/2], "ns/"+w.Unit)
}
