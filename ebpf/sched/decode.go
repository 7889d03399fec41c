package sched

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The counters of sched.bpf.c, in its order.
const (
	runs = iota
	queuedNS
	wakeups
	preemptions
	migrations
	noStorage
	othersLost
	unseen
	numCounters
)

// other is a process that had the CPU while a thread of the target waited for it.
type other struct {
	pid  uint32 // 0: the CPU was idle
	comm string
	n    uint64
	ns   uint64
}

func decodeOther(key, value []byte) (other, error) {
	if len(key) != 4 || len(value) != 32 {
		return other{}, fmt.Errorf("%d and %d bytes, want 4 and 32", len(key), len(value))
	}
	comm, _, _ := bytes.Cut(value[:16], []byte{0})
	return other{
		pid: binary.NativeEndian.Uint32(key), comm: string(bytes.ToValidUTF8(comm, []byte("\uFFFD"))),
		n: binary.NativeEndian.Uint64(value[16:]), ns: binary.NativeEndian.Uint64(value[24:]),
	}, nil
}
