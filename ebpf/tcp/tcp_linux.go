package tcp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/sockets"
	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/kernel"
)

// Probe is the probe with these options.
func Probe(o Options) probe.Probe {
	return probe.Probe{
		Name: Name, Doc: doc,
		Supported: supported,
		Start:     func(_ context.Context, t probe.Target) (probe.Session, error) { return start(t.PID, o) },
	}
}

// What is not seen without a part of the programs.
const (
	withoutPrograms = "sockets are looked at once a second, and connect latency, waits to be accepted, short connections and the code that opens them are not seen"
	withoutAccept   = "waits to be accepted are not seen"
)

// supported tries both halves on this process.
func supported() error {
	n, err := sockets.Open(0)
	if err != nil {
		return err
	}
	defer n.Close()
	if err := n.Sockets(func(*sockets.Socket) {}); err != nil {
		return err
	}
	c, err := loadWith(nil, nil, true)
	if err == nil {
		return c.Close()
	}
	if c, errWithout := loadWith(nil, nil, false); errWithout == nil {
		return errors.Join(probe.InPart(withoutAccept, err), c.Close())
	}
	if !errors.Is(err, probe.ErrNotSupported) {
		return err
	}
	return probe.InPart(withoutPrograms, err)
}

// load attaches; without constants to no process. ports are those on which it
// listens already. sees says whether it sees when a connection is accepted.
func load(constants map[string]any, ports []uint32) (c *attach.Collection, sees bool, err error) {
	if c, err = loadWith(constants, ports, true); err == nil {
		return c, true, nil
	}
	// Tracepoints of system calls have no types: they are found in tracefs, which
	// not everybody may read who may trace.
	c, err = loadWith(constants, ports, false)
	return c, false, err
}

func loadWith(constants map[string]any, ports []uint32, accepts bool) (*attach.Collection, error) {
	spec, err := loadTcp()
	if err != nil {
		return nil, err
	}
	on := map[string]string{"on_accept4": "sys_exit_accept4"}
	if constants["target"] == uint32(0) {
		on["on_accept"] = "sys_exit_accept" // Go makes accept4 alone
	}
	for _, name := range []string{"on_accept4", "on_accept"} {
		if !accepts || on[name] == "" {
			delete(spec.Programs, name)
		}
	}
	c, err := attach.Load(spec, attach.Options(constants, map[string]bool{"sees_accept": accepts}))
	if err != nil {
		return nil, err
	}
	for _, port := range ports {
		err = errors.Join(err, c.Set("listening", number32(port), number32(1)))
	}
	for program, event := range on {
		if accepts && err == nil {
			err = c.Tracepoint("syscalls", event, program)
		}
	}
	if err == nil {
		err = c.Tracing("on_state")
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func number32(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

// How often the kernel's records are read, and the sockets looked at.
const (
	drainEvery = 100 * time.Millisecond
	lookEvery  = time.Second
	// dutyCycle is how many times longer than the CPU time of a look the pause
	// after it is at least: looking takes no more than 2 % of a CPU.
	dutyCycle = 50
)

type session struct {
	pid       int  // of the target, 0: none
	whole     bool // all processes of the network namespace
	numbered  bool // the numbers of processes are those that the kernel uses
	images    images
	namespace *sockets.Namespace
	kernel    *attach.Collection // nil: the kernel does not let us
	ring      *attach.Ring
	from      time.Time
	notes     []string
	looks     func(State)
	stop      chan struct{}
	done      sync.WaitGroup

	mu       sync.Mutex
	tracker  *tracker
	counters sockets.Counters
	code     map[stackOf]string
	err      error // the first one that reading met
}

// stackOf is a stack in one process.
type stackOf struct {
	pid   uint32
	stack uint64
}

// start watches a process, or all of the network namespace of goperf.
func start(pid int, o Options) (*session, error) {
	s := &session{
		pid: pid, whole: pid == 0, numbered: attach.InitialNamespace(), images: images{byPID: map[int]*image{}},
		stop: make(chan struct{}), code: map[stackOf]string{}, looks: o.Looks,
	}
	constants := map[string]any{"target": uint32(0)}
	if !s.whole {
		p, err := attach.Open(pid)
		if err != nil {
			return nil, err
		}
		constants, s.notes = p.Constants(), p.Notes
		s.images.keep(pid, p)
	}
	n, err := sockets.Open(s.pid)
	if err != nil {
		s.images.close()
		return nil, err
	}
	s.namespace = n
	s.tracker = newTracker(o.Thresholds, o.Events, n.LastPort-n.FirstPort+1)
	s.tracker.whole = s.whole
	s.counters, _ = sockets.ReadCounters(s.pid)
	if err := s.attach(constants); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.look(); err != nil {
		return nil, errors.Join(s.gone(err), s.close())
	}
	s.from = time.Now()
	s.done.Go(s.run)
	return s, nil
}

// attach loads the programs, or notes why there are none.
func (s *session) attach(constants map[string]any) error {
	ports, err := s.listening()
	if err != nil {
		return s.gone(err)
	}
	constants["netns"] = s.namespace.Inode
	c, sees, err := load(constants, ports)
	switch {
	case errors.Is(err, probe.ErrNotSupported):
		s.tracker.blind = true
		s.notes = append(s.notes, fmt.Sprintf("%v: without it, %s", err, withoutPrograms))
		return nil
	case err != nil:
		return err
	}
	s.kernel = c
	if s.ring, err = c.Ring("records"); err != nil {
		return err
	}
	if !sees {
		s.notes = append(s.notes, "the tracepoint of accept4 cannot be attached (it takes root or CAP_DAC_READ_SEARCH, to read tracefs): "+withoutAccept)
	}
	return nil
}

// listening is the ports on which the process listens; the programs see those
// that come later.
func (s *session) listening() ([]uint32, error) {
	if s.whole {
		return nil, nil
	}
	held, _, err := sockets.Held(s.pid)
	if err != nil {
		return nil, err
	}
	var ports []uint32
	err = s.namespace.Sockets(func(k *sockets.Socket) {
		if _, ok := held[k.Inode]; ok && k.State == sockets.Listen {
			ports = append(ports, uint32(k.Local.Port()))
		}
	})
	return ports, err
}

// run reads records and looks at sockets until it is stopped.
func (s *session) run() {
	runtime.LockOSThread() // its CPU time is that of the looks
	defer runtime.UnlockOSThread()
	drain, look := time.NewTicker(drainEvery), time.NewTimer(lookEvery)
	defer drain.Stop()
	defer look.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-drain.C:
			s.note(s.drain())
		case <-look.C:
			began := threadTime()
			s.note(s.look())
			look.Reset(max(lookEvery, dutyCycle*(threadTime()-began)))
		}
	}
}

// threadTime is the CPU time of this thread, 0 when the kernel does not say.
func threadTime() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// gone says so when the target does not answer because it has ended.
func (s *session) gone(err error) error {
	if errors.Is(unix.Kill(s.pid, 0), unix.ESRCH) {
		return fmt.Errorf("pid:%d: has ended", s.pid)
	}
	return err
}

// note keeps the first error. The target that ends is none.
func (s *session) note(err error) {
	if err == nil || unix.Kill(s.pid, 0) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// drain takes the records that have come.
func (s *session) drain() error {
	if s.kernel == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var mono unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono); err != nil {
		return err
	}
	if err := s.ring.Flush(); err != nil {
		return err
	}
	for {
		b, err := s.ring.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r, err := decodeRecord(b)
		if err != nil {
			return err
		}
		at := r.accepted
		switch {
		case r.kind == recordEnded:
			at = r.over
		case r.accepted == 0:
			at = r.established
		}
		r.owner = s.ownerOf(&r)
		s.tracker.take(&r, s.codeOf(&r), now.Add(time.Duration(int64(at)-mono.Nano())))
	}
}

// ownerOf is how the process of a connection is called, "" when one is watched.
func (s *session) ownerOf(r *record) string {
	switch {
	case !s.whole || r.pid == 0:
		return ""
	case s.numbered:
		return ownerName(r.comm, r.pid)
	}
	return r.comm // it has another number where we are
}

// maxCode is how many stacks of how many processes are kept by name.
const maxCode = 1 << 14

// codeOf is the function that a stack is known by: the innermost of the program
// itself, else of a library that it uses, else of the standard library's net.
func (s *session) codeOf(r *record) string {
	id := stackOf{r.pid, r.stack}
	if id.stack == 0 || s.whole && !s.numbered {
		return ""
	}
	if name, ok := s.code[id]; ok {
		return name
	}
	key := binary.NativeEndian.AppendUint64(nil, id.stack)
	stack, err := stacks.DecodeStack(s.kernel.Look("stacks", key))
	if err != nil {
		return "" // there was no room for it, which is counted
	}
	var name, way string
	if s.whole {
		name, way = s.images.of(int(id.pid)).nameOf(stack)
		_ = s.kernel.Unset("stacks", key) // short-lived processes would fill it
	} else {
		name, way = s.images.byPID[s.pid].nameOf(stack)
	}
	if len(s.code) >= maxCode {
		clear(s.code)
	}
	s.code[id] = name
	s.tracker.way(owned(r.owner, name), way)
	return name
}

// look looks at all sockets of the namespace.
func (s *session) look() error {
	if err := s.drain(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, holders, err := s.holders()
	if err != nil {
		return err
	}
	s.tracker.begin(time.Now(), held, holders)
	if err := s.namespace.Sockets(s.tracker.socket); err != nil {
		return err
	}
	arrived, err := s.arrived()
	if err != nil {
		return err
	}
	counters, err := sockets.ReadCounters(s.pid)
	if err != nil {
		return err
	}
	s.tracker.end(arrived, counters.Since(s.counters))
	s.counters = counters
	if s.looks != nil {
		state := s.tracker.state()
		_, state.Lost = s.seen()
		s.looks(state)
	}
	return nil
}

// arrived is who completed how many handshakes in each second that is over.
func (s *session) arrived() ([]source, error) {
	if s.kernel == nil {
		return nil, nil
	}
	var mono unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono); err != nil {
		return nil, err
	}
	var all []source
	var over [][]byte
	err := s.kernel.Each("sources", func(key, value []byte) error {
		from, err := decodeSource(key, value)
		if err != nil || int64(from.second) >= mono.Sec {
			return err
		}
		all, over = append(all, from), append(over, key)
		return nil
	})
	for _, key := range over {
		err = errors.Join(err, s.kernel.Unset("sources", key))
	}
	return all, err
}

// Seen implements [probe.Session].
func (s *session) Seen() (events, lost uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen()
}

func (s *session) seen() (events, lost uint64) {
	if s.kernel == nil {
		return uint64(s.tracker.total.connected + s.tracker.total.accepted), 0
	}
	n, err := s.kernel.Counters()
	if err != nil || len(n) < numCounters {
		return 0, 0
	}
	return n[opened] + n[ended], n[noRoom] + n[ringFull] + n[stackLost]
}

// Finish implements [probe.Session].
func (s *session) Finish() (*kernel.Measurement, error) {
	close(s.stop)
	s.done.Wait()
	defer func() { _ = s.close() }() // all is read by then
	to := time.Now()
	if s.kernel != nil {
		if err := s.kernel.Detach(); err != nil {
			return nil, err
		}
		if err := s.drain(); err != nil {
			return nil, err
		}
	}
	s.note(s.look())
	var counters []uint64
	if s.kernel != nil {
		var err error
		if counters, err = s.kernel.Counters(); err != nil {
			return nil, err
		}
	}
	m := s.tracker.fold(s.from, to, counters)
	m.Notes = append(append(s.notes, s.images.notes(s.whole, s.numbered)...), m.Notes...)
	if s.err != nil {
		m.Notes = append(m.Notes, fmt.Sprintf("not everything could be read: %v", s.err))
	}
	return m, nil
}

func (s *session) close() error {
	var errs []error
	if s.kernel != nil {
		errs = append(errs, s.kernel.Close())
	}
	s.images.close()
	return errors.Join(append(errs, s.namespace.Close())...)
}
