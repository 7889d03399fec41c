package tcp

import (
	"fmt"
	"time"

	"github.com/goperf/goperf/ebpf/sockets"
)

// minFailed is how many connects to a peer have to fail, and one in failing of all,
// before it is said: names that resolve to two addresses fail on one now and then.
const (
	minFailed = 5
	failing   = 5
)

// judgeFailed finds peers to which connecting fails.
func (t *tracker) judgeFailed(k peerKey, p *peer) {
	if !k.outgoing || p.failed < minFailed || p.failed*failing < p.opened+p.failed || p.failed == p.failedTold {
		return
	}
	p.failedTold = p.failed
	t.raise(Failing, k.String(), "", float64(p.failed), fmt.Sprintf("%d of %d connects to %v failed: %s", p.failed, p.opened+p.failed, k, counts(p.failures)))
}

// stuck is how long bytes may wait in a connection on which nothing moves.
const stuck = 10 * time.Second

// judgeStuck finds connections with bytes that one side does not read: this process
// what has come, or the peer what is to be sent.
func (t *tracker) judgeStuck() {
	unread, unsent := map[idleGroup][]*live{}, map[idleGroup][]*live{}
	for _, l := range t.live {
		s := &l.socket
		if l.seen != t.looks || !l.held || !s.Known || s.State != sockets.Established && s.State != sockets.CloseWait {
			continue
		}
		g := idleGroup{l.key, l.code}
		if unreadBytes(s) > 0 && s.SinceRead > stuck {
			unread[g] = append(unread[g], l)
		}
		if s.Send > 0 && s.SinceSent > stuck {
			unsent[g] = append(unsent[g], l)
		}
	}
	for g, all := range unread {
		bytes := sum(all, unreadBytes)
		t.raise(Unread, g.key.String(), g.code, float64(len(all)), fmt.Sprintf("%s %s: %d bytes came more than %v ago and are not read, the oldest for %s%s%s",
			counted(len(all)), g.key.phrase(), bytes, stuck, longest(all, func(i sockets.Info) time.Duration { return i.SinceRead }), descriptors(all), by(g.code)))
	}
	for g, all := range unsent {
		bytes := sum(all, func(s *sockets.Socket) uint32 { return s.Send })
		t.raise(Unsent, g.key.String(), g.code, float64(len(all)), fmt.Sprintf("%s %s: %d bytes are not taken by the peer, nothing went out for %s%s%s",
			counted(len(all)), g.key.phrase(), bytes, longest(all, func(i sockets.Info) time.Duration { return i.SinceSent }), descriptors(all), by(g.code)))
	}
}

// unreadBytes are those to be read; the kernel counts the peer's FIN as one.
func unreadBytes(s *sockets.Socket) uint32 {
	if s.State == sockets.CloseWait && s.Receive > 0 {
		return s.Receive - 1
	}
	return s.Receive
}

func sum(all []*live, of func(*sockets.Socket) uint32) (n uint64) {
	for _, l := range all {
		n += uint64(of(&l.socket))
	}
	return n
}
