package sched

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/kernel"
)

// Probe is the probe.
func Probe() probe.Probe {
	return probe.Probe{
		Name: Name, Doc: doc,
		Supported: func() error {
			c, err := load(0)
			if err != nil {
				return err
			}
			return c.Close()
		},
		Start: func(_ context.Context, t probe.Target) (probe.Session, error) {
			host, err := attach.HostPID(t.PID)
			if err != nil {
				return nil, err
			}
			c, err := load(host)
			if err != nil {
				return nil, err
			}
			s := &session{pid: t.PID, host: host, kernel: c, from: time.Now()}
			s.before, s.limited = s.quota()
			return s, nil
		},
	}
}

// load attaches; with 0 to no process.
func load(host uint32) (*attach.Collection, error) {
	spec, err := loadSched()
	if err != nil {
		return nil, err
	}
	programs, err := attach.SwitchPrograms(spec)
	if err != nil {
		return nil, err
	}
	c, err := attach.Load(spec, map[string]any{"target": host})
	if err != nil {
		return nil, err
	}
	if err := c.Tracing(append(programs, "on_wakeup", "on_wakeup_new", "on_migrate")...); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

type session struct {
	pid     int
	host    uint32
	kernel  *attach.Collection
	from    time.Time
	before  throttling
	limited bool
}

func (s *session) quota() (throttling, bool) {
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", s.pid))
	if err != nil {
		return throttling{}, false
	}
	return quotaOf(string(groups), "/sys/fs/cgroup")
}

// Seen implements [probe.Session].
func (s *session) Seen() (events, lost uint64) {
	n, err := s.kernel.Counters()
	if err != nil || len(n) < numCounters {
		return 0, 0
	}
	return n[runs], n[noStorage] + n[othersLost]
}

// Finish implements [probe.Session].
func (s *session) Finish() (*kernel.Measurement, error) {
	defer s.kernel.Close() // all is read by then
	d := &drained{from: s.from, to: time.Now(), target: s.host}
	if after, ok := s.quota(); ok && s.limited {
		d.quota, d.limited = after.since(s.before), true
	}
	if err := s.kernel.Detach(); err != nil {
		return nil, err
	}
	var err error
	if d.counters, err = s.kernel.Counters(); err != nil {
		return nil, err
	}
	if d.latency, err = s.kernel.Sums("latency"); err != nil {
		return nil, err
	}
	err = s.kernel.Each("others", func(key, value []byte) error {
		o, err := decodeOther(key, value)
		d.others = append(d.others, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return fold(d), nil
}
