package oncpu

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/kernel"
)

// Probe is the probe with these options.
func Probe(o Options) probe.Probe {
	hertz := cmp.Or(o.Hertz, Hertz)
	return probe.Probe{
		Name: Name, Doc: doc,
		Supported: func() error {
			c, err := load(nil, hertz)
			if err != nil {
				return err
			}
			return c.Close()
		},
		Start: func(_ context.Context, t probe.Target) (probe.Session, error) {
			p, err := attach.Open(t.PID)
			if err != nil {
				return nil, err
			}
			c, err := load(p.Constants(), hertz)
			if err != nil {
				return nil, errors.Join(err, p.Close())
			}
			return &session{process: p, kernel: c, hertz: hertz, from: time.Now()}, nil
		},
	}
}

// load attaches; without constants to no process.
func load(constants map[string]any, hertz int) (*attach.Collection, error) {
	spec, err := loadOncpu()
	if err != nil {
		return nil, err
	}
	c, err := attach.Load(spec, constants)
	if err != nil {
		return nil, err
	}
	if err := c.Clock("on_clock", hertz); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

type session struct {
	process *attach.Process
	kernel  *attach.Collection
	hertz   int
	from    time.Time
}

// Seen implements [probe.Session].
func (s *session) Seen() (events, lost uint64) {
	n, err := s.kernel.Counters()
	if err != nil || len(n) < numCounters {
		return 0, 0
	}
	return n[seen], n[samplesLost] + n[stackLost] + n[labelsLost]
}

// Finish implements [probe.Session].
func (s *session) Finish() (*kernel.Measurement, error) {
	defer func() { _, _ = s.kernel.Close(), s.process.Close() }() // all is read by then
	to := time.Now()
	if err := s.kernel.Detach(); err != nil {
		return nil, err
	}
	d := &drained{from: s.from, to: to, hertz: s.hertz}
	var err error
	if d.stacks, d.labels, err = s.kernel.Stacks(s.process); err != nil {
		return nil, err
	}
	if d.counters, err = s.kernel.Counters(); err != nil {
		return nil, err
	}
	err = s.kernel.Each("samples", func(key, value []byte) error {
		row, err := decodeSample(key, value)
		d.samples = append(d.samples, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	m, err := fold(d, s.process)
	if err != nil {
		return nil, err
	}
	m.Notes = append(m.Notes, s.process.Notes...)
	return m, nil
}
