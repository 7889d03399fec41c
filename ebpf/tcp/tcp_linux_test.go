package tcp

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/internal/delayline"
	"github.com/goperf/goperf/kernel"
)

// truth is what internal/truth/connections knows of a connection.
type truth struct {
	Local, Remote       string
	Began, Returned     int64
	RTT, RTTVar, MinRTT uint32
	Retransmits         uint32
	Sent, Received      int
	Error               string
}

// watch is a probe at work and what it told.
type watch struct {
	t       *testing.T
	session probe.Session
	mu      sync.Mutex
	events  []Event
}

func watching(t *testing.T, p *probetest.Program, limits Thresholds) *watch {
	t.Helper()
	target := probe.Target{} // all of the network namespace
	if p != nil {
		target.PID = p.PID
	}
	w := &watch{t: t}
	s, err := Probe(Options{Thresholds: limits, Events: func(e Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
	}}).Start(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	w.session = s
	return w
}

// finish ends the probe. Nothing may be lost.
func (w *watch) finish() *kernel.Measurement {
	w.t.Helper()
	m, err := w.session.Finish()
	if err != nil {
		w.t.Fatal(err)
	}
	if m.Lost() != 0 || len(m.Losses) == 0 {
		w.t.Errorf("lost: %+v", m.Losses)
	}
	return m
}

// of is the events of one kind.
func (w *watch) of(kind string) []Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.events), func(e Event) bool { return e.Kind != kind })
}

// anomalies is the kinds of what was wrong.
func anomalies(m *kernel.Measurement) []string {
	var kinds []string
	for _, t := range m.Tables {
		if t.Name != tableAnomalies {
			continue
		}
		for _, row := range t.Rows {
			kinds = append(kinds, row[3].Text)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func tell(t *testing.T, p *probetest.Program, line string) []truth {
	t.Helper()
	p.Tell(line)
	var all []truth
	p.Truth(&all)
	for _, k := range all {
		if k.Error != "" {
			t.Fatalf("%s: %s", line, k.Error)
		}
	}
	return all
}

func listen(t *testing.T, p *probetest.Program, address string, backlog int) string {
	t.Helper()
	p.Tell(fmt.Sprintf("listen %s %d", address, backlog))
	var k truth
	p.Truth(&k)
	if k.Error != "" {
		t.Fatal(k.Error)
	}
	return k.Local
}

func program(t *testing.T) string {
	t.Helper()
	probetest.Need(t, Probe(Options{}))
	return probetest.Build(t, "internal/truth/connections", "-ldflags=-s -w")
}

// line joins two programs, each in a network namespace of its own.
func line(t *testing.T, o delayline.Options) (l *delayline.Line, near, far *probetest.Program) {
	t.Helper()
	exe := program(t)
	l, err := delayline.Open(o)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		t.Skipf("this machine lets nobody make a network device: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	in := func(e *delayline.End) (p *probetest.Program) {
		if err := e.Inside(func() error { p = probetest.Run(t, exe); return nil }); err != nil {
			t.Fatal(err)
		}
		return p
	}
	return l, in(l.Near), in(l.Far)
}

// What the probe says of a connection is what TCP_INFO said at its end, and the
// handshake lies between the round trip and what the program waited for it.
func TestConnectOverALine(t *testing.T) {
	_, near, far := line(t, delayline.Options{Delay: 25 * time.Millisecond})
	address := listen(t, far, "10.99.0.2:7777", 64)
	far.Tell("accept 5 0")
	w := watching(t, near, Thresholds{})
	want := tell(t, near, "dial "+address+" 5 30000")
	m := w.finish()
	var accepted []truth
	far.Truth(&accepted)

	closed := w.of(Closed)
	if len(closed) != len(want) {
		t.Fatalf("%d connections closed, want %d", len(closed), len(want))
	}
	for i, k := range want {
		e := closed[i]
		micro := func(s float64) uint32 { return uint32(s*1e6 + 0.5) }
		if e.Local != k.Local || e.Remote != address || micro(e.RTT) != k.RTT || micro(e.MinRTT) != k.MinRTT || e.Retransmits != k.Retransmits {
			t.Errorf("seen %+v, TCP_INFO says %+v", e, k)
		}
		if e.Sent != uint64(k.Sent) || e.Received != uint64(k.Received) {
			t.Errorf("seen %d and %d bytes, want %d and %d", e.Sent, e.Received, k.Sent, k.Received)
		}
		if waited := float64(k.Returned-k.Began) / 1e9; e.Connect > waited || e.Connect < e.MinRTT || e.Connect < 0.05 {
			t.Errorf("connected in %v s; the program waited %v s, the line takes 0.05 s", e.Connect, waited)
		}
		if !strings.HasSuffix(e.Code, "main.once") || e.Goroutine == 0 || e.Direction != "out" {
			t.Errorf("opened by %q, goroutine %d, %s", e.Code, e.Goroutine, e.Direction)
		}
		t.Logf("dial %.2f ms, connect %.2f ms, min rtt %.2f ms", float64(k.Returned-k.Began)/1e6, 1e3*e.Connect, 1e3*e.MinRTT)
	}
	// The kernel's own clock of a handshake is its first round trip. A thread may be
	// put off between noting and sending, but not each of five.
	off := math.Inf(1)
	for _, e := range w.of(Connected) {
		off = min(off, math.Abs(e.Connect-e.RTT))
		t.Logf("connect %.3f ms, first round trip %.3f ms", 1e3*e.Connect, 1e3*e.RTT)
	}
	if off > 0.0003 && !probetest.Emulated() {
		t.Errorf("connect latency is %v s off the kernel's clock of the handshake at best", off)
	}
	if n, ok := m.Count("connections opened"); !ok || n != 5 {
		t.Errorf("%v connections opened", n)
	}
}

// The wait in the accept queue lies between what the two ends know of it.
func TestAcceptWait(t *testing.T) {
	p := probetest.Run(t, program(t))
	address := listen(t, p, "127.0.0.1:0", 64)
	w := watching(t, p, Thresholds{})
	type dialled struct{ before, after time.Time }
	dials := map[string]dialled{}
	start := time.Now()
	mono := func(at time.Time) int64 { return int64(at.Sub(start)) }
	for range 4 {
		d := dialled{before: time.Now()}
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		d.after = time.Now()
		dials[c.LocalAddr().String()] = d
	}
	sent := time.Now()
	want := tell(t, p, "accept 4 30")
	w.finish()
	accepted := w.of(Accepted)
	if len(accepted) != 4 {
		t.Fatalf("%d connections accepted", len(accepted))
	}
	for i, k := range want {
		e, d := accepted[i], dials[k.Remote]
		if e.Remote != k.Remote || e.Direction != "in" || !strings.HasSuffix(e.Code, "main.(*program).accept") {
			t.Errorf("seen %+v, want %+v", e, k)
		}
		// It was established before Dial returned and accepted 30 ms or more after
		// the program was told to.
		least := float64(mono(sent)-mono(d.after))/1e9 + 0.03
		most := time.Since(d.before).Seconds()
		if e.Queued < least || e.Queued > most {
			t.Errorf("waited %v s, want between %v and %v", e.Queued, least, most)
		}
	}
}

// Connections that nobody uses or closes, and those that only the peer closed,
// are named with the code that opened them.
func TestForgottenConnections(t *testing.T) {
	exe := program(t)
	leaks, peer := probetest.Run(t, exe), probetest.Run(t, exe)
	address := listen(t, peer, "127.0.0.1:0", 64)
	before := tell(t, leaks, "keep "+address+" 1") // before the probe: its code is not known
	tell(t, peer, "orphan 1")
	w := watching(t, leaks, Thresholds{Idle: 50 * time.Millisecond, CloseWait: 50 * time.Millisecond})
	tell(t, leaks, "keep "+address+" 3")
	tell(t, peer, "orphan 3")
	// Another peer closes at once.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	tell(t, leaks, "keep "+l.Addr().String()+" 2")
	time.Sleep(100 * time.Millisecond) // the time after which they are leaked
	m := w.finish()
	if got := anomalies(m); !slices.Contains(got, Unclosed) || !slices.Contains(got, Leak) {
		t.Errorf("anomalies: %v", got)
	}
	text := func(kind, code string) string {
		for _, e := range w.of(kind) {
			if strings.HasSuffix(e.Code, code) {
				return e.Text
			}
		}
		return ""
	}
	if got := text(Leak, "main.(*program).keep"); !strings.Contains(got, "3 connections to "+address) || !strings.Contains(got, "opened by main.(*program).keep") {
		t.Errorf("leak: %q in %+v", got, w.of(Leak))
	}
	if got := text(Unclosed, "main.(*program).keep"); !strings.Contains(got, "2 connections to "+l.Addr().String()) {
		t.Errorf("close-wait: %q", got)
	}
	if e := w.of(Leak); len(e) != 2 || !slices.ContainsFunc(e, func(e Event) bool { return e.Code == "" && strings.Contains(e.Text, "; fd ") }) {
		t.Errorf("the one opened before the probe (%s) is not told by its descriptor: %+v", before[0].Local, e)
	}
}

// A flood of half-open connections from an address that does not answer is told
// from as many that are complete.
func TestFlood(t *testing.T) {
	l, near, far := line(t, delayline.Options{})
	address := listen(t, far, "10.99.0.2:7777", 1024)
	w := watching(t, far, Thresholds{Flood: 40}) // a look may come between them, and on a busy machine seconds later
	for i := range 300 {
		from := netip.AddrPortFrom(netip.MustParseAddr("10.99.0.77"), uint16(20000+i))
		if err := l.Far.Receive(delayline.SYN(from, netip.MustParseAddrPort(address))); err != nil {
			t.Fatal(err)
		}
	}
	m := w.finish()
	if got := anomalies(m); !slices.Contains(got, SYNFlood) || slices.Contains(got, Burst) {
		t.Errorf("anomalies of a flood: %v", got)
	}
	if e := w.of(SYNFlood); len(e) != 1 || e[0].Subject != "10.99.0.77" || !strings.Contains(e[0].Text, "half-open connections from 10.99.0.77") {
		t.Errorf("flood: %+v", e)
	}

	w = watching(t, far, Thresholds{Flood: 20})
	far.Tell("accept 150 0")
	tell(t, near, fmt.Sprintf("dial %s 150 10", address))
	var accepted []truth
	far.Truth(&accepted)
	time.Sleep(time.Second) // until the second is over in which they came
	m = w.finish()
	// On a busy machine the line is slow, and segments are sent again.
	if got := anomalies(m); !slices.Contains(got, Burst) || slices.Contains(got, SYNFlood) {
		t.Errorf("anomalies of many connections: %v %+v", got, w.of(SYNFlood))
	}
	if n, _ := m.Count("connections accepted"); n != 150 {
		t.Errorf("%v connections accepted, want 150", n)
	}
}

// Two of a hundred packets are lost, by seed.
func TestLoss(t *testing.T) {
	_, near, far := line(t, delayline.Options{Delay: time.Millisecond, Loss: 0.03, Seed: 7})
	address := listen(t, far, "10.99.0.2:7777", 64)
	far.Tell("accept 8 0")
	w := watching(t, near, Thresholds{})
	want := tell(t, near, "dial "+address+" 8 150000")
	m := w.finish()
	var accepted []truth
	far.Truth(&accepted)
	var again uint32
	for i, k := range want {
		again += k.Retransmits
		if e := w.of(Closed)[i]; e.Retransmits != k.Retransmits {
			t.Errorf("%d retransmits seen, TCP_INFO says %d", e.Retransmits, k.Retransmits)
		}
	}
	n, _ := m.Count("segments sent again")
	if n != float64(again) {
		t.Errorf("%v segments sent again, TCP_INFO says %d", n, again)
	}
	if got := anomalies(m); !slices.Contains(got, Loss) {
		t.Errorf("anomalies at %v of %v segments: %v", n, m.Counts, got)
	}
}

// Without a target both ends of a connection are seen, each with its process and
// the code of it, and what a process held before.
func TestWholeNamespace(t *testing.T) {
	if !attach.InitialNamespace() {
		t.Skip("SKIPPED: in a PID namespace connections are told by the name of their process alone")
	}
	exe := program(t)
	client, server := probetest.Run(t, exe), probetest.Run(t, exe)
	address := listen(t, server, "127.0.0.1:0", 64)
	tell(t, client, "keep "+address+" 1")
	tell(t, server, "accept 1 0")
	w := watching(t, nil, Thresholds{Idle: 20 * time.Millisecond})
	server.Tell("accept 3 0")
	tell(t, client, "dial "+address+" 3 1000")
	var accepted []truth
	server.Truth(&accepted)
	time.Sleep(20 * time.Millisecond) // until what was kept is idle
	w.finish()
	of := func(p *probetest.Program) string { return ownerName(comm(p.PID), uint32(p.PID)) }
	for who, want := range map[*probetest.Program]struct{ kind, code string }{client: {Connected, "main.once"}, server: {Accepted, "main.(*program).accept"}} {
		all := slices.DeleteFunc(w.of(want.kind), func(e Event) bool { return e.Process != of(who) })
		if len(all) != 3 {
			t.Errorf("%d times %s by %s, want 3: %+v", len(all), want.kind, of(who), w.of(want.kind))
		}
		for _, e := range all {
			if !strings.HasSuffix(e.Code, want.code) {
				t.Errorf("code %q, want %q", e.Code, want.code)
			}
		}
	}
	if !slices.ContainsFunc(w.of(Leak), func(e Event) bool { return e.Code == of(client) && strings.Contains(e.Text, address) }) {
		t.Errorf("what %s keeps is not told: %+v", of(client), w.of(Leak))
	}
}

// A listener whose queue is full drops connections, and is named.
func TestAcceptOverflow(t *testing.T) {
	p := probetest.Run(t, program(t))
	address := listen(t, p, "127.0.0.1:0", 1)
	w := watching(t, p, Thresholds{})
	var dials sync.WaitGroup
	for range 6 {
		dials.Go(func() {
			d := net.Dialer{Timeout: 200 * time.Millisecond}
			if c, err := d.DialContext(t.Context(), "tcp", address); err == nil {
				t.Cleanup(func() { c.Close() })
			}
		})
	}
	dials.Wait()
	m := w.finish()
	if got := anomalies(m); !slices.Contains(got, AcceptOverflow) {
		t.Errorf("anomalies: %v", got)
	}
	if e := w.of(AcceptOverflow); len(e) == 0 || e[0].Subject != address {
		t.Errorf("overflow: %+v", e)
	}
}

// Ordinary work raises nothing, and connections that are refused are counted.
func TestOrdinaryWork(t *testing.T) {
	exe := program(t)
	p, peer := probetest.Run(t, exe), probetest.Run(t, exe)
	address := listen(t, peer, "127.0.0.1:0", 128)
	peer.Tell("accept 60 0")
	w := watching(t, p, Thresholds{})
	tell(t, p, "dial "+address+" 60 20000")
	p.Tell("dial 127.0.0.1:1 3 1")
	var refused []truth
	p.Truth(&refused)
	m := w.finish()
	if n, _ := m.Count("segments sent again"); n == 0 && anomalies(m) != nil {
		t.Errorf("anomalies: %v", anomalies(m))
	}
	if n, _ := m.Count("connects that failed"); n != 3 {
		t.Errorf("%v connects failed, want 3", n)
	}
	if e := w.of(Failed); len(e) != 3 || e[0].Error != "refused" {
		t.Errorf("refused: %+v", e)
	}
	if n, _ := m.Count("connections closed"); n != 60 {
		t.Errorf("%v connections closed, want 60", n)
	}
}
