package tcp

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/goperf/goperf/ebpf/sockets"
	"github.com/goperf/goperf/kernel"
)

// The tables, by the names under which rules find them.
const (
	tableAnomalies   = "Anomalies"
	tablePeers       = "TCP peers"
	tablePaths       = "Round trips and retransmissions"
	tableConnections = "Open connections"
	tableListeners   = "Listeners"
	tableOpeners     = "Code that opens connections"
	tableLimits      = "What connections use up"
	tableSingle      = "Connections one by one"
)

// maxRows is how many rows a table has.
const maxRows = 25

// fold makes a measurement of what the tracker knows. counters are those of the
// kernel, nil when nothing was attached there.
func (t *tracker) fold(from, to time.Time, counters []uint64) *kernel.Measurement {
	m := &kernel.Measurement{Probe: Name, From: from, To: to}
	m.Counts = t.counts()
	if h, ok := t.connects.histogram("Connect latency"); ok {
		m.Histograms = append(m.Histograms, h)
	}
	if h, ok := t.waits.histogram("Wait to be accepted"); ok {
		m.Histograms = append(m.Histograms, h)
	}
	for _, table := range []kernel.Table{t.anomalyTable(), t.peerTable(), t.pathTable(), t.connectionTable(), t.openerTable(), t.listenerTable(), t.limitTable(), t.singleTable()} {
		if len(table.Rows) > 0 {
			m.Tables = append(m.Tables, table)
		}
	}
	if len(counters) >= numCounters {
		m.Losses = losses(counters)
		m.Losses = append(m.Losses, kernel.Loss{What: "connections whose peer was not kept apart", Count: uint64(t.overflown)})
		if counters[unseen] > 0 {
			m.Notes = append(m.Notes, fmt.Sprintf("%d connections were accepted that had arrived before the probe", counters[unseen]))
		}
	}
	return m
}

func losses(c []uint64) []kernel.Loss {
	n := c[opened] + c[ended]
	return []kernel.Loss{
		{What: "connections without room to be followed", Count: c[noRoom], Of: n + c[noRoom]},
		{What: "records of connections that had no room", Count: c[ringFull], Of: n},
		{What: "connections whose stack had no room", Count: c[stackLost], Of: n},
		{What: "connections whose goroutine could not be read", Count: c[noGoroutine], Of: n},
		{What: "arrivals not counted by address", Count: c[sourcesLost], Of: n},
	}
}

func (t *tracker) counts() []kernel.Count {
	var all traffic
	var connect, wait spread
	for _, p := range t.peers {
		all.segments += p.segments
		all.retransmits += p.retransmits
		all.sent += p.sent
		all.received += p.received
		for _, d := range p.connect.kept {
			connect.add(d)
		}
		for _, d := range p.wait.kept {
			wait.add(d)
		}
	}
	counts := []kernel.Count{
		{Name: "connections opened", Value: float64(t.total.connected), Unit: "count"},
		{Name: "connects that failed", Value: float64(t.total.failed), Unit: "count"},
		{Name: "connections accepted", Value: float64(t.total.accepted), Unit: "count"},
		{Name: "connections closed", Value: float64(t.total.closed), Unit: "count"},
		{Name: "connections that ended before they were accepted", Value: float64(t.total.unaccepted), Unit: "count"},
		{Name: "connections open at the end", Value: float64(t.open()), Unit: "count"},
		{Name: "segments sent", Value: float64(all.segments), Unit: "count"},
		{Name: "segments sent again", Value: float64(all.retransmits), Unit: "count"},
		{Name: "data sent", Value: float64(all.sent), Unit: "B"},
		{Name: "data received", Value: float64(all.received), Unit: "B"},
	}
	if connect.n > 0 {
		counts = append(counts,
			kernel.Count{Name: "connect latency, median", Value: connect.quantile(0.5), Unit: "s"},
			kernel.Count{Name: "connect latency, 99 of 100 below", Value: connect.quantile(0.99), Unit: "s"})
	}
	if wait.n > 0 {
		counts = append(counts, kernel.Count{Name: "wait to be accepted, 99 of 100 below", Value: wait.quantile(0.99), Unit: "s"})
	}
	return counts
}

func (t *tracker) open() int {
	n := 0
	for _, l := range t.live {
		if l.seen == t.looks {
			n++
		}
	}
	return n
}

func (t *tracker) anomalyTable() kernel.Table {
	table := kernel.Table{Name: tableAnomalies, Columns: []kernel.Column{{Name: "after", Unit: "s"}, {Name: "for", Unit: "s"}, {Name: "value", Unit: "count"}, {Name: "anomaly"}, {Name: "of"}, {Name: "code"}, {Name: "what"}}}
	for _, k := range t.sortedAnomalies() {
		a := t.anomalies[k]
		table.Rows = append(table.Rows, []kernel.Cell{
			{Value: a.first.Sub(t.look.first).Seconds()}, {Value: a.last.Sub(a.first).Seconds()}, {Value: a.most}, text(k.kind), text(k.subject), text(k.code), text(a.text),
		})
	}
	return table
}

// busiest is the peers in the order of how many connections there were.
func (t *tracker) busiest() []peerKey {
	weight := func(k peerKey) int { return t.peers[k].opened + t.peers[k].failed + t.look.byPeer[k] }
	keys := slices.SortedFunc(maps.Keys(t.peers), func(a, b peerKey) int { return cmp.Or(cmp.Compare(weight(b), weight(a)), a.compare(b)) })
	return keys[:min(len(keys), maxRows)]
}

func (k peerKey) compare(o peerKey) int {
	return cmp.Or(k.remote.Compare(o.remote), cmp.Compare(k.port, o.port), cmp.Compare(direction(k.outgoing), direction(o.outgoing)))
}

func (t *tracker) peerTable() kernel.Table {
	table := kernel.Table{Name: tablePeers, Columns: []kernel.Column{
		{Name: "opened", Unit: "count"},
		{Name: "failed", Unit: "count"},
		{Name: "closed", Unit: "count"},
		{Name: "open", Unit: "count"},
		{Name: "connect p50", Unit: "s"},
		{Name: "p99", Unit: "s"},
		{Name: "max", Unit: "s"},
		{Name: "dir"},
		{Name: "peer"},
		{Name: "failures"},
	}}
	for _, k := range t.busiest() {
		p := t.peers[k]
		table.Rows = append(table.Rows, []kernel.Cell{
			number(float64(p.opened)), number(float64(p.failed)), number(float64(p.closed)), number(float64(t.look.byPeer[k])),
			seconds(p.connect.n > 0, p.connect.quantile(0.5)), seconds(p.connect.n > 0, p.connect.quantile(0.99)), seconds(p.connect.n > 0, p.connect.high.Seconds()),
			text(direction(k.outgoing)), text(k.String()), text(counts(p.failures)),
		})
	}
	return table
}

func (t *tracker) pathTable() kernel.Table {
	table := kernel.Table{Name: tablePaths, Columns: []kernel.Column{
		{Name: "rtt p50", Unit: "s"},
		{Name: "p99", Unit: "s"},
		{Name: "min", Unit: "s"},
		{Name: "var", Unit: "s"},
		{Name: "segments", Unit: "count"},
		{Name: "sent again", Unit: "ratio"},
		{Name: "sent", Unit: "B"},
		{Name: "received", Unit: "B"},
		{Name: "dir"},
		{Name: "peer"},
	}}
	for _, k := range t.busiest() {
		if row, ok := t.pathRow(k); ok {
			table.Rows = append(table.Rows, row)
		}
	}
	return table
}

func (t *tracker) pathRow(k peerKey) ([]kernel.Cell, bool) {
	p := *t.peers[k] // a copy: open connections count until now
	p.rtt.kept = slices.Clone(p.rtt.kept)
	for _, l := range t.live {
		if l.key == k && l.seen == t.looks && l.socket.Known && l.socket.RTT > 0 {
			p.roundTrip(l.socket.RTT, l.socket.RTTVar, l.socket.MinRTT)
		}
	}
	if p.rtt.n == 0 {
		return nil, false
	}
	return []kernel.Cell{
		number(p.rtt.quantile(0.5)), number(p.rtt.quantile(0.99)), seconds(p.minRTT > 0, p.minRTT.Seconds()), number(p.rttvarSum.Seconds() / float64(p.rtt.n)),
		number(float64(p.segments)), ratio(p.retransmits, p.segments), number(float64(p.sent)), number(float64(p.received)), text(direction(k.outgoing)), text(k.String()),
	}, true
}

func number(v float64) kernel.Cell { return kernel.Cell{Value: v} }

func text(s string) kernel.Cell { return kernel.Cell{Text: s} }

// seconds is a time, or a dash where it is not known.
func seconds(known bool, v float64) kernel.Cell {
	if !known {
		return kernel.Cell{Text: "–"}
	}
	return kernel.Cell{Value: v}
}

func ratio(part, of uint64) kernel.Cell {
	if of == 0 {
		return kernel.Cell{Text: "–"}
	}
	return kernel.Cell{Value: float64(part) / float64(of)}
}

// counts is "refused 3, timed out 1".
func counts(by map[string]int) string {
	text := ""
	for _, k := range slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) }) {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s %d", k, by[k])
	}
	return text
}

// group is connections that a table shows as one row.
type group struct {
	key   peerKey
	state sockets.State
	code  string
}

func (t *tracker) connectionTable() kernel.Table {
	table := kernel.Table{Name: tableConnections, Columns: []kernel.Column{
		{Name: "count", Unit: "count"},
		{Name: "new", Unit: "count"},
		{Name: "rtt p50", Unit: "s"},
		{Name: "rtt p99", Unit: "s"},
		{Name: "to read", Unit: "B"},
		{Name: "to send", Unit: "B"},
		{Name: "idle", Unit: "s"},
		{Name: "dir"},
		{Name: "peer"},
		{Name: "state"},
		{Name: "code"},
	}}
	groups := map[group][]*live{}
	for _, l := range t.live {
		if l.seen == t.looks {
			g := group{l.key, l.socket.State, l.code}
			groups[g] = append(groups[g], l)
		}
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b group) int {
		return cmp.Or(cmp.Compare(len(groups[b]), len(groups[a])), a.key.compare(b.key), cmp.Compare(a.state, b.state), cmp.Compare(a.code, b.code))
	})
	for _, g := range keys[:min(len(keys), maxRows)] {
		table.Rows = append(table.Rows, groupRow(g, groups[g]))
	}
	return table
}

func groupRow(g group, all []*live) []kernel.Cell {
	var rtt spread
	var fresh, read, send, idle float64
	for _, l := range all {
		s := &l.socket
		if !l.at.IsZero() {
			fresh++
		}
		if s.Known && s.RTT > 0 {
			rtt.add(s.RTT)
		}
		read += float64(s.Receive)
		send += float64(s.Send)
		if s.Known && s.State == sockets.Established {
			idle = max(idle, s.Idle().Seconds())
		} else if s.Known {
			idle = max(idle, s.SinceAck.Seconds())
		}
	}
	return []kernel.Cell{
		number(float64(len(all))), number(fresh), seconds(rtt.n > 0, rtt.quantile(0.5)), seconds(rtt.n > 0, rtt.quantile(0.99)),
		number(read), number(send), number(idle), text(direction(g.key.outgoing)), text(g.key.String()), text(g.state.String()), text(g.code),
	}
}

func (t *tracker) openerTable() kernel.Table {
	table := kernel.Table{Name: tableOpeners, Columns: []kernel.Column{{Name: "opened", Unit: "count"}, {Name: "closed", Unit: "count"}, {Name: "still open", Unit: "count"}, {Name: "dir"}, {Name: "peer"}, {Name: "code"}, {Name: "stack"}}}
	keys := slices.SortedFunc(maps.Keys(t.openers), func(a, b opener) int {
		return cmp.Or(cmp.Compare(t.openers[b].opened, t.openers[a].opened), a.peer.compare(b.peer), cmp.Compare(a.code, b.code))
	})
	for _, k := range keys[:min(len(keys), maxRows)] {
		o := t.openers[k]
		table.Rows = append(table.Rows, []kernel.Cell{{Value: float64(o.opened)}, {Value: float64(o.closed)}, {Value: float64(o.opened - o.closed)}, text(direction(k.peer.outgoing)), text(k.peer.String()), text(k.code), text(t.ways[k.code])})
	}
	return table
}

func (t *tracker) listenerTable() kernel.Table {
	table := kernel.Table{Name: tableListeners, Columns: []kernel.Column{
		{Name: "accepted", Unit: "count"},
		{Name: "wait p50", Unit: "s"},
		{Name: "wait p99", Unit: "s"},
		{Name: "wait max", Unit: "s"},
		{Name: "queued", Unit: "count"},
		{Name: "queued max", Unit: "count"},
		{Name: "limit", Unit: "count"},
		{Name: "dropped", Unit: "count"},
		{Name: "half-open max", Unit: "count"},
		{Name: "listener"},
	}}
	for _, at := range slices.SortedFunc(maps.Keys(t.listeners), netip.AddrPort.Compare) {
		l := t.listeners[at]
		if len(table.Rows) == maxRows {
			break
		}
		wait := t.accepts[at.Port()]
		if wait == nil {
			wait = &spread{}
		}
		table.Rows = append(table.Rows, []kernel.Cell{
			number(float64(wait.n)), seconds(wait.n > 0, wait.quantile(0.5)), seconds(wait.n > 0, wait.quantile(0.99)), seconds(wait.n > 0, wait.high.Seconds()),
			{Value: float64(l.backlog)},
			{Value: float64(l.most)},
			{Value: float64(l.limit)},
			{Value: float64(grown(l.drops, l.firstDrops))},
			{Value: float64(l.mostHalf)},
			{Text: owning(listenerName(at), l.owner)},
		})
	}
	return table
}

func (t *tracker) limitTable() kernel.Table {
	table := kernel.Table{Name: tableLimits, Columns: []kernel.Column{{Name: "used", Unit: "count"}, {Name: "limit", Unit: "count"}, {Name: "share", Unit: "ratio"}, {Name: "more a minute", Unit: "count"}, {Name: "exhausted in", Unit: "s"}, {Name: "what"}}}
	add := func(s *series, limit int, what string) {
		if limit <= 0 || len(s.values) == 0 {
			return
		}
		rate, _ := s.growth()
		left, ends := s.runsOut(float64(limit))
		table.Rows = append(table.Rows, []kernel.Cell{number(s.last()), number(float64(limit)), number(s.last() / float64(limit)), number(60 * rate), seconds(ends, left.Seconds()), text(what)})
	}
	for _, name := range t.fullest() {
		u := t.uses[name]
		if n := len(table.Rows); n < 3 || n < 10 && u.fds.last() > 0.1*float64(u.limit) {
			add(&u.fds, u.limit, owning("file descriptors", name))
		}
	}
	most := len(table.Rows) + 10
	keys := slices.SortedFunc(maps.Keys(t.peers), func(a, b peerKey) int {
		return cmp.Or(cmp.Compare(t.peers[b].portsAt.last(), t.peers[a].portsAt.last()), a.compare(b))
	})
	for _, k := range keys {
		if p := t.peers[k]; p.portsAt.last() > 0 && len(table.Rows) < most {
			add(&p.portsAt, t.ports, "local ports towards "+k.String())
		}
	}
	return table
}
