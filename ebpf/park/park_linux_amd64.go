package park

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/kernel"
)

// Probe is the probe.
func Probe() probe.Probe {
	return probe.Probe{
		Name: "wall-exact", Doc: doc,
		Supported: func() error {
			if err := attach.UprobesSupported(); err != nil {
				return err
			}
			c, err := load(nil)
			if err != nil {
				return err
			}
			return c.Close()
		},
		Start: start,
	}
}

func load(constants map[string]any) (*attach.Collection, error) {
	spec, err := loadPark()
	if err != nil {
		return nil, err
	}
	return attach.Load(spec, constants)
}

type session struct {
	pid       int
	process   *attach.Process
	kernel    *attach.Collection
	reasons   []string
	from      time.Time
	trialHits uint64 // of the count before
}

// start counts the hits of a fifth of a second before it measures them.
func start(ctx context.Context, t probe.Target) (probe.Session, error) {
	p, err := attach.Open(t.PID)
	if err != nil {
		return nil, err
	}
	s := &session{process: p, pid: t.PID}
	if s.reasons, err = p.WaitReasons(); err != nil {
		p.Notes = append(p.Notes, "reasons are numbers: "+err.Error())
	}
	if err := s.attach(ctx); err != nil {
		if s.kernel != nil {
			_ = s.kernel.Close()
		}
		return nil, errors.Join(err, p.Close())
	}
	return s, nil
}

func (s *session) attach(ctx context.Context) error {
	park, err := s.process.Push("runtime.gopark")
	if err != nil {
		return err
	}
	run, err := s.process.Push("runtime.execute")
	if err != nil {
		return err
	}
	if s.kernel, err = load(s.process.Constants()); err != nil {
		return err
	}
	if err := s.brake(ctx, park, run); err != nil {
		return err
	}
	// execute first: a wait that began has its end looked at.
	if err := s.kernel.Uprobe(s.process, "on_run", run); err != nil {
		return err
	}
	s.from = time.Now()
	return s.kernel.Uprobe(s.process, "on_park", park)
}

// brake refuses a process that parks so often that measuring it would hurt it.
func (s *session) brake(ctx context.Context, offsets ...uint64) error {
	if err := s.kernel.Uprobe(s.process, "on_count", offsets...); err != nil {
		return err
	}
	from := time.Now()
	select {
	case <-ctx.Done():
	case <-time.After(trial):
	}
	took := time.Since(from)
	if err := s.kernel.Detach(); err != nil {
		return err
	}
	n, err := s.kernel.Counters()
	if err != nil {
		return err
	}
	if err := tooMany(n[parks], took); err != nil {
		return probe.Refuse(fmt.Sprintf("pid:%d: %v", s.pid, err), "without --exact the probe looks at goroutines a few times a second, at no cost for the process", err)
	}
	s.trialHits = n[parks]
	return nil
}

// Seen implements [probe.Session].
func (s *session) Seen() (events, lost uint64) {
	n, err := s.kernel.Counters()
	if err != nil || len(n) < numCounters {
		return 0, 0
	}
	return n[parks] - s.trialHits, n[parkLost] + n[stackLost] + n[labelsLost] + n[waitsLost]
}

// Finish implements [probe.Session].
func (s *session) Finish() (*kernel.Measurement, error) {
	defer func() { _, _ = s.kernel.Close(), s.process.Close() }() // all is read by then
	var clock unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &clock); err != nil {
		return nil, err
	}
	d := &drained{from: s.from, to: time.Now(), reasons: s.reasons}
	if err := s.kernel.Detach(); err != nil {
		return nil, err
	}
	var err error
	if d.stacks, d.labels, err = s.kernel.Stacks(s.process); err != nil {
		return nil, err
	}
	if d.counters, err = s.kernel.Counters(); err != nil {
		return nil, err
	}
	d.counters[parks] -= s.trialHits
	add := func(row sum, err error) error {
		d.waits = append(d.waits, row)
		return err
	}
	if err := s.kernel.Each("waits", func(key, value []byte) error { return add(decodeSum(key, value)) }); err != nil {
		return nil, err
	}
	if err := s.kernel.Each("parked", func(key, value []byte) error { return add(decodeParked(key, value, uint64(clock.Nano()))) }); err != nil {
		return nil, err
	}
	m, err := fold(d, s.process)
	if err != nil {
		return nil, err
	}
	m.Notes = append(m.Notes, s.process.Notes...)
	return m, nil
}
