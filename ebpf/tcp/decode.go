package tcp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// The counters of tcp.bpf.c, in its order.
const (
	opened = iota
	ended
	noRoom
	ringFull
	stackLost
	noGoroutine
	sourcesLost
	unseen
	numCounters
)

// The kinds of record.
const (
	recordOpened = 1
	recordEnded  = 2
)

const recordBytes = 160 // struct connection

// record is struct connection of tcp.bpf.c: a connection when it was opened, or
// when it ended.
type record struct {
	sk                                 uint64
	began, established, accepted, over uint64 // ns of the monotonic clock, 0: has not happened
	actor
	sent, received                  uint64
	srtt, rttvar, minRTT            time.Duration
	segments, retransmits, synAgain uint32
	errno                           uint32
	local, remote                   netip.AddrPort
	outgoing                        bool
	kind                            byte
}

// actor is who opened or accepted a connection.
type actor struct {
	goid, stack uint64
	pid         uint32 // in the initial PID namespace
	comm        string // "" when one process is watched
	owner       string // how that process is called, when more than one is watched
}

func decodeRecord(b []byte) (record, error) {
	if len(b) != recordBytes {
		return record{}, fmt.Errorf("connection: %d bytes, want %d", len(b), recordBytes)
	}
	u64 := func(i int) uint64 { return binary.NativeEndian.Uint64(b[8*i:]) }
	u32 := func(i int) uint32 { return binary.NativeEndian.Uint32(b[72+4*i:]) }
	micro := func(i int) time.Duration { return time.Duration(u32(i)) * time.Microsecond }
	r := record{
		sk: u64(0), began: u64(1), established: u64(2), accepted: u64(3), over: u64(4),
		actor: actor{goid: u64(5), stack: u64(6), pid: binary.NativeEndian.Uint32(b[140:])}, sent: u64(7), received: u64(8),
		srtt: micro(0), rttvar: micro(1), minRTT: micro(2),
		segments: u32(3), retransmits: u32(4), synAgain: u32(5), errno: u32(6),
		local:    netip.AddrPortFrom(address(b[104:120]), binary.NativeEndian.Uint16(b[100:])),
		remote:   netip.AddrPortFrom(address(b[120:136]), binary.NativeEndian.Uint16(b[102:])),
		outgoing: b[136] != 0, kind: b[137],
	}
	comm, _, _ := bytes.Cut(b[144:160], []byte{0})
	r.comm = string(bytes.ToValidUTF8(comm, []byte("\uFFFD")))
	if r.kind != recordOpened && r.kind != recordEnded {
		return record{}, fmt.Errorf("connection: record of kind %d", r.kind)
	}
	return r, nil
}

// address reads struct address: IPv4 is mapped into IPv6.
func address(b []byte) netip.Addr { return netip.AddrFrom16([16]byte(b)).Unmap() }

// connecting is how long the handshake took, 0 for one that is not known.
func (r *record) connecting() time.Duration {
	if !r.outgoing || r.established == 0 {
		return 0
	}
	return span(r.began, r.established)
}

// queued is how long it waited to be accepted, false when that was not seen.
func (r *record) queued() (time.Duration, bool) {
	if r.outgoing || r.accepted == 0 {
		return 0, false
	}
	return span(r.established, r.accepted), true
}

func span(from, to uint64) time.Duration {
	if to < from {
		return 0
	}
	return time.Duration(to - from)
}

// source is how many handshakes one address completed in one second.
type source struct {
	address netip.Addr
	second  uint32 // of the monotonic clock
	n       uint64
}

func decodeSource(key, value []byte) (source, error) {
	if len(key) != 24 || len(value) != 8 {
		return source{}, fmt.Errorf("source: %d and %d bytes, want 24 and 8", len(key), len(value))
	}
	return source{address: address(key[:16]), second: binary.NativeEndian.Uint32(key[16:]), n: binary.NativeEndian.Uint64(value)}, nil
}
