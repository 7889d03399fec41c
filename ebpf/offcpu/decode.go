package offcpu

import (
	"encoding/binary"
	"fmt"
)

// The counters of offcpu.bpf.c, in its order.
const (
	switches = iota
	waits
	noGoroutine
	stackLost
	labelsLost
	rowsLost
	rowsLostNS
	noStorage
	idleWaits
	idleNS
	unseen
	unseenNS
	numCounters
)

// row is one entry of the map of rows: a reason to be off the CPU, and how much.
type row struct {
	goid, labels, stack, kernelStack uint64
	wakerGoid, wakerStack            uint64
	sysno                            int32 // -1: in no system call
	state                            uint32

	ns, queuedNS, n, maxNS uint64
}

const (
	keyBytes   = 56
	valueBytes = 32
)

func decodeRow(key, value []byte) (row, error) {
	if len(key) != keyBytes || len(value) != valueBytes {
		return row{}, fmt.Errorf("%d and %d bytes, want %d and %d", len(key), len(value), keyBytes, valueBytes)
	}
	k := func(i int) uint64 { return binary.NativeEndian.Uint64(key[8*i:]) }
	v := func(i int) uint64 { return binary.NativeEndian.Uint64(value[8*i:]) }
	r := row{
		goid: k(0), labels: k(1), stack: k(2), kernelStack: k(3), wakerGoid: k(4), wakerStack: k(5),
		sysno: int32(binary.NativeEndian.Uint32(key[48:])), state: binary.NativeEndian.Uint32(key[52:]),
		ns: v(0), queuedNS: v(1), n: v(2), maxNS: v(3),
	}
	// Read while it was written, a part may be ahead of the whole.
	r.queuedNS = min(r.queuedNS, r.ns)
	return r, nil
}

// kernelFrames is KERNEL_FRAMES of offcpu.bpf.c.
const kernelFrames = 32

func decodeKernelStack(b []byte) ([]uint64, error) {
	if len(b) != 8*kernelFrames {
		return nil, fmt.Errorf("%d bytes, want %d", len(b), 8*kernelFrames)
	}
	var pcs []uint64
	for i := range kernelFrames {
		pc := binary.NativeEndian.Uint64(b[8*i:])
		if pc == 0 {
			break
		}
		pcs = append(pcs, pc)
	}
	return pcs, nil
}

// The states of a thread that leaves its CPU (include/linux/sched.h). Running
// means that it could have gone on.
const (
	taskRunning         = 0
	taskInterruptible   = 1
	taskUninterruptible = 2
	taskStopped         = 4
	taskTraced          = 8
)

// stateName says why a thread left its CPU.
func stateName(state uint32, sysno int32) string {
	switch {
	case state == taskRunning && sysno >= 0:
		return "yielded"
	case state == taskRunning:
		return "preempted"
	case state&taskInterruptible != 0:
		return "sleeping"
	case state&taskUninterruptible != 0:
		return "uninterruptible" // disk, page faults, fsync
	case state&(taskStopped|taskTraced) != 0:
		return "stopped"
	}
	return "other"
}
