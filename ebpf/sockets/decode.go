package sockets

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// Of linux/inet_diag.h and linux/sock_diag.h.
const (
	afInet, afInet6 = 2, 10
	messageBytes    = 72 // struct inet_diag_msg
	attrInfo        = 2  // INET_DIAG_INFO
	attrMemory      = 7  // INET_DIAG_SKMEMINFO
	memoryDrops     = 8  // SK_MEMINFO_DROPS
	noMinRTT        = ^uint32(0)
)

// decode reads struct inet_diag_msg and the attributes after it.
func decode(b []byte) (Socket, error) {
	if len(b) < messageBytes {
		return Socket{}, fmt.Errorf("socket: %d bytes, want at least %d", len(b), messageBytes)
	}
	family := b[0]
	if family != afInet && family != afInet6 {
		return Socket{}, fmt.Errorf("socket: address family %d", family)
	}
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(b[at:]) }
	s := Socket{
		State:   State(b[1]),
		Local:   netip.AddrPortFrom(address(family, b[8:24]), binary.BigEndian.Uint16(b[4:])),
		Remote:  netip.AddrPortFrom(address(family, b[24:40]), binary.BigEndian.Uint16(b[6:])),
		Receive: u32(56), Send: u32(60), Inode: u32(68),
	}
	for rest := b[messageBytes:]; len(rest) >= 4; {
		n := int(binary.NativeEndian.Uint16(rest))
		if n < 4 || n > len(rest) {
			return Socket{}, fmt.Errorf("socket: an attribute of %d bytes in %d", n, len(rest))
		}
		s.attribute(binary.NativeEndian.Uint16(rest[2:]), rest[4:n])
		rest = rest[min((n+3)&^3, len(rest)):]
	}
	return s, nil
}

func address(family byte, b []byte) netip.Addr {
	if family == afInet {
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrFrom16([16]byte(b)).Unmap()
}

func (s *Socket) attribute(kind uint16, b []byte) {
	switch {
	case kind == attrInfo && s.State != Listen:
		s.Info = decodeInfo(b)
	case kind == attrMemory && len(b) >= 4*(memoryDrops+1):
		s.Drops = binary.NativeEndian.Uint32(b[4*memoryDrops:])
	}
}

// decodeInfo reads struct tcp_info (linux/tcp.h), which has grown at its end;
// what an older kernel does not tell stays 0. All of it is there since 4.19.
func decodeInfo(b []byte) Info {
	u32 := func(at int) uint32 {
		if at+4 > len(b) {
			return 0
		}
		return binary.NativeEndian.Uint32(b[at:])
	}
	u64 := func(at int) uint64 {
		if at+8 > len(b) {
			return 0
		}
		return binary.NativeEndian.Uint64(b[at:])
	}
	micro := func(at int) time.Duration { return time.Duration(u32(at)) * time.Microsecond }
	milli := func(at int) time.Duration { return time.Duration(u32(at)) * time.Millisecond }
	i := Info{
		Known: len(b) >= 104,
		RTT:   micro(68), RTTVar: micro(72), Window: u32(80),
		SinceSent: milli(44), SinceRead: milli(52), SinceAck: milli(56),
		Retransmits: u32(100), Segments: u32(136), Received: u64(128),
	}
	if again := u64(208); again <= u64(200) {
		i.Sent = u64(200) - again
	}
	if v := u32(148); v != noMinRTT {
		i.MinRTT = time.Duration(v) * time.Microsecond
	}
	return i
}
