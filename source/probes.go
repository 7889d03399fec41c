package source

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
)

// cpuProbe is the probe that an endpoint's own CPU profile makes needless.
const cpuProbe = "oncpu"

const effectProbe = "about a microsecond for each context switch of the process"

// attached is a probe at work.
type attached struct {
	name    string
	session probe.Session
}

// attachProbes attaches the probes of the plan to the process, when it runs on
// this machine. One that the kernel refuses is a gap.
func (s *session) attachProbes(ctx context.Context, endpoint bool) {
	if s.local == nil || s.local.proc != "/proc" {
		return
	}
	s.say("attaching probes")
	for _, p := range s.plan.Probes {
		if endpoint && p.Name == cpuProbe {
			continue
		}
		if err := s.attach(ctx, p); err != nil {
			s.gap(probeKind(p.Name), cutText(err.Error()), hint(err))
		}
	}
}

func (s *session) attach(ctx context.Context, p probe.Probe) error {
	from := s.deps.Now()
	started, err := p.Start(ctx, probe.Target{PID: s.local.pid})
	if err != nil {
		return err
	}
	s.client.note(evidence.Request{What: "kernel probe " + p.Name, Took: s.deps.Now().Sub(from), Effect: effectProbe})
	s.probes = append(s.probes, attached{p.Name, started})
	return nil
}

// detachProbes keeps what the probes measured.
func (s *session) detachProbes() {
	var c evidence.Capture
	for _, p := range s.probes {
		m, err := p.session.Finish()
		if err == nil {
			err = c.AddMeasurement(m)
			if p.name == cpuProbe {
				s.kernel.whole = m.Profile
			}
		}
		if err != nil {
			s.gap(probeKind(p.name), cutText(fmt.Sprintf("the %s probe: %v", p.name, err)), "")
		}
	}
	s.probes = nil
	for _, b := range c.Blobs {
		s.add(b)
	}
}

// foretell samples the CPU slice by slice, beside the on-CPU probe that is at work
// for the whole window: what that has seen is known in the end. Slices are told, and
// gone when the window is over.
func (s *session) foretell(ctx context.Context) (stop func()) {
	at := slices.IndexFunc(s.plan.Probes, func(p probe.Probe) bool { return p.Name == cpuProbe })
	if !s.plan.Preview || s.told == nil || !s.probed(cpuProbe) || at < 0 {
		return func() {}
	}
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i, left := 0, s.plan.Duration; left >= time.Second; i++ {
			length := nextSlice(i, s.plan.Duration, left, left)
			left -= length
			started, err := s.plan.Probes[at].Start(ctx, probe.Target{PID: s.local.pid})
			if err != nil {
				return // the one for the whole window is what counts
			}
			select {
			case <-end:
				left = 0
			case <-s.deps.After(length):
			}
			m, err := started.Finish()
			if err != nil {
				return
			}
			s.foresee(m)
		}
	}()
	return func() {
		close(end)
		<-done
		s.mu.Lock()
		defer s.mu.Unlock()
		s.kernel.preview = nil
	}
}

// foresee shows a slice of CPU samples.
func (s *session) foresee(m *kernel.Measurement) {
	var c evidence.Capture
	if m.Profile == nil || c.AddMeasurement(m) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range c.Blobs {
		if b.Kind == evidence.CPU {
			b.Name = fmt.Sprintf("%s-preview-%d.pb.gz", evidence.CPU, len(s.kernel.preview)+1)
			s.kernel.preview = append(s.kernel.preview, b)
		}
	}
}

// probeKind is what a probe is wanted for.
func probeKind(name string) evidence.Kind {
	if name == cpuProbe {
		return evidence.CPU
	}
	return evidence.Kind(name)
}

// probed says whether a probe of this name is at work.
func (s *session) probed(name string) bool {
	for _, p := range s.probes {
		if p.name == name {
			return true
		}
	}
	return false
}
