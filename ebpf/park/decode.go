package park

import (
	"encoding/binary"
	"fmt"
)

// The counters of park.bpf.c, in its order.
const (
	parks = iota
	runs
	parkLost
	stackLost
	labelsLost
	waitsLost
	numCounters
)

// wait is what is the same for waits that are counted together.
type wait struct{ stack, labels, reason uint64 }

// sum is the waits of one kind: those that ended, and their time.
type sum struct {
	wait
	waits, ns, longest uint64
}

func decodeWait(b []byte) wait {
	return wait{binary.NativeEndian.Uint64(b), binary.NativeEndian.Uint64(b[8:]), binary.NativeEndian.Uint64(b[16:])}
}

// decodeSum reads a row of the map of waits.
func decodeSum(key, value []byte) (sum, error) {
	if len(key) != 24 || len(value) != 24 {
		return sum{}, fmt.Errorf("wait: %d and %d bytes, want 24 and 24", len(key), len(value))
	}
	v := decodeWait(value)
	return sum{wait: decodeWait(key), waits: v.stack, ns: v.labels, longest: v.reason}, nil
}

// decodeParked reads a goroutine that still waits; now is the kernel's clock, in ns.
func decodeParked(key, value []byte, now uint64) (sum, error) {
	if len(key) != 8 || len(value) != 32 {
		return sum{}, fmt.Errorf("parked: %d and %d bytes, want 8 and 32", len(key), len(value))
	}
	since := binary.NativeEndian.Uint64(value)
	ns := uint64(0)
	if now > since {
		ns = now - since
	}
	return sum{wait: decodeWait(value[8:]), ns: ns, longest: ns}, nil
}
