// Package sockets lists the TCP sockets of a network namespace as the kernel
// tells them over netlink (sock_diag(7), linux/inet_diag.h), and says which of
// them a process holds. It needs no privilege for a process of the same user in
// the same namespace.
//
// Reading what the kernel answers is a function of the bytes and builds
// everywhere; asking is Linux only.
package sockets

import (
	"net/netip"
	"time"
)

// State is the state of a connection (net/tcp_states.h).
type State uint8

// The states, by the kernel's numbers. A connection whose handshake is not
// complete is in SynReceived, accepted or not.
const (
	Established State = iota + 1
	SynSent
	SynReceived
	FinWait1
	FinWait2
	TimeWait
	Close
	CloseWait
	LastAck
	Listen
	Closing
)

var stateNames = [...]string{"?", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING"}

// String is the name that ss and netstat use.
func (s State) String() string {
	if int(s) >= len(stateNames) {
		return stateNames[0]
	}
	return stateNames[s]
}

// Socket is one TCP socket at one moment.
type Socket struct {
	Local, Remote netip.AddrPort // IPv4 mapped into IPv6 is IPv4
	State         State
	Inode         uint32 // 0: no process holds it: not accepted yet, or closed
	Receive       uint32 // bytes to be read; of a listener: connections to be accepted
	Send          uint32 // bytes not acknowledged; of a listener: how many may wait
	Drops         uint32 // of a listener: connections dropped for want of room
	Info
}

// Info is what the kernel knows of a connection that has been established
// (struct tcp_info). Known is false for all others.
type Info struct {
	Known                bool
	RTT, RTTVar, MinRTT  time.Duration // MinRTT is 0 before it was measured
	Retransmits          uint32        // segments sent again since it began
	Segments             uint32        // segments sent, those included
	Sent, Received       uint64        // payload in bytes
	SinceSent, SinceRead time.Duration // since data went out, came in
	SinceAck             time.Duration // since the peer was last heard of
	Window               uint32        // congestion window in segments
}

// Idle is how long no data has gone either way.
func (i Info) Idle() time.Duration { return min(i.SinceSent, i.SinceRead) }
