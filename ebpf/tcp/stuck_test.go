package tcp

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/sockets"
)

// TestStuck: bytes that nobody reads or takes, on connections that are still.
func TestStuck(t *testing.T) {
	with := func(change func(*sockets.Socket)) sockets.Socket {
		s := out(1, 9, 0)
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		socket sockets.Socket
		want   []string
		text   string
	}{
		"unread":           {with(func(s *sockets.Socket) { s.Receive, s.SinceRead, s.SinceSent = 5000, 40*time.Second, time.Second }), []string{Unread}, "5000 bytes came more than 10s ago and are not read"},
		"unsent":           {with(func(s *sockets.Socket) { s.Send, s.SinceSent, s.SinceRead = 4<<20, 40*time.Second, time.Second }), []string{Unsent}, "4194304 bytes are not taken by the peer, nothing went out for 40s"},
		"being read":       {with(func(s *sockets.Socket) { s.Receive, s.SinceRead = 5000, time.Second }), nil, ""},
		"a FIN alone":      {with(func(s *sockets.Socket) { s.State, s.Receive, s.SinceRead = sockets.CloseWait, 1, 40*time.Second }), nil, ""},
		"being sent":       {with(func(s *sockets.Socket) { s.Send, s.SinceSent = 4<<20, time.Second }), nil, ""},
		"still and empty":  {with(func(s *sockets.Socket) { s.SinceRead, s.SinceSent = time.Minute, time.Minute }), nil, ""},
		"closed by nobody": {with(func(s *sockets.Socket) { s.Receive, s.SinceRead, s.Inode = 5000, time.Minute, 0 }), nil, ""},
	} {
		w := newWorld(Thresholds{})
		w.see(10, c.socket)
		if got := w.kinds(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if len(c.want) > 0 && !strings.Contains(w.events[0].Text, c.text) {
			t.Errorf("%s: %q", name, w.events[0].Text)
		}
	}
}

// TestFailingConnects: connects that fail are odd when it is most of them, and not
// when one of two addresses of a name does not answer once.
func TestFailingConnects(t *testing.T) {
	connect := func(w *world, n int, errno uint32) {
		id := out(n, 0, 0)
		r := &record{kind: recordEnded, outgoing: true, local: id.Local, remote: database, errno: errno}
		if errno == 0 {
			r.kind, r.established = recordOpened, 1
		}
		w.take(r, "main.ask", epoch.Add(time.Duration(w.second)*time.Second))
	}
	for name, c := range map[string]struct {
		good, bad int
		want      []string
	}{
		"refused":   {0, 8, []string{Failing}},
		"a few":     {0, 4, nil},
		"of many":   {100, 8, nil},
		"a quarter": {24, 8, []string{Failing}},
	} {
		w := newWorld(Thresholds{})
		for n := range c.good {
			connect(w, n, 0)
		}
		for n := range c.bad {
			connect(w, 1000+n, 111)
		}
		w.see(10)
		if got := w.kinds(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		for _, e := range w.events {
			if e.Kind == Failing && !strings.Contains(e.Text, "connects to 10.0.9.4:5432 failed: ") {
				t.Errorf("%s: %q", name, e.Text)
			}
		}
	}
}
