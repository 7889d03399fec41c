package tcp

import (
	"testing"

	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkConnection is what the probe adds to a connection over loopback, from
// connecting to closing, both ends together.
func BenchmarkConnection(b *testing.B) {
	w := probetest.Work{Package: "internal/truth/connections", Line: "churn 2000", Unit: "connection", Times: 2000}
	b.Run("target", func(b *testing.B) { probetest.CostOf(b, Probe(Options{}), true, w) })
	b.Run("other", func(b *testing.B) { probetest.CostOf(b, Probe(Options{}), false, w) })
}

// BenchmarkRoundTrip is what it adds to a message and its answer.
func BenchmarkRoundTrip(b *testing.B) {
	w := probetest.Work{Package: "internal/truth/connections", Line: "rounds 20000", Unit: "round-trip", Times: 20000}
	b.Run("target", func(b *testing.B) { probetest.CostOf(b, Probe(Options{}), true, w) })
}
