package tcp

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/goperf/goperf/ebpf/sockets"
)

// tuple names a connection within a network namespace.
type tuple struct{ local, remote netip.AddrPort }

// peerKey is a remote end: an address and port that the process connects to, or
// an address that connects to one of its ports.
type peerKey struct {
	outgoing bool
	remote   netip.AddrPort // the port is 0 for those who connect to the process
	port     uint16         // of the process, when it listens there
}

func (k peerKey) String() string {
	switch {
	case !k.remote.Addr().IsValid() && k.port != 0:
		return fmt.Sprintf(":%d", k.port)
	case !k.remote.Addr().IsValid():
		return "others"
	case k.outgoing:
		return k.remote.String()
	}
	return fmt.Sprintf("%v ▶ :%d", k.remote.Addr(), k.port)
}

// peer is what was seen of the connections with one remote end.
type peer struct {
	opened, closed, failed int
	failures               map[string]int
	connect, wait          spread
	rtt                    spread
	rttvarSum              time.Duration
	minRTT                 time.Duration
	slow, slowTold         int // connects that took longer than the threshold
	failedTold             int // of those that failed
	traffic
	recent  window // of segments and retransmissions
	portsAt series // local ports in use towards it, by the whole namespace
}

// traffic is counted while the probe is attached.
type traffic struct {
	segments, retransmits uint64
	sent, received        uint64
}

// live is a connection that is open as far as is known.
type live struct {
	key    peerKey
	record *record // nil: it was there before the probe, or its record was lost
	code   string
	at     time.Time // opened, zero when it was there before
	socket sockets.Socket
	fd     int  // -1: not known
	held   bool // by a process
	seen   int  // the look that saw it last

	segments, retransmits uint32 // counted so far
	sent, received        uint64
}

// maxPeers is how many remote ends are kept apart.
const maxPeers = 4096

// tracker follows the connections of a process, or of all of a network namespace.
// It is told of records and looks in the order of time, by one goroutine at a time.
type tracker struct {
	limits    Thresholds
	tell      func(Event)
	peers     map[peerKey]*peer
	live      map[tuple]*live
	openers   map[opener]*opening
	ways      map[string]string // to a function that opens or accepts: one of its stacks
	listeners map[netip.AddrPort]*listener
	accepts   map[uint16]*spread // waits to be accepted, by port
	connects  buckets
	waits     buckets
	total     totals
	look      look
	looks     int
	anomalies map[anomalyKey]*anomaly
	overflown int             // connections beyond maxPeers
	uses      map[string]*use // of descriptors, by process
	ports     int             // how many local ports connections get by themselves
	halfOpen  map[tuple]bool  // at the look before
	blind     bool            // no records: only looks tell
	whole     bool            // all of the namespace
}

// totals are over all peers.
type totals struct{ connected, accepted, closed, failed, unaccepted int }

// opener is code that opens connections to a peer, or accepts them on a port.
type opener struct {
	code string
	peer peerKey // without the address for those that are accepted
}

// opening is what it did.
type opening struct {
	opened, closed int
	openAt         series
}

// listener is a port on which the process listens.
type listener struct {
	backlog, most, limit uint32
	drops, firstDrops    uint32
	dropsKnown           bool
	halfOpen, mostHalf   int
	seen                 int
	owner                string
}

func newTracker(limits Thresholds, tell func(Event), ports int) *tracker {
	if tell == nil {
		tell = func(Event) {}
	}
	return &tracker{
		limits: limits.Filled(), tell: tell, ports: ports,
		peers: map[peerKey]*peer{}, live: map[tuple]*live{}, openers: map[opener]*opening{}, ways: map[string]string{},
		listeners: map[netip.AddrPort]*listener{}, anomalies: map[anomalyKey]*anomaly{},
		halfOpen: map[tuple]bool{}, accepts: map[uint16]*spread{}, uses: map[string]*use{},
	}
}

func (t *tracker) keyOf(outgoing bool, local, remote netip.AddrPort) peerKey {
	if outgoing {
		return peerKey{outgoing: true, remote: remote}
	}
	return peerKey{remote: netip.AddrPortFrom(remote.Addr(), 0), port: local.Port()}
}

// peer is what is known of a remote end. Those beyond the ones that are kept
// apart share one without an address.
func (t *tracker) peer(k peerKey) *peer {
	p := t.peers[k]
	if p != nil {
		return p
	}
	if len(t.peers) >= maxPeers {
		t.overflown++
		k = peerKey{outgoing: k.outgoing}
		if p = t.peers[k]; p != nil {
			return p
		}
	}
	p = &peer{failures: map[string]int{}}
	t.peers[k] = p
	return p
}

// take is told of a record. code is the function that opened or accepted the
// connection, at is when the record was read.
func (t *tracker) take(r *record, code string, at time.Time) {
	own := code
	code = owned(r.owner, code)
	k := t.keyOf(r.outgoing, r.local, r.remote)
	p := t.peer(k)
	id := tuple{r.local, r.remote}
	if r.kind == recordOpened {
		t.opens(id, k, p, r, code, at)
	} else {
		t.ends(id, p, r, code)
	}
	if r.established != 0 || r.kind == recordEnded {
		t.tell(connectionEvent(r, own, at))
	}
}

func (t *tracker) opens(id tuple, k peerKey, p *peer, r *record, code string, at time.Time) {
	l := t.live[id]
	if l == nil {
		l = &live{fd: -1}
		t.live[id] = l
	}
	l.key, l.record, l.code, l.at, l.seen = k, r, code, at, t.looks
	t.openedBy(k, code).opened++
	p.opened++
	t.handshake(p, r)
}

// handshake counts how long it took to connect or to be accepted.
func (t *tracker) handshake(p *peer, r *record) {
	if r.outgoing {
		t.total.connected++
		p.connect.add(r.connecting())
		t.connects.add(r.connecting())
		if r.connecting() >= t.limits.SlowConnect {
			p.slow++
		}
		return
	}
	t.total.accepted++
	d, ok := r.queued()
	if !ok {
		return
	}
	p.wait.add(d)
	t.waits.add(d)
	if t.accepts[r.local.Port()] == nil {
		t.accepts[r.local.Port()] = &spread{}
	}
	t.accepts[r.local.Port()].add(d)
}

// listenerOf finds the listener of a connection: on its address, or on all.
func (t *tracker) listenerOf(local netip.AddrPort) *listener {
	if l := t.listeners[local]; l != nil {
		return l
	}
	for at, l := range t.listeners {
		if at.Port() == local.Port() && at.Addr().IsUnspecified() {
			return l
		}
	}
	return nil
}

func (t *tracker) openedBy(k peerKey, code string) *opening {
	o := openerOf(k, code)
	if t.openers[o] == nil && len(t.openers) >= maxPeers {
		o = opener{peer: peerKey{outgoing: k.outgoing}}
	}
	if t.openers[o] == nil {
		t.openers[o] = &opening{}
	}
	return t.openers[o]
}

// way keeps a stack in which a function opened or accepted a connection.
func (t *tracker) way(code, stack string) {
	if code != "" && t.ways[code] == "" && len(t.ways) < maxPeers {
		t.ways[code] = stack
	}
}

func openerOf(k peerKey, code string) opener {
	if !k.outgoing {
		k = peerKey{port: k.port}
	}
	return opener{code, k}
}

func (t *tracker) ends(id tuple, p *peer, r *record, code string) {
	l := t.live[id]
	if l != nil && code == r.owner {
		code = l.code // a stack is named once
	}
	switch {
	case r.established == 0:
		t.total.failed++
		p.failed++
		p.failures[failure(r.errno)]++
		if span(r.began, r.over) >= t.limits.SlowConnect {
			p.slow++
		}
	case l == nil && !r.outgoing && r.accepted == 0:
		t.total.unaccepted++
	default:
		t.total.closed++
		p.closed++
		t.openedBy(t.keyOf(r.outgoing, r.local, r.remote), code).closed++
	}
	if l == nil {
		l = &live{}
	}
	l.count(p, r.segments, r.retransmits, r.sent, r.received)
	if r.srtt > 0 {
		p.roundTrip(r.srtt, r.rttvar, r.minRTT)
	}
	delete(t.live, id)
}

// count adds what was sent since it was counted before.
func (l *live) count(p *peer, segments, retransmits uint32, sent, received uint64) {
	d := traffic{
		segments: uint64(grown(segments, l.segments)), retransmits: uint64(grown(retransmits, l.retransmits)),
		sent: grown(sent, l.sent), received: grown(received, l.received),
	}
	l.segments, l.retransmits, l.sent, l.received = segments, retransmits, sent, received
	p.segments += d.segments
	p.retransmits += d.retransmits
	p.sent += d.sent
	p.received += d.received
	p.recent.add(d.segments, d.retransmits)
}

func grown[T uint32 | uint64](now, before T) T {
	if now < before {
		return 0
	}
	return now - before
}

func (p *peer) roundTrip(srtt, rttvar, least time.Duration) {
	p.rtt.add(srtt)
	p.rttvarSum += rttvar
	if least > 0 && (p.minRTT == 0 || least < p.minRTT) {
		p.minRTT = least
	}
}
