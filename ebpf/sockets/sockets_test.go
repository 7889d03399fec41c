package sockets

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// message is struct inet_diag_msg with attributes, as the kernel sends it.
func message(family, state byte, local, remote netip.AddrPort, attributes ...[]byte) []byte {
	b := make([]byte, messageBytes)
	b[0], b[1] = family, state
	binary.BigEndian.PutUint16(b[4:], local.Port())
	binary.BigEndian.PutUint16(b[6:], remote.Port())
	copy(b[8:], local.Addr().AsSlice())
	copy(b[24:], remote.Addr().AsSlice())
	binary.NativeEndian.PutUint32(b[56:], 3)
	binary.NativeEndian.PutUint32(b[60:], 128)
	binary.NativeEndian.PutUint32(b[68:], 4711)
	return append(b, bytes.Join(attributes, nil)...)
}

func attribute(kind uint16, data []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(data)))
	b = append(binary.NativeEndian.AppendUint16(b, kind), data...)
	return append(b, make([]byte, -len(b)&3)...)
}

// info is struct tcp_info of n bytes in which each 32-bit word is its own offset.
func info(n int) []byte {
	b := make([]byte, n)
	for i := 0; i+4 <= n; i += 4 {
		binary.NativeEndian.PutUint32(b[i:], uint32(i))
	}
	return b
}

func TestDecode(t *testing.T) {
	local, remote := netip.MustParseAddrPort("10.0.0.1:40000"), netip.MustParseAddrPort("10.0.9.4:5432")
	full := info(224)
	binary.NativeEndian.PutUint64(full[200:], 5000) // sent
	binary.NativeEndian.PutUint64(full[208:], 1000) // of it again
	binary.NativeEndian.PutUint64(full[128:], 77)   // received
	got, err := decode(message(afInet, 1, local, remote, attribute(attrInfo, full)))
	want := Socket{
		Local: local, Remote: remote, State: Established, Inode: 4711, Receive: 3, Send: 128,
		Info: Info{
			Known: true, RTT: 68 * time.Microsecond, RTTVar: 72 * time.Microsecond, MinRTT: 148 * time.Microsecond, Window: 80,
			SinceSent: 44 * time.Millisecond, SinceRead: 52 * time.Millisecond, SinceAck: 56 * time.Millisecond,
			Retransmits: 100, Segments: 136, Sent: 4000, Received: 77,
		},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if got.Idle() != 44*time.Millisecond || got.State.String() != "ESTABLISHED" || State(99).String() != "?" {
		t.Errorf("idle %v, state %v", got.Idle(), got.State)
	}

	// Mapped addresses are IPv4; a listener has no round trip, but drops.
	mapped := netip.MustParseAddrPort("[::ffff:10.0.0.1]:8080")
	memory := make([]byte, 36)
	binary.NativeEndian.PutUint32(memory[32:], 9)
	got, err = decode(message(afInet6, byte(Listen), mapped, netip.MustParseAddrPort("[::]:0"), attribute(attrInfo, info(104)), attribute(attrMemory, memory)))
	if err != nil || got.Known || got.Drops != 9 || got.Local.String() != "10.0.0.1:8080" {
		t.Errorf("listener: %v %+v", err, got)
	}

	// An old kernel's struct tcp_info ends early.
	got, err = decode(message(afInet, 1, local, remote, attribute(attrInfo, info(104))))
	if err != nil || !got.Known || got.Retransmits != 100 || got.Sent != 0 || got.MinRTT != 0 {
		t.Errorf("short: %v %+v", err, got)
	}
	for _, bad := range [][]byte{nil, make([]byte, 71), message(1, 1, local, remote), append(message(afInet, 1, local, remote), 99, 0, 2, 0), append(message(afInet, 1, local, remote), 3, 0, 2, 0)} {
		if s, err := decode(bad); err == nil {
			t.Errorf("%d bytes are read as %+v", len(bad), s)
		}
	}
}

func TestParseCounters(t *testing.T) {
	text := "TcpExt: SyncookiesSent ListenOverflows Other ListenDrops TCPReqQFullDrop\nTcpExt: 1 2 3 4 5\nIpExt: InOctets\nIpExt: 9\n"
	got, err := parseCounters(text)
	if want := (Counters{ListenOverflows: 2, ListenDrops: 4, CookiesSent: 1, SYNsDropped: 5}); err != nil || got != want {
		t.Errorf("%v %+v", err, got)
	}
	if got.Since(Counters{ListenOverflows: 1}).ListenOverflows != 1 {
		t.Error("Since")
	}
	for _, bad := range []string{"", "TcpExt: ListenDrops\nTcpExt: -1\n", "TcpExt: ListenDrops\n"} {
		if c, err := parseCounters(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, c)
		}
	}
}

// FuzzDecode: what a socket says of itself is read within its bytes.
func FuzzDecode(f *testing.F) {
	a := netip.MustParseAddrPort("10.0.0.1:1")
	f.Add(message(afInet, 1, a, a, attribute(attrInfo, info(224)), attribute(attrMemory, info(36))))
	f.Add(message(afInet6, 10, netip.MustParseAddrPort("[::1]:1"), netip.MustParseAddrPort("[::]:0")))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decode(b)
		if err == nil && (!s.Local.Addr().IsValid() || s.RTT < 0 || s.Known && s.State == Listen) {
			t.Errorf("%+v", s)
		}
	})
}
