package offcpu

import (
	"fmt"
	"slices"
	"testing"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkSwitch is what the probe adds to a context switch, in CPU time of the
// process that switches: of the target, and of another process. Rounds with and
// without the probe take turns; the median of the differences counts.
func BenchmarkSwitch(b *testing.B) {
	probetest.Need(b, Probe(Options{}))
	exe := probetest.Build(b, "internal/truth/switches")
	p, idle := probetest.Run(b, exe), probetest.Run(b, exe)
	const rounds = 20_000
	cost := func() float64 {
		p.Tell(fmt.Sprintf("go %d", rounds))
		var ns float64
		p.Truth(&ns)
		return ns / (2 * rounds)
	}
	for _, c := range []struct {
		name string
		pid  int
		o    Options
	}{
		{"target", p.PID, Options{}},
		{"other", idle.PID, Options{}},
		{"target-waker", p.PID, Options{Wakers: true}},
		{"target-kernel-stacks", p.PID, Options{KernelStacks: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var added, plain []float64
			for b.Loop() {
				without := cost()
				s, err := Probe(c.o).Start(b.Context(), probe.Target{PID: c.pid})
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
		})
	}
}
