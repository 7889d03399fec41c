//go:build linux

package delayline

import (
	"encoding/binary"
	"net/netip"
)

// SYN is the packet with which somebody at one address and port asks for a
// connection to another (RFC 791, RFC 9293).
func SYN(from, to netip.AddrPort) []byte {
	const ip, tcp = 20, 20
	p := make([]byte, ip+tcp)
	p[0], p[8], p[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(p[2:], ip+tcp)
	copy(p[12:], from.Addr().AsSlice())
	copy(p[16:], to.Addr().AsSlice())
	binary.BigEndian.PutUint16(p[10:], checksum(p[:ip]))
	binary.BigEndian.PutUint16(p[20:], from.Port())
	binary.BigEndian.PutUint16(p[22:], to.Port())
	binary.BigEndian.PutUint32(p[24:], uint32(from.Port())*7919)
	p[32], p[33] = tcp/4<<4, 2
	binary.BigEndian.PutUint16(p[34:], 64240)
	pseudo := append(append([]byte{}, p[12:20]...), 0, 6, 0, tcp)
	binary.BigEndian.PutUint16(p[36:], checksum(append(pseudo, p[ip:]...)))
	return p
}

func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
