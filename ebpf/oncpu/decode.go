package oncpu

import (
	"encoding/binary"
	"fmt"
)

// The counters of oncpu.bpf.c, in its order.
const (
	seen = iota
	noGoroutine
	stackLost
	labelsLost
	samplesLost
	numCounters
)

// sample is one row of the map of samples.
type sample struct {
	goid, stack, labels uint64
	count               uint64
}

func decodeSample(key, value []byte) (sample, error) {
	if len(key) != 24 || len(value) != 8 {
		return sample{}, fmt.Errorf("%d and %d bytes, want 24 and 8", len(key), len(value))
	}
	word := func(i int) uint64 { return binary.NativeEndian.Uint64(key[8*i:]) }
	return sample{goid: word(0), stack: word(1), labels: word(2), count: binary.NativeEndian.Uint64(value)}, nil
}
