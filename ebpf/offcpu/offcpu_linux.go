package offcpu

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cilium/ebpf"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/kernel"
)

// Probe is the probe with these options.
func Probe(o Options) probe.Probe {
	how := ""
	return probe.Probe{
		Name: Name, Doc: doc,
		Supported: func() error {
			l, err := load(nil, o)
			if err != nil {
				return err
			}
			how = attach.How(l.rung, l.why)
			return l.kernel.Close()
		},
		How: func() string { return how },
		Start: func(_ context.Context, t probe.Target) (probe.Session, error) {
			p, err := attach.Open(t.PID)
			if err != nil {
				return nil, err
			}
			l, err := load(p.Constants(), o)
			if err != nil {
				return nil, errors.Join(err, p.Close())
			}
			return &session{process: p, loaded: l, from: time.Now(), wakers: o.Wakers}, nil
		},
	}
}

// loaded is the probe in the kernel.
type loaded struct {
	kernel *attach.Collection
	rung   attach.Rung
	why    string // not a better one
}

// load attaches; without constants to no process.
func load(constants map[string]any, o Options) (*loaded, error) {
	set := attach.Options(constants, map[string]bool{"kernel_stacks": o.KernelStacks})
	c, rung, why, err := attach.Climb(o.Rung, func(rung attach.Rung) (*attach.Collection, error) {
		spec, err := map[attach.Rung]func() (*ebpf.CollectionSpec, error){attach.Typed: loadOffcpu, attach.Raw: loadOffcpuRaw, attach.Classic: loadOffcpuClassic}[rung]()
		if err != nil {
			return nil, err
		}
		events := map[string]string{}
		choose := func(wanted bool, program, event string) {
			if wanted {
				events[program] = event
			} else {
				delete(spec.Programs, program)
			}
		}
		choose(o.Wakers, "on_waking", "sched_waking")
		choose(!attach.Queues(rung), "on_wakeup", "sched_wakeup")
		return attach.Scheduler(rung, spec, set, events)
	})
	return &loaded{c, rung, why}, err
}

type session struct {
	process *attach.Process
	*loaded
	from   time.Time
	wakers bool
}

// Seen implements [probe.Session].
func (s *session) Seen() (events, lost uint64) {
	n, err := s.kernel.Counters()
	if err != nil || len(n) < numCounters {
		return 0, 0
	}
	return n[switches], n[rowsLost] + n[stackLost] + n[labelsLost] + n[noStorage]
}

// Finish implements [probe.Session].
func (s *session) Finish() (*kernel.Measurement, error) {
	defer func() { _, _ = s.kernel.Close(), s.process.Close() }() // all is read by then
	d := &drained{from: s.from, to: time.Now(), wakers: s.wakers}
	if err := s.kernel.Detach(); err != nil {
		return nil, err
	}
	if err := s.drain(d); err != nil {
		return nil, err
	}
	m, err := fold(d, s.process)
	if err != nil {
		return nil, err
	}
	m.Notes = append(append(m.Notes, s.process.Notes...), attach.Notes(s.rung, s.why)...)
	return m, nil
}

func (s *session) drain(d *drained) (err error) {
	if d.stacks, d.labels, err = s.kernel.Stacks(s.process); err != nil {
		return err
	}
	if d.counters, err = s.kernel.Counters(); err != nil {
		return err
	}
	err = s.kernel.Each("rows", func(key, value []byte) error {
		r, err := decodeRow(key, value)
		d.rows = append(d.rows, r)
		return err
	})
	if err != nil {
		return err
	}
	d.kernel = map[uint64][]stacks.Frame{}
	var names *attach.KernelSymbols
	return s.kernel.Each("kernel_table", func(key, value []byte) error {
		pcs, err := decodeKernelStack(value)
		if err != nil {
			return err
		}
		if names == nil {
			if names, err = attach.OpenKernelSymbols(); err != nil {
				return err
			}
		}
		d.kernel[binary.NativeEndian.Uint64(key)] = names.Frames(pcs)
		return nil
	})
}
