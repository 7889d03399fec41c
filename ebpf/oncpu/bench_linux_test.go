package oncpu

import (
	"testing"

	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkSwitch is what the probe adds to a context switch.
func BenchmarkSwitch(b *testing.B) { costs(b, probetest.Switches()) }

// BenchmarkRoundTrip is what the probe adds to a message over loopback and its
// answer.
func BenchmarkRoundTrip(b *testing.B) {
	costs(b, probetest.Work{Package: "internal/truth/connections", Line: "rounds 20000", Unit: "round-trip", Times: 20000})
}

func costs(b *testing.B, w probetest.Work) {
	probetest.Costs(b, w,
		probetest.Case{Name: "target", Probe: Probe(Options{})},
		probetest.Case{Name: "other", Probe: Probe(Options{}), Other: true})
}
