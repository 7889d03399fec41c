package sched

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/kernel"
)

// Probe is the probe with these options.
func Probe(o Options) probe.Probe {
	how := ""
	return probe.Probe{
		Name: Name, Doc: doc,
		Supported: func() error {
			c, err := load(0, o.Rung)
			if err != nil {
				return err
			}
			how = c.how()
			return c.kernel.Close()
		},
		How: func() string { return how },
		Start: func(_ context.Context, t probe.Target) (probe.Session, error) {
			host, err := attach.HostPID(t.PID)
			if err != nil {
				return nil, err
			}
			c, err := load(host, o.Rung)
			if err != nil {
				return nil, err
			}
			s := &session{pid: t.PID, host: host, loaded: c, from: time.Now()}
			s.before, s.limited = s.quota()
			return s, nil
		},
	}
}

// loaded is the probe in the kernel.
type loaded struct {
	kernel *attach.Collection
	rung   attach.Rung
	why    string // not a better one
}

func (l *loaded) how() string { return attach.How(l.rung, l.why) }

// load attaches; with 0 to no process.
func load(host uint32, forced attach.Rung) (*loaded, error) {
	c, rung, why, err := attach.Climb(forced, func(rung attach.Rung) (*attach.Collection, error) {
		spec, err := map[attach.Rung]func() (*ebpf.CollectionSpec, error){attach.Typed: loadSched, attach.Raw: loadSchedRaw, attach.Classic: loadSchedClassic}[rung]()
		if err != nil {
			return nil, err
		}
		return attach.Scheduler(rung, spec, map[string]any{"target": host},
			map[string]string{"on_wakeup": "sched_wakeup", "on_wakeup_new": "sched_wakeup_new", "on_migrate": "sched_migrate_task"})
	})
	return &loaded{c, rung, why}, err
}

type session struct {
	pid  int
	host uint32
	*loaded
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
	m := fold(d)
	m.Notes = append(m.Notes, attach.Notes(s.rung, s.why)...)
	return m, nil
}
