// Package wall is the probe of goroutine time on the clock: it looks at all
// goroutines of a process many times a second, in its memory and without a
// pause, and counts the time between two looks for what each was doing.
//
// It needs no BPF and no privilege for a process of the same user. A goroutine
// that was running has its stack in registers: where BPF may be used, its time is
// divided over what the on-CPU probe samples meanwhile.
package wall

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/kernel"
)

// Name is what the probe is called.
const Name = "wall"

// Hertz is how often goroutines are looked at, unless the options say otherwise.
const Hertz = 20

// MaxHertz is the highest rate: a look at 10,000 goroutines takes 4 ms.
const MaxHertz = 250

// patience is how long a process may take until it has its first goroutine.
const patience = 5 * time.Second

// Options of the probe; the zero value is what is good for most.
type Options struct {
	Hertz  int  // looks a second, 0 means [Hertz]
	IDs    bool // keep goroutines apart by their number
	Labels bool // keep their pprof labels; a look takes longer the more sets of labels there are
}

// Probe makes the probe.
func Probe(o Options) probe.Probe {
	return probe.Probe{
		Name:      Name,
		Doc:       "goroutine time by what each goroutine does and waits for, of the whole process; read from memory, which costs the target nothing, and what runs from a clock where BPF is allowed",
		Supported: supported,
		Start:     func(ctx context.Context, t probe.Target) (probe.Session, error) { return start(ctx, t, o) },
	}
}

// supported reads this process, which is a Go process of its own user.
func supported() error {
	p, err := goproc.Open(os.Getpid())
	if err == nil {
		defer p.Close()
		_, err = p.Dump(false)
	}
	return refuse(err)
}

// refuse says no conclusively where asking again will not help.
func refuse(err error) error {
	if err == nil || !errors.Is(err, goproc.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	hint := ""
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		hint = h.Hint()
	}
	return probe.Refuse(err.Error(), hint, err)
}

func start(ctx context.Context, t probe.Target, o Options) (probe.Session, error) {
	if o.Hertz == 0 {
		o.Hertz = Hertz
	}
	if o.Hertz < 1 || o.Hertz > MaxHertz {
		return nil, fmt.Errorf("wall: %d looks a second: want 1 to %d", o.Hertz, MaxHertz)
	}
	p, err := goproc.Open(t.PID)
	if err != nil {
		return nil, refuse(err)
	}
	// The first look finds what every look needs. A process that was just started
	// has no goroutines yet: the looks that follow try again.
	if _, err := p.Dump(o.Labels); err != nil && !errors.Is(err, goproc.ErrLayout) {
		p.Close()
		return nil, refuse(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &session{p: p, sampler: startSampler(ctx, t), o: o, cancel: cancel, done: make(chan struct{}), tally: newTally(p, o, t.PID)}
	s.began = time.Now()
	go s.run(ctx)
	return s, nil
}

// session looks until it is finished.
type session struct {
	p       *goproc.Process
	sampler sampler
	o       Options
	cancel  context.CancelFunc
	done    chan struct{}
	began   time.Time

	mu    sync.Mutex // guards what follows
	tally *tally
	err   error // why it looks no longer
	ended time.Time
}

func (s *session) run(ctx context.Context) {
	defer close(s.done)
	tick := time.NewTicker(time.Second / time.Duration(s.o.Hertz))
	defer tick.Stop()
	last := s.began
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		d, err := s.p.Dump(s.o.Labels)
		s.mu.Lock()
		s.ended = now
		if err != nil {
			s.err = err
			s.mu.Unlock()
			if errors.Is(err, goproc.ErrLayout) && s.tally.looks == 0 && now.Sub(s.began) < patience {
				last = now
				continue
			}
			return
		}
		s.err = nil
		s.tally.add(d, now.Sub(last))
		s.mu.Unlock()
		last = now
	}
}

// Seen implements [probe.Session].
func (s *session) Seen() (events, lost uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tally.samples, s.tally.torn + s.tally.unreadable
}

// Finish implements [probe.Session].
func (s *session) Finish() (*kernel.Measurement, error) {
	s.cancel()
	<-s.done
	defer s.p.Close()
	if s.err != nil && !errors.Is(s.err, goproc.ErrVanished) {
		s.sampler.stop()
		return nil, s.err
	}
	s.tally.cpu = s.tally.pools(s.sampler)
	if s.ended.IsZero() {
		s.ended = s.began
	}
	return s.tally.measurement(s.began, s.ended)
}
