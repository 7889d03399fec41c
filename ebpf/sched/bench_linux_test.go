package sched

import (
	"testing"

	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkSwitch is what the probe adds to a context switch.
func BenchmarkSwitch(b *testing.B) {
	b.Run("target", func(b *testing.B) { probetest.Cost(b, Probe(Options{}), true) })
	b.Run("other", func(b *testing.B) { probetest.Cost(b, Probe(Options{}), false) })
}
