package sched

import (
	"testing"

	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkSwitch is what the probe adds to a context switch.
func BenchmarkSwitch(b *testing.B) {
	probetest.Costs(b, probetest.Switches(),
		probetest.Case{Name: "target", Probe: Probe(Options{})},
		probetest.Case{Name: "other", Probe: Probe(Options{}), Other: true})
}
