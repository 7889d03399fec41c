package tcp

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/goperf/goperf/kernel"
)

// singleTable is the connections that are open at the end, one by one, those
// with retransmissions and the longest idle first.
func (t *tracker) singleTable() kernel.Table {
	table := kernel.Table{Name: tableSingle, Columns: []kernel.Column{
		{Name: "remote"},
		{Name: "dir"},
		{Name: "fd"},
		{Name: "state"},
		{Name: "idle", Unit: "s"},
		{Name: "age", Unit: "s"},
		{Name: "connect", Unit: "s"},
		{Name: "accept wait", Unit: "s"},
		{Name: "srtt", Unit: "s"},
		{Name: "rtt var", Unit: "s"},
		{Name: "rtt min", Unit: "s"},
		{Name: "sent again", Unit: "count"},
		{Name: "sent", Unit: "B"},
		{Name: "received", Unit: "B"},
		{Name: "local"},
		{Name: "goroutine"},
		{Name: "code"},
	}}
	var all []*live
	for _, l := range t.live {
		if l.seen == t.looks {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b *live) int {
		return cmp.Or(cmp.Compare(b.socket.Retransmits, a.socket.Retransmits), cmp.Compare(b.socket.Idle(), a.socket.Idle()),
			a.socket.Local.Compare(b.socket.Local), a.socket.Remote.Compare(b.socket.Remote))
	})
	for _, l := range all[:min(len(all), maxSingle)] {
		table.Rows = append(table.Rows, t.singleRow(l))
	}
	return table
}

func (t *tracker) singleRow(l *live) []kernel.Cell {
	s, r := &l.socket, l.record
	if r == nil {
		r = &record{}
	}
	wait, waited := r.queued()
	known := func(d time.Duration) kernel.Cell { return seconds(s.Known, d.Seconds()) }
	return []kernel.Cell{
		text(s.Remote.String()), text(direction(l.key.outgoing)), text(numbered(int64(l.fd), l.fd >= 0)), text(s.State.String()),
		known(s.Idle()), seconds(!l.at.IsZero(), max(t.look.at.Sub(l.at), 0).Seconds()), seconds(r.established != 0 && r.outgoing, r.connecting().Seconds()), seconds(waited, wait.Seconds()),
		known(s.RTT), known(s.RTTVar), seconds(s.MinRTT > 0, s.MinRTT.Seconds()), number(float64(s.Retransmits)), number(float64(s.Sent)), number(float64(s.Received)),
		text(s.Local.String()), text(numbered(int64(r.goid), r.goid != 0)), text(l.code),
	}
}

// numbered is a number that names something.
func numbered(n int64, known bool) string {
	if !known {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// maxSingle is how many connections are shown one by one.
const maxSingle = 10
