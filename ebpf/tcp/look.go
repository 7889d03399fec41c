package tcp

import (
	"net/netip"
	"time"

	"github.com/goperf/goperf/ebpf/sockets"
)

// look is one look at the sockets of the namespace.
type look struct {
	at      time.Time
	since   time.Duration // since the first look
	held    map[uint32]handle
	states  map[sockets.State]int
	towards map[netip.AddrPort]int // local ports in use, by remote end
	fresh   map[netip.Addr]int     // half-open connections that were not there before, by address
	half    map[tuple]bool
	byPeer  map[peerKey]int
	opened  map[opener]int // connections open, those that were there before under no code
	first   time.Time
	before  time.Time
}

// begin starts a look: the descriptors that are sockets, by inode, and the
// processes that have them.
func (t *tracker) begin(at time.Time, held map[uint32]handle, holders []holder) {
	first, before := t.look.first, t.look.at
	if first.IsZero() {
		first = at
	}
	t.looks++
	t.look = look{
		at: at, since: at.Sub(first), first: first, before: before, held: held,
		states: map[sockets.State]int{}, towards: map[netip.AddrPort]int{}, fresh: map[netip.Addr]int{},
		half: map[tuple]bool{}, byPeer: map[peerKey]int{}, opened: map[opener]int{},
	}
	t.holds(holders)
	for _, l := range t.listeners {
		l.halfOpen = 0
	}
}

// socket is told of each socket of the namespace; listeners come first.
func (t *tracker) socket(s *sockets.Socket) {
	h, held := t.handleOf(s)
	if s.State == sockets.Listen {
		if held {
			t.listens(s, h.owner)
		}
		return
	}
	listener := t.listenerOf(s.Local)
	if s.State == sockets.SynReceived && s.Inode == 0 && listener != nil {
		t.halfOpens(s, listener)
		return
	}
	if listener == nil && t.peers[peerKey{outgoing: true, remote: s.Remote}] != nil {
		t.look.towards[s.Remote]++
	}
	id := tuple{s.Local, s.Remote}
	l := t.live[id]
	if !held && l == nil {
		return
	}
	if s.State == sockets.TimeWait || s.State == sockets.Close {
		return // over, or not begun
	}
	if l == nil {
		l = t.found(s, t.keyOf(listener == nil, s.Local, s.Remote), h.owner)
		t.live[id] = l
	}
	if l.held = held; held {
		l.fd = h.fd
	}
	l.socket, l.seen = *s, t.looks
	t.look.states[s.State]++
	t.look.byPeer[l.key]++
	t.look.opened[openerOf(l.key, l.code)]++
	if s.Known && s.State != sockets.SynSent {
		l.count(t.peer(l.key), s.Segments, s.Retransmits, s.Sent, s.Received)
	}
}

// found is a connection that no record has told of yet: it was there before, or
// nobody sees records here.
func (t *tracker) found(s *sockets.Socket, k peerKey, owner string) *live {
	l := &live{key: k, fd: -1, code: owner}
	if t.looks == 1 {
		l.segments, l.retransmits, l.sent, l.received = s.Segments, s.Retransmits, s.Sent, s.Received
		return l
	}
	l.at = t.look.at
	if !t.blind {
		return l
	}
	t.peer(k).opened++
	t.openedBy(k, owner).opened++
	if k.outgoing {
		t.total.connected++
	} else {
		t.total.accepted++
	}
	return l
}

func (t *tracker) listens(s *sockets.Socket, owner string) {
	l := t.listeners[s.Local]
	if l == nil {
		if len(t.listeners) >= maxPeers {
			return
		}
		l = &listener{owner: owner}
		t.listeners[s.Local] = l
	}
	if !l.dropsKnown {
		l.firstDrops, l.dropsKnown = s.Drops, true
	}
	if l.seen == t.looks { // SO_REUSEPORT: several on one port
		l.backlog += s.Receive
		l.limit += s.Send
		l.drops += s.Drops
	} else {
		l.backlog, l.limit, l.drops = s.Receive, s.Send, s.Drops
	}
	l.most = max(l.most, l.backlog)
	l.seen = t.looks
}

func (t *tracker) halfOpens(s *sockets.Socket, l *listener) {
	l.halfOpen++
	l.mostHalf = max(l.mostHalf, l.halfOpen)
	id := tuple{s.Local, s.Remote}
	t.look.half[id] = true
	if !t.halfOpen[id] && t.looks > 1 { // when those of the first look came is not known
		t.look.fresh[s.Remote.Addr()]++
	}
}

// end closes a look: what was not seen is gone. arrived is who completed how
// many handshakes in one second.
func (t *tracker) end(arrived []source, namespace sockets.Counters) {
	for id, l := range t.live {
		// One whose end the kernel tells stays until its record was read.
		patience := 0
		if l.record != nil {
			patience = 2
		}
		if l.seen+patience >= t.looks {
			continue
		}
		t.total.closed++
		p := t.peer(l.key)
		p.closed++
		if l.socket.RTT > 0 {
			p.roundTrip(l.socket.RTT, l.socket.RTTVar, l.socket.MinRTT)
		}
		if !l.at.IsZero() {
			t.openedBy(l.key, l.code).closed++
		}
		delete(t.live, id)
	}
	for k, p := range t.peers {
		if k.outgoing {
			p.portsAt.add(t.look.since, float64(t.look.towards[k.remote]))
		}
	}
	for o, n := range t.openers {
		n.openAt.add(t.look.since, float64(t.look.opened[o]))
	}
	t.halfOpen = t.look.half
	t.judge(arrived, namespace)
	for _, p := range t.peers {
		p.recent.next()
	}
}
