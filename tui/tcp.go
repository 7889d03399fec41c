package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// tcp is the connections of the target: what is odd about them, the peers, the
// connections of the peer that is chosen, who opens them and what they use up.
type tcp struct {
	desk
	group string // ID of the part whose row the members belong to
}

const (
	tcpPeers  = "tcp-tcp-peers"
	tcpPaths  = "tcp-round-trips-and-retransmissions"
	tcpGroups = "tcp-open-connections"
	tcpSingle = "tcp-connections-one-by-one"
)

func (t *tcp) set(d *Data) {
	t.d = d
	t.absence = needed[ofTCP].absent(d)
	odd := d.partOf("tcp-anomalies", "odd",
		column{of: "anomaly", kind: word, style: warns}, column{of: "of", kind: word, shed: 2}, column{of: "after", shed: 3}, column{of: "for", shed: 4}, column{of: "what", kind: passage}, column{of: "code", kind: function, shed: 5})
	if odd == nil && len(d.exhibits("tcp-")) > 0 {
		odd = &part{id: "tcp-anomalies", title: "odd", show: fixed{plainLine(paint.Good, " Nothing odd was seen.")}}
	}
	if t.group == "" {
		t.group = tcpPeers
	}
	dir := column{of: "dir", kind: word}
	parts := []*part{
		odd, t.peers(),
		d.partOf(tcpGroups, "open connections, by peer, state and code",
			column{of: "count", bar: true}, column{of: "new", shed: 2}, dir, column{of: "peer", kind: word}, column{of: "state", kind: word, style: stateStyle}, column{of: "rtt p50", shed: 5}, column{of: "rtt p99", shed: 6},
			column{of: "to read", shed: 4}, column{of: "to send", shed: 7}, column{of: "idle", shed: 3}, column{of: "code", kind: function}),
		t.members(),
		d.partOf("tcp-what-connections-use-up", "what connections use up",
			column{of: "used"}, column{of: "limit", shed: 1}, column{of: "share", bar: true, shed: 2}, column{of: "more a minute", name: "a minute", shed: 4}, column{of: "exhausted in", style: t.ends}, column{of: "what", kind: passage}),
		t.descriptors(),
		d.partOf("tcp-listeners", "listeners",
			column{of: "accepted", bar: true}, column{of: "listener", kind: word}, column{of: "wait p50", shed: 3}, column{of: "wait p99", shed: 1}, column{of: "wait max", shed: 5}, column{of: "queued", shed: 6}, column{of: "queued max", shed: 2}, column{of: "limit", shed: 4}, column{of: "dropped"}),
		d.partOf("tcp-code-that-opens-connections", "code that opens connections",
			column{of: "opened", bar: true}, column{of: "closed", shed: 3}, column{of: "still open", shed: 1}, dir, column{of: "peer", kind: word, shed: 2}, column{of: "code", kind: function}),
		histogramPart(d.exhibit("tcp-connect-latency")), histogramPart(d.exhibit("tcp-wait-to-be-accepted")),
	}
	parts = append(parts, others(d.exhibits("tcp-", append(ids(parts), tcpPaths)...))...)
	needs(parts, map[string]int{tcpPeers: 6, tcpGroups: 7, tcpSingle: 7})
	beside(parts, "fds", "tcp-wait-to-be-accepted")
	if len(d.exhibits("tcp-")) == 0 {
		t.parts = nil
		return
	}
	if t.put(t.vitals(), parts...); len(t.parts) > 0 {
		t.absence = nil
	}
}

func warns([]report.Cell) paint.Style { return paint.Warning }

// ends warns of what will be used up.
func (t *tcp) ends(row []report.Cell) paint.Style {
	if left := named(t.d.exhibit("tcp-what-connections-use-up"))(row, "exhausted in"); left.Text == "" && left.Value > 0 {
		return paint.Warning
	}
	return paint.Plain
}

// stateStyle marks connections that the peer has closed and the process has not.
func stateStyle(row []report.Cell) paint.Style {
	if slices.ContainsFunc(row, func(c report.Cell) bool { return c.Text == "CLOSE_WAIT" }) {
		return paint.Warning
	}
	return paint.Plain
}

// descriptors is how the number of file descriptors went, and where it may not go.
func (t *tcp) descriptors() *part {
	p := t.openOver()
	if p == nil {
		return nil
	}
	note := "a mark for each look"
	if p.wall > 0 {
		note = "limit " + report.FormatValue(p.wall, "count")
	}
	return &part{id: "fds", title: "file descriptors over time", note: note, picture: true, shy: true, show: p, least: plotRows + 3}
}

func (t *tcp) openOver() *plot {
	s := t.d.number("file descriptors")
	if s == nil {
		return nil
	}
	limit := 0.0
	if e := t.d.exhibit("tcp-what-connections-use-up"); e != nil && e.Table != nil {
		get := named(e)
		for _, row := range e.Table.Rows {
			if get(row, "what").Text == "file descriptors" {
				limit = get(row, "limit").Value
			}
		}
	}
	return newPlot("count", limit, "limit of file descriptors", track{name: "open", mark: barMark, style: paint.Accent, times: s.Times, values: s.Lines[0].Values})
}

// vitals are sums over all peers.
func (t *tcp) vitals() (facts []fact) {
	if e := t.d.exhibit(tcpPeers); e != nil && e.Table != nil {
		s := newSheet(e.Table)
		var open, opened, failed float64
		for i := range e.Table.Rows {
			open, opened, failed = open+s.cell(i, "open").Value, opened+s.cell(i, "opened").Value, failed+s.cell(i, "failed").Value
		}
		style := paint.Strong
		if failed > 0 {
			style = paint.Warning
		}
		facts = append(facts, fact{"open", report.FormatValue(open, "count"), paint.Strong}, fact{"opened", report.FormatValue(opened, "count"), paint.Strong}, fact{"failed", report.FormatValue(failed, "count"), style})
	}
	if e := t.d.exhibit("tcp-what-connections-use-up"); e != nil && e.Table != nil {
		s := newSheet(e.Table)
		for i := range e.Table.Rows {
			if s.cell(i, "what").Text == "file descriptors" {
				facts = append(facts, fact{"file descriptors", fmt.Sprintf("%s of %s", report.FormatValue(s.cell(i, "used").Value, "count"), report.FormatValue(s.cell(i, "limit").Value, "count")), paint.Strong})
			}
		}
	}
	return facts
}

// peers is what is known of each peer: its connections and its round trips.
func (t *tcp) peers() *part {
	e := t.d.exhibit(tcpPeers)
	if e == nil || e.Table == nil {
		return nil
	}
	both := *e.Table
	if paths := t.d.exhibit(tcpPaths); paths != nil && paths.Table != nil {
		both = joinTables(e.Table, paths.Table)
	}
	p := &part{id: tcpPeers, title: "peers", show: newSheet(&both,
		column{of: "opened", bar: true}, column{of: "open", shed: 1}, column{of: "failed", style: failedStyle(&both)}, column{of: "dir", kind: word}, column{of: "peer", kind: word},
		column{of: "connect p50", shed: 5}, column{of: "p99", name: "p99", shed: 6}, column{of: "rtt p50", shed: 3}, column{of: "rtt p99", name: "p99", shed: 4}, column{of: "sent again", name: "resent", shed: 2},
		column{of: "sent", shed: 7}, column{of: "received", shed: 8}, column{of: "failures", kind: passage, shed: 9})}
	most, peers := 0.0, p.show.(*sheet)
	for i := range both.Rows {
		if open := peers.cell(i, "open").Value; open > most {
			p.list.at, most = i, open // those that are there now
		}
	}
	return p
}

func failedStyle(t *report.Table) func([]report.Cell) paint.Style {
	get := named(&report.Exhibit{Table: t})
	return func(row []report.Cell) paint.Style {
		if get(row, "failed").Value > 0 {
			return paint.Warning
		}
		return paint.Plain
	}
}

// joinTables adds to the rows of a table those of another about the same peer.
func joinTables(a, b *report.Table) report.Table {
	out := report.Table{Columns: slices.Clone(a.Columns)}
	other := newSheet(b)
	var more []string
	for _, c := range b.Columns {
		switch name := c.Name; name {
		case "dir", "peer":
		default:
			more = append(more, name)
			if name == "p99" {
				c.Name = "rtt p99" // the other table has one as well, of connecting
			}
			out.Columns = append(out.Columns, c)
		}
	}
	one := newSheet(a)
	for i, row := range a.Rows {
		row = slices.Clone(row)
		for k := range b.Rows {
			if other.cell(k, "peer") == one.cell(i, "peer") && other.cell(k, "dir") == one.cell(i, "dir") {
				for _, name := range more {
					row = append(row, other.cell(k, name))
				}
				break
			}
		}
		for len(row) < len(out.Columns) {
			row = append(row, report.Cell{Text: "–"})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// members is the connections of the row that is chosen among peers or groups.
func (t *tcp) members() *part {
	e := t.d.exhibit(tcpSingle)
	if e == nil || e.Table == nil {
		return nil
	}
	return &part{id: tcpSingle, title: "connections of the peer at hand", show: &members{of: t, all: newSheet(e.Table)}}
}

// members is a table of connections, made anew when another peer is chosen.
type members struct {
	*sheet
	of   *tcp
	all  *sheet
	peer [4]string // whose they are
}

func (m *members) lay(width int) (head []line, rows int) {
	if peer := m.of.chosenPeer(); m.sheet == nil || peer != m.peer {
		m.peer = peer
		t := &report.Table{Columns: m.all.table.Columns}
		for i, row := range m.all.table.Rows {
			if m.belongs(i) {
				t.Rows = append(t.Rows, row)
			}
		}
		m.sheet = newSheet(t, column{of: "fd", kind: word}, column{of: "state", kind: word, style: stateStyle}, column{of: "local", kind: word, shed: 4}, column{of: "remote", kind: word}, column{of: "age", shed: 1}, column{of: "idle"},
			column{of: "srtt", shed: 2}, column{of: "sent again", name: "resent", shed: 3}, column{of: "sent", shed: 6}, column{of: "received", shed: 7}, column{of: "accept wait", shed: 9}, column{of: "connect", shed: 8}, column{of: "goroutine", kind: word, shed: 10}, column{of: "code", kind: function})
	}
	if head, rows = m.sheet.lay(width); rows == 0 {
		head = []line{plainLine(paint.Faint, fmt.Sprintf(" None of them is among the %s that were kept one by one.", plural(len(m.all.cells), "connection")))}
	}
	return head, rows
}

// chosenPeer is direction and peer of the row at hand, and of a group its state
// and code.
func (t *tcp) chosenPeer() (of [4]string) {
	if id := t.part().id; id == tcpPeers || id == tcpGroups {
		t.group = id
	}
	s, row := t.chosen(t.group)
	if s == nil {
		return of
	}
	of[0], of[1] = s.cell(row, "dir").Text, s.cell(row, "peer").Text
	if t.group == tcpGroups {
		of[2], of[3] = s.cell(row, "state").Text, s.cell(row, "code").Text
	}
	return of
}

// belongs says that a connection is with the peer: one of an incoming peer is
// known by its host and by the port that it came to.
func (m *members) belongs(i int) bool {
	cell := func(column string) string { return m.all.cell(i, column).Text }
	if m.peer[0] != cell("dir") || m.peer[2] != "" && (m.peer[2] != cell("state") || m.peer[3] != cell("code")) {
		return false
	}
	host, port, in := strings.Cut(m.peer[1], " ▶ ")
	if !in {
		return cell("remote") == m.peer[1]
	}
	at := strings.LastIndexByte(cell("remote"), ':')
	return at >= 0 && strings.Trim(cell("remote")[:at], "[]") == strings.Trim(host, "[]") && strings.HasSuffix(cell("local"), port)
}

func (t *tcp) plain(p *prose) {
	t.tell(p)
	if o := t.openOver(); o != nil && len(t.parts) > 0 {
		p.heading("file descriptors over time")
		o.tell(p)
	}
	if e := t.d.exhibit(tcpSingle); e != nil && e.Table != nil {
		p.heading("%s", report.Clean(e.Title))
		p.table(e.Table)
	}
}
