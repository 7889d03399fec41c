package tcp

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/ebpf/sockets"
)

// anomalyKey is what kind of thing is wrong with what, by what code.
type anomalyKey struct{ kind, subject, code string }

// anomaly is something wrong, from the look at which it began.
type anomaly struct {
	first, last time.Time
	look        int // the last one in which it was so
	value, most float64
	text        string
	episodes    int
}

// maxAnomalies bounds what is kept: beyond it, only those already known go on.
const maxAnomalies = 256

// raise says that something is wrong at this look. An event is told when it
// begins, not for each look at which it still is.
func (t *tracker) raise(kind, subject, code string, value float64, text string) {
	k := anomalyKey{kind, subject, code}
	a := t.anomalies[k]
	if a == nil {
		if len(t.anomalies) >= maxAnomalies {
			return
		}
		a = &anomaly{first: t.look.at}
		t.anomalies[k] = a
	}
	begins := a.episodes == 0 || a.look < t.looks-recentLooks
	if begins {
		a.episodes++
	}
	a.last, a.look, a.value = t.look.at, t.looks, value
	if value >= a.most {
		a.most, a.text = value, text
	}
	if begins {
		t.tell(Event{Time: t.look.at, Kind: kind, Subject: subject, Text: text, Code: code})
	}
}

// judge looks for anomalies at the end of a look.
func (t *tracker) judge(arrived []source, namespace sockets.Counters) {
	t.judgeArrivals(arrived, namespace)
	t.judgeListeners()
	t.judgeIdle()
	t.judgeStuck()
	for k, p := range t.peers {
		t.judgeRetransmits(k, p)
		t.judgePorts(k, p)
		t.judgeFailed(k, p)
		if p.slow > 0 && p.slow != p.slowTold {
			p.slowTold = p.slow
			t.raise(SlowConnect, k.String(), "", float64(p.slow),
				fmt.Sprintf("%d of %d connects to %v took %v or longer, the longest that succeeded %v", p.slow, p.opened+p.failed, k, t.limits.SlowConnect, short(p.connect.high)))
		}
	}
	for k, o := range t.openers {
		t.judgeGrowth(k, o)
	}
	t.judgeDescriptors()
}

// judgeArrivals finds addresses that open many connections in a second: half-open
// ones are a SYN flood, complete ones a burst.
func (t *tracker) judgeArrivals(arrived []source, namespace sockets.Counters) {
	seconds := 1.0
	if !t.look.before.IsZero() {
		seconds = max(t.look.at.Sub(t.look.before).Seconds(), 1)
	}
	for from, n := range t.look.fresh {
		if rate := float64(n) / seconds; rate > float64(t.limits.Flood) {
			text := fmt.Sprintf("%d half-open connections from %v in %.1f s", n, from, seconds)
			if namespace.CookiesSent > 0 || namespace.SYNsDropped > 0 {
				text += fmt.Sprintf("; SYN queue full: %d cookies sent, %d dropped", namespace.CookiesSent, namespace.SYNsDropped)
			}
			t.raise(SYNFlood, from.String(), "", rate, text)
		}
	}
	for _, s := range arrived {
		if s.n > uint64(t.limits.Flood) {
			t.raise(Burst, s.address.String(), "", float64(s.n), fmt.Sprintf("%d connections from %v in 1 s, all complete", s.n, s.address))
		}
	}
	// With the SYN queue full, the kernel answers without keeping anything.
	if cookies := namespace.CookiesSent + namespace.SYNsDropped; len(t.look.fresh) == 0 && cookies > uint64(t.limits.Flood) && len(t.listeners) > 0 {
		t.raise(SYNFlood, "the network namespace", "", float64(cookies), fmt.Sprintf("SYN queue full: %d cookies sent, %d SYNs dropped since the look before", namespace.CookiesSent, namespace.SYNsDropped))
	}
}

func (t *tracker) judgeListeners() {
	for at, l := range t.listeners {
		dropped, name := grown(l.drops, l.firstDrops), owning(listenerName(at), l.owner)
		switch {
		case l.seen != t.looks:
		case dropped > 0:
			t.raise(AcceptOverflow, name, "", float64(dropped),
				fmt.Sprintf("%d connections dropped by the listener %s: up to %d of %d waited to be accepted", dropped, name, l.most, l.limit))
		case l.limit > 0 && l.backlog >= l.limit:
			t.raise(AcceptOverflow, name, "", float64(l.backlog),
				fmt.Sprintf("the accept queue of %s is full: %d of %d", name, l.backlog, l.limit))
		}
	}
}

// listenerName is how people write the address of a listener.
func listenerName(at netip.AddrPort) string {
	if at.Addr().IsUnspecified() {
		return fmt.Sprintf(":%d", at.Port())
	}
	return at.String()
}

// idleGroup is connections that were left alone, of one peer and code.
type idleGroup struct {
	key  peerKey
	code string
}

func (t *tracker) judgeIdle() {
	idle, unclosed := map[idleGroup][]*live{}, map[idleGroup][]*live{}
	for _, l := range t.live {
		if l.seen != t.looks || !l.held || !l.socket.Known {
			continue
		}
		g := idleGroup{l.key, l.code}
		switch {
		case l.socket.State == sockets.Established && l.socket.Idle() > t.limits.Idle:
			idle[g] = append(idle[g], l)
		case l.socket.State == sockets.CloseWait && l.socket.SinceAck > t.limits.CloseWait:
			unclosed[g] = append(unclosed[g], l)
		}
	}
	for g, all := range idle {
		t.raise(Leak, g.key.String(), g.code, float64(len(all)),
			fmt.Sprintf("%s %s: no data for more than %v, the longest for %v%s%s", counted(len(all)), g.key.phrase(), t.limits.Idle, longest(all, sockets.Info.Idle), descriptors(all), by(g.code)))
	}
	for g, all := range unclosed {
		t.raise(Unclosed, g.key.String(), g.code, float64(len(all)),
			fmt.Sprintf("%s %s: the peer closed more than %v ago, the process has not%s%s", counted(len(all)), g.key.phrase(), t.limits.CloseWait, descriptors(all), by(g.code)))
	}
}

func (k peerKey) phrase() string {
	if k.outgoing {
		return "to " + k.String()
	}
	return fmt.Sprintf("from %v to :%d", k.remote.Addr(), k.port)
}

func by(code string) string {
	if code == "" {
		return ""
	}
	return "; opened by " + code
}

func counted(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", n)
}

func longest(all []*live, of func(sockets.Info) time.Duration) string {
	var most time.Duration
	for _, l := range all {
		most = max(most, of(l.socket.Info))
	}
	return short(most)
}

func short(d time.Duration) string {
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

// descriptors names a few of the descriptors of connections.
func descriptors(all []*live) string {
	fds := make([]int, 0, len(all))
	for _, l := range all {
		if l.fd >= 0 {
			fds = append(fds, l.fd)
		}
	}
	if len(fds) == 0 {
		return ""
	}
	slices.Sort(fds)
	const named = 5
	var b strings.Builder
	b.WriteString("; fd")
	for i, fd := range fds {
		if i == named {
			b.WriteString(" …")
			break
		}
		fmt.Fprintf(&b, " %d", fd)
	}
	return b.String()
}

// minRetransmits is how many there have to be before a share means something.
const minRetransmits = 5

// minBaseline is how many segments tell what is usual.
const minBaseline = 200

func (t *tracker) judgeRetransmits(k peerKey, p *peer) {
	n, again := p.recent.sums()
	if again < minRetransmits || n == 0 {
		return
	}
	rate := float64(again) / float64(n)
	before, usual := p.recent.before, 0.0
	if before >= minBaseline {
		usual = float64(p.recent.retransmitsBefore) / float64(before)
	}
	low := lowerBound(float64(again), float64(n))
	text := fmt.Sprintf("%d of %d segments %s sent again in the last %d looks: %.1f %%", again, n, k.phrase(), recentLooks, 100*rate)
	switch {
	case before >= minBaseline && low > t.limits.Surge*usual && rate > t.limits.Retransmits/2:
		t.raise(Surge, k.String(), "", rate, fmt.Sprintf("%s; before it was %.2f %% of %d", text, 100*usual, before))
	case rate > t.limits.Retransmits:
		t.raise(Loss, k.String(), "", rate, text)
	}
}

// lowerBound is the lower end of the 95 % interval of a share (Wilson).
func lowerBound(hits, n float64) float64 {
	const z = 1.96
	p := hits / n
	return (p + z*z/(2*n) - z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))) / (1 + z*z/n)
}

// minGrowth is how many connections more there have to be.
const minGrowth = 10

// judgeGrowth finds code that opens connections to a peer, does not close them
// and, after a moment, does not use them.
func (t *tracker) judgeGrowth(k opener, o *opening) {
	rate, more := o.openAt.growth()
	if !k.peer.outgoing || more < minGrowth || o.closed*10 > o.opened {
		return
	}
	left, idle := t.leftOver(k)
	if left == 0 || idle*2 < left {
		return
	}
	t.raise(Leak, k.peer.String(), k.code, o.openAt.last(),
		fmt.Sprintf("open connections to %v grow by %.0f a minute: %d opened, %d closed; %d of %d unused for seconds%s", k.peer, 60*rate, o.opened, o.closed, idle, left, by(k.code)))
}

// unused is how long a connection just opened may be quiet.
const unused = 2 * time.Second

// leftOver is how many connections that some code opened are still there, and how
// many of them nobody uses.
func (t *tracker) leftOver(k opener) (left, idle int) {
	for _, l := range t.live {
		if l.at.IsZero() || openerOf(l.key, l.code) != k {
			continue
		}
		left++
		if l.socket.Known && min(l.socket.Idle(), t.look.at.Sub(l.at)) > unused {
			idle++
		}
	}
	return left, idle
}

// full is from which share on something is said to be nearly used up.
const full = 0.8

func (t *tracker) judgePorts(k peerKey, p *peer) {
	if !k.outgoing || t.ports <= 0 {
		return
	}
	used := p.portsAt.last()
	after, grows := p.portsAt.runsOut(float64(t.ports))
	_, more := p.portsAt.growth()
	text := fmt.Sprintf("%.0f of %d local ports are in use towards %v", used, t.ports, k)
	switch {
	case used > full*float64(t.ports):
		t.raise(Ports, k.String(), "", used, text)
	case grows && after < t.limits.Ahead && more >= minGrowth:
		t.raise(Ports, k.String(), "", used, fmt.Sprintf("%s, and all of them in about %s", text, short(after)))
	}
}

// sortedAnomalies is all of them in the order in which they began.
func (t *tracker) sortedAnomalies() []anomalyKey {
	return slices.SortedFunc(maps.Keys(t.anomalies), func(a, b anomalyKey) int {
		return cmp.Or(t.anomalies[a].first.Compare(t.anomalies[b].first), cmp.Compare(a.kind, b.kind), cmp.Compare(a.subject, b.subject), cmp.Compare(a.code, b.code))
	})
}
