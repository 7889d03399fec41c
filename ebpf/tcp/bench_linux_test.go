package tcp

import (
	"testing"

	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkConnection is what the probe adds to a connection over loopback, from
// connecting to closing, both ends together.
func BenchmarkConnection(b *testing.B) {
	costs(b, probetest.Work{Package: "internal/truth/connections", Line: "churn 2000", Unit: "connection", Times: 2000})
}

// BenchmarkRoundTrip is what it adds to a message and its answer.
func BenchmarkRoundTrip(b *testing.B) {
	costs(b, probetest.Work{Package: "internal/truth/connections", Line: "rounds 20000", Unit: "round-trip", Times: 20000})
}

func costs(b *testing.B, w probetest.Work) {
	probetest.Costs(b, w,
		probetest.Case{Name: "target", Probe: Probe(Options{})},
		probetest.Case{Name: "other", Probe: Probe(Options{}), Other: true})
}
