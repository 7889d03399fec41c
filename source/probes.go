package source

import (
	"context"
	"fmt"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/evidence"
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
				s.sampled = m.Profile
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
