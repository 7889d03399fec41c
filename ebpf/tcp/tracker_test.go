package tcp

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/ebpf/sockets"
	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/profile/symbol"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// world is a process whose sockets a test makes up.
type world struct {
	*tracker
	second int
	held   map[uint32]handle
	events []Event
}

func newWorld(limits Thresholds) *world {
	w := &world{}
	w.tracker = newTracker(limits, func(e Event) { w.events = append(w.events, e) }, 100)
	return w
}

// see is a look at these sockets, a second after the one before.
func (w *world) see(fds int, all ...sockets.Socket) {
	w.held = map[uint32]handle{}
	for _, s := range all {
		if s.Inode != 0 {
			w.held[s.Inode] = handle{fd: int(s.Inode)}
		}
	}
	w.begin(epoch.Add(time.Duration(w.second)*time.Second), w.held, []holder{{fds: fds, limit: 1000}})
	w.second++
	for i := range all {
		w.socket(&all[i])
	}
	w.end(nil, sockets.Counters{})
}

func (w *world) kinds() []string {
	var kinds []string
	for k := range w.anomalies {
		kinds = append(kinds, k.kind)
	}
	slices.Sort(kinds)
	return kinds
}

func port(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(n))
}

var database = netip.MustParseAddrPort("10.0.9.4:5432")

// out is a connection to the database.
func out(n int, segments, again uint32) sockets.Socket {
	return sockets.Socket{
		Local: port(40000 + n), Remote: database, State: sockets.Established, Inode: uint32(100 + n),
		Info: sockets.Info{Known: true, RTT: time.Millisecond, Segments: segments, Retransmits: again},
	}
}

func TestRetransmits(t *testing.T) {
	for _, c := range []struct {
		name string
		each [][2]uint32 // segments and retransmissions of one connection at each look
		want []string
	}{
		{"none", [][2]uint32{{0, 0}, {1000, 0}, {2000, 0}}, nil},
		{"by chance", [][2]uint32{{0, 0}, {1000, 4}}, nil},
		{"before the probe", [][2]uint32{{1000, 500}, {2000, 500}}, nil},
		{"always", [][2]uint32{{0, 0}, {400, 8}, {800, 16}}, []string{Loss}},
		{"all at once", [][2]uint32{{0, 0}, {1000, 1}, {2000, 2}, {3000, 3}, {4000, 4}, {5000, 5}, {6000, 6}, {7000, 7}, {7500, 40}}, []string{Surge}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(Thresholds{})
			for _, n := range c.each {
				w.see(10, out(1, n[0], n[1]))
			}
			if got := w.kinds(); !slices.Equal(got, c.want) {
				t.Errorf("anomalies %v, want %v", got, c.want)
			}
		})
	}
}

// A connection that is there at one look and gone at the next was closed, and
// what it sent is counted once.
func TestLooksAlone(t *testing.T) {
	w := newWorld(Thresholds{})
	w.blind = true
	w.see(10, out(1, 50, 1))
	w.see(11, out(1, 70, 2), out(2, 10, 0))
	w.see(10, out(2, 15, 0))
	if w.total.connected != 1 || w.total.closed != 1 || w.open() != 1 {
		t.Errorf("%+v, %d open", w.total, w.open())
	}
	if s := w.state(); s.Segments != 35 || s.Retransmits != 1 || s.Open["ESTABLISHED"] != 1 || s.Descriptors != 10 {
		t.Errorf("state: %+v", s)
	}
}

func TestGrowthOfWhatIsOpen(t *testing.T) {
	grow := func(idle time.Duration, level int) *world {
		w := newWorld(Thresholds{})
		for look := range 12 {
			var all []sockets.Socket
			for n := range min(4*look, level) {
				id := out(n, 5, 0)
				r := &record{kind: recordOpened, outgoing: true, established: 1, local: id.Local, remote: database}
				if w.live[tuple{id.Local, database}] == nil {
					w.take(r, "main.open", epoch.Add(time.Duration(look)*time.Second))
				}
				id.SinceSent, id.SinceRead = idle, idle
				all = append(all, id)
			}
			w.see(20+len(all), all...)
		}
		return w
	}
	leaked := func(w *world) bool {
		return slices.ContainsFunc(w.events, func(e Event) bool { return e.Kind == Leak && e.Code == "main.open" })
	}
	if w := grow(time.Minute, 1000); !leaked(w) {
		t.Errorf("connections that nobody uses: %v", w.kinds())
	}
	if w := grow(0, 1000); leaked(w) {
		t.Errorf("used all the time: %v", w.kinds())
	}
	if w := grow(time.Minute, 16); w.kinds() != nil {
		t.Errorf("a pool that is full: %v", w.kinds())
	}
}

func TestRunningOut(t *testing.T) {
	w := newWorld(Thresholds{})
	w.see(900, out(1, 1, 0))
	if got := w.kinds(); !slices.Equal(got, []string{Descriptors}) {
		t.Errorf("nine of ten descriptors: %v", got)
	}
	w = newWorld(Thresholds{})
	for i := range 12 {
		w.see(300 + 10*i)
	}
	if got := w.kinds(); !slices.Equal(got, []string{Descriptors}) {
		t.Errorf("descriptors that grow: %v", got)
	}
	// 85 of 100 ports, most of them of connections that are over.
	w = newWorld(Thresholds{})
	all := []sockets.Socket{out(0, 1, 0)}
	for n := range 85 {
		all = append(all, sockets.Socket{Local: port(n + 1), Remote: database, State: sockets.TimeWait})
	}
	w.see(10, all...) // the peer becomes known
	w.peer(peerKey{outgoing: true, remote: database})
	w.see(10, all...)
	if got := w.kinds(); !slices.Equal(got, []string{Ports}) {
		t.Errorf("ports: %v", got)
	}
}

// A queue that is full now is named even when nothing was dropped yet.
func TestFullQueue(t *testing.T) {
	w := newWorld(Thresholds{})
	s := sockets.Socket{Local: netip.MustParseAddrPort("[::]:8080"), State: sockets.Listen, Inode: 7, Receive: 128, Send: 128}
	w.see(10, s)
	if got := w.kinds(); !slices.Equal(got, []string{AcceptOverflow}) || w.events[0].Subject != ":8080" {
		t.Errorf("%v %+v", got, w.events)
	}
}

// However many peers there are, the memory for them is bounded.
func TestManyPeers(t *testing.T) {
	w := newWorld(Thresholds{})
	for i := range maxPeers + 100 {
		remote := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1)
		w.take(&record{kind: recordEnded, outgoing: true, local: port(1), remote: remote, errno: 111}, "", epoch)
	}
	if len(w.peers) > maxPeers+1 || w.overflown != 100 || w.total.failed != maxPeers+100 {
		t.Errorf("%d peers, %d beyond, %d failed", len(w.peers), w.overflown, w.total.failed)
	}
	w.see(10)
	m := w.fold(epoch, epoch.Add(time.Second), make([]uint64, numCounters))
	for _, table := range m.Tables {
		if len(table.Rows) > maxRows {
			t.Errorf("%s has %d rows", table.Name, len(table.Rows))
		}
	}
}

func TestSpread(t *testing.T) {
	var s spread
	for i := range 100_000 {
		s.add(time.Duration(i+1) * time.Microsecond)
	}
	if len(s.kept) > maxKept || s.n != 100_000 || s.low != time.Microsecond || s.high != 100*time.Millisecond {
		t.Errorf("%d kept of %d, %v to %v", len(s.kept), s.n, s.low, s.high)
	}
	if q := s.quantile(0.5); q < 0.049 || q > 0.051 {
		t.Errorf("median %v s, want about 0.05 s", q)
	}
	if q := s.quantile(1); q != 0.1 {
		t.Errorf("maximum %v s", q)
	}
}

func TestDecodeRecord(t *testing.T) {
	b := make([]byte, recordBytes)
	for i := range 9 {
		binary.NativeEndian.PutUint64(b[8*i:], uint64(i+1)*1000)
	}
	for i := range 7 {
		binary.NativeEndian.PutUint32(b[72+4*i:], uint32(i+1))
	}
	binary.NativeEndian.PutUint16(b[100:], 40000)
	binary.NativeEndian.PutUint16(b[102:], 5432)
	local, remote := netip.MustParseAddr("::ffff:10.0.0.1").As16(), netip.MustParseAddr("2001:db8::1").As16()
	copy(b[104:], local[:])
	copy(b[120:], remote[:])
	b[136], b[137] = 1, recordEnded
	binary.NativeEndian.PutUint32(b[140:], 11)
	copy(b[144:], "shop")
	got, err := decodeRecord(b)
	want := record{
		sk: 1000, began: 2000, established: 3000, accepted: 4000, over: 5000, actor: actor{goid: 6000, stack: 7000, pid: 11, comm: "shop"}, sent: 8000, received: 9000,
		srtt: time.Microsecond, rttvar: 2 * time.Microsecond, minRTT: 3 * time.Microsecond, segments: 4, retransmits: 5, synAgain: 6, errno: 7,
		local: port(40000), remote: netip.MustParseAddrPort("[2001:db8::1]:5432"), outgoing: true, kind: recordEnded,
	}
	if err != nil || got != want {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
	}
	for _, bad := range [][]byte{nil, b[:143], append(bytes.Clone(b), 0), make([]byte, recordBytes)} {
		if r, err := decodeRecord(bad); err == nil {
			t.Errorf("%d bytes are read as %+v", len(bad), r)
		}
	}
}

func TestOwnCode(t *testing.T) {
	c := symbol.Classifier{Main: "example.com/shop"}
	for want, stack := range map[string]string{
		"example.com/shop/store.open":       "syscall.connect net.(*netFD).connect net.(*Dialer).Dial github.com/jackc/pgx/v5.connect example.com/shop/store.open main.main runtime.main",
		"github.com/jackc/pgx/v5.connect":   "syscall.connect net.(*Dialer).Dial github.com/jackc/pgx/v5.connect runtime.goexit",
		"net/http.(*Transport).dialConnFor": "syscall.connect net.(*Dialer).Dial net/http.(*Transport).dialConn net/http.(*Transport).dialConnFor runtime.goexit",
		"main.main.func1":                   "net.(*netFD).accept net.(*TCPListener).Accept main.main.func1 runtime.goexit",
		"main.main":                         "syscall.connect net.Dial main.main.gowrap1 main.main runtime.main",
		"":                                  "[vdso]",
	} {
		var frames []stacks.Frame
		for f := range strings.FieldsSeq(stack) {
			frames = append(frames, stacks.Frame{Function: f})
		}
		if got := ownCode(frames, c); got != want {
			t.Errorf("%s: %q, want %q", stack, got, want)
		}
		if got := way(frames, want, c); strings.HasSuffix(want, "store.open") && got != "example.com/shop/store.open ◀ main.main" {
			t.Errorf("way: %q", got)
		}
	}
}

func TestEvents(t *testing.T) {
	r := &record{
		kind: recordEnded, outgoing: true, began: 1e9, established: 0, over: 4e9, errno: 110,
		local: port(1), remote: database, actor: actor{goid: 7},
	}
	got := connectionEvent(r, "main.dial", epoch)
	want := Event{Time: epoch, Kind: Failed, Direction: "out", Local: "10.0.0.1:1", Remote: "10.0.9.4:5432", Code: "main.dial", Goroutine: 7, Error: "timed out", Duration: 3}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.errno = 0; connectionEvent(r, "", epoch).Error != "given up" {
		t.Error("a connect without an error was not given up")
	}
}
