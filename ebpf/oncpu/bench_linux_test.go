package oncpu

import (
	"testing"

	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkSwitch is what the probe adds to a context switch.
func BenchmarkSwitch(b *testing.B) {
	b.Run("target", func(b *testing.B) { probetest.Cost(b, Probe(Options{}), true) })
	b.Run("other", func(b *testing.B) { probetest.Cost(b, Probe(Options{}), false) })
}

// BenchmarkRoundTrip is what the probe adds to a message over loopback and its
// answer.
func BenchmarkRoundTrip(b *testing.B) {
	w := probetest.Work{Package: "internal/truth/connections", Line: "rounds 20000", Unit: "round-trip", Times: 20000}
	b.Run("target", func(b *testing.B) { probetest.CostOf(b, Probe(Options{}), true, w) })
}
