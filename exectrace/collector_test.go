package exectrace

import (
	"runtime"
	"testing"
)

// keep holds what a test wants live.
type keep struct{ blocks [][]byte }

// What a trace says of forced collections fits together, cycle by cycle.
func TestCollectorCycles(t *testing.T) {
	const cycles, live = 5, 8 << 20
	var k keep
	for range live >> 16 {
		k.blocks = append(k.blocks, make([]byte, 1<<16))
	}
	sum := record(t, func() {
		for range cycles {
			runtime.GC()
		}
	})
	got := sum.Collector.Cycles
	if len(got) < cycles {
		t.Fatalf("%d collections, want the %d that were forced", len(got), cycles)
	}
	for i, c := range got {
		if c.Marked < live || c.HeapEnd < c.HeapStart || c.Goal <= 0 || c.Next < c.Marked {
			t.Errorf("collection %d: %+v", i, c)
		}
		if i > 0 && (c.Start < got[i-1].Start+got[i-1].Took || c.Goal != got[i-1].Next) {
			t.Errorf("collection %d does not follow from the one before: %+v after %+v", i, c, got[i-1])
		}
	}
	if c := sum.Collector; c.Worker+c.Idle+sum.Assist == 0 || c.Worker+c.Idle > sum.Running {
		t.Errorf("workers ran %v and %v idle of %v", c.Worker, c.Idle, sum.Running)
	}
	runtime.KeepAlive(k)
}
