package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"time"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/audit/policy"
	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/kernel"
)

// calls are the system calls that are looked at.
var calls = []string{"openat", "openat2", "connect", "execve", "execveat"}

// Probe is the probe with these options.
func Probe(o Options) probe.Probe {
	return probe.Probe{
		Name: Name, Doc: doc,
		Supported: func() error {
			c, err := load(nil)
			if err != nil {
				return err
			}
			return errors.Join(attachCalls(c), c.Close())
		},
		Start: func(_ context.Context, t probe.Target) (probe.Session, error) { return start(t, o) },
	}
}

func load(constants map[string]any) (*attach.Collection, error) {
	spec, err := loadAudit()
	if err != nil {
		return nil, err
	}
	return attach.Load(spec, constants)
}

// attachCalls attaches to the system calls. open is there on amd64 only: C
// libraries other than glibc use it.
func attachCalls(c *attach.Collection) error {
	all := calls
	if runtime.GOARCH == "amd64" {
		all = append([]string{"open"}, calls...)
	}
	for _, call := range all {
		// The end first: nothing begins that is not seen to end.
		err := errors.Join(c.Tracepoint("syscalls", "sys_exit_"+call, "on_leave"), c.Tracepoint("syscalls", "sys_enter_"+call, "on_enter"))
		if errors.Is(err, fs.ErrNotExist) && call == "openat2" {
			continue // before 5.6
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type session struct {
	target  probe.Target
	host    uint32          // of the target, 0 for a control group
	process *attach.Process // nil when it is none, or not Go's
	notes   []string
	names   *namer
	kernel  *attach.Collection
	ring    *attach.Ring
	from    time.Time
	sink    func(Event)
	stop    chan struct{}
	done    sync.WaitGroup

	mu     sync.Mutex // what follows
	book   *book
	failed error      // of an update
	rules  [2][]entry // in the maps, by slot
}

func start(t probe.Target, o Options) (_ probe.Session, err error) {
	s := &session{target: t, sink: o.Sink, stop: make(chan struct{}), book: newBook(), names: &namer{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.load(t); err != nil {
		return nil, err
	}
	first := o.Policy
	if first == nil {
		first = policy.Everything()
	}
	if err := s.enforce(first); err != nil {
		return nil, err
	}
	if s.ring, err = s.kernel.Ring("events"); err != nil {
		return nil, err
	}
	if err := attachCalls(s.kernel); err != nil {
		return nil, err
	}
	s.from = time.Now()
	s.done.Go(s.read)
	go s.follow(o.Updates)
	return s, nil
}

// load puts the programs into the kernel and tells them who is meant.
func (s *session) load(t probe.Target) (err error) {
	if t.Group != "" {
		return s.loadGroup(t.Group)
	}
	if s.host, err = attach.HostPID(t.PID); err != nil {
		return err
	}
	var constants map[string]any
	switch s.process, err = attach.Open(t.PID); {
	case err == nil:
		s.names, constants = newNamer(s.process), s.process.Constants()
	case errors.Is(err, gosym.ErrNotGo): // what it does can be told all the same
		s.notes = append(s.notes, "the target is no Go program: who did it is told by the process alone")
	default:
		return err
	}
	if s.kernel, err = load(constants); err != nil {
		return err
	}
	// From here on children are followed; those that were there before are found now.
	if err := s.kernel.Tracing("on_fork", "on_exit"); err != nil {
		return err
	}
	return s.include(s.host, t.PID)
}

// include looks at a process and those it has started.
func (s *session) include(host uint32, pid int) error {
	if err := s.kernel.Set("members", binary.NativeEndian.AppendUint32(nil, host), []byte{1}); err != nil {
		return err
	}
	for _, child := range children(pid) {
		host, err := attach.HostPID(child)
		if err != nil {
			continue // it has ended
		}
		if err := s.include(host, child); err != nil {
			return err
		}
	}
	return nil
}

// enforce puts a policy into force: its rules stand beside those of the one before
// when the word comes that they count. Those stay for programs that are under
// way, until their slot is needed.
func (s *session) enforce(p *policy.Policy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot, rules := s.book.adopt(p)
	for _, e := range s.rules[slot] {
		if err := s.kernel.Unset(e.table, e.key); err != nil {
			return fmt.Errorf("policy: %w", err)
		}
	}
	for _, e := range rules {
		if err := s.kernel.Set(e.table, e.key, e.value); err != nil {
			return fmt.Errorf("policy: %w", err)
		}
	}
	s.rules[slot] = rules
	if err := s.kernel.Set("in_force", make([]byte, 4), inForce(p, slot)); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

// follow takes each policy that comes.
func (s *session) follow(updates <-chan *policy.Policy) {
	for {
		select {
		case <-s.stop:
			return
		case p, ok := <-updates:
			if !ok {
				updates = nil
				continue
			}
			if err := s.enforce(p); err != nil {
				s.mu.Lock()
				s.failed = errors.Join(s.failed, err)
				s.mu.Unlock()
			}
		}
	}
}

// read takes events until the ring is flushed.
func (s *session) read() {
	for {
		raw, err := s.ring.Read()
		if err != nil {
			return
		}
		r, err := decode(raw)
		if err != nil {
			continue // a kernel that writes something else would have failed to load
		}
		s.take(&r)
	}
}

func (s *session) take(r *record) {
	e := s.event(r)
	s.mu.Lock()
	if r.relative() {
		e.Rule = s.book.settle(r, s.directory(r))
	} else {
		e.Rule = s.book.rule(r.rule)
	}
	e.Subject, e.Verdict = r.subject(), r.verdict.String()
	told := s.book.add(e, r)
	s.mu.Unlock()
	if told && s.sink != nil {
		s.sink(e)
	}
}

// Seen implements [probe.Session].
func (s *session) Seen() (events, lost uint64) {
	n, err := s.kernel.Counters()
	if err != nil || len(n) < numCounters {
		return 0, 0
	}
	return n[reported], n[ringLost] + n[pendingLost]
}

// Finish implements [probe.Session].
func (s *session) Finish() (*kernel.Measurement, error) {
	defer s.close() // all is read by then
	if err := s.kernel.Detach(); err != nil {
		return nil, err
	}
	to := time.Now()
	if err := s.ring.Flush(); err != nil {
		return nil, err
	}
	s.done.Wait()
	counters, err := s.kernel.Counters()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return nil, s.failed
	}
	m := fold(s.book, counters, s.from, to)
	m.Notes = append(m.Notes, s.notes...)
	if s.process != nil {
		m.Notes = append(m.Notes, s.process.Notes...)
	}
	return m, nil
}

func (s *session) close() error {
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	var errs []error
	if s.kernel != nil {
		errs = append(errs, s.kernel.Close())
	}
	if s.process != nil {
		errs = append(errs, s.process.Close())
	}
	return errors.Join(errs...)
}
