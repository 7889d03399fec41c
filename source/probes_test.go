package source

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
)

// told is a session that measures what it is told.
type told struct {
	m   *kernel.Measurement
	err error
}

func (t told) Seen() (events, lost uint64)          { return 1, 0 }
func (t told) Finish() (*kernel.Measurement, error) { return t.m, t.err }

// What probes measure are blobs, what they cannot is a gap with the way out; CPU
// is sampled only where the endpoint gives no profile of it.
func TestProbes(t *testing.T) {
	at := time.Unix(1_790_000_000, 0)
	var started []string
	fake := func(name string, m *kernel.Measurement, startErr, finishErr error) probe.Probe {
		return probe.Probe{Name: name, Start: func(_ context.Context, target probe.Target) (probe.Session, error) {
			if target.PID != os.Getpid() {
				t.Errorf("%s: is attached to %d", name, target.PID)
			}
			started = append(started, name)
			return told{m, finishErr}, startErr
		}}
	}
	s := &session{
		deps: Deps{}.filled(), client: &client{}, counts: map[evidence.Kind]int{},
		local: &process{pid: os.Getpid(), proc: "/proc"},
		plan: Plan{Probes: []probe.Probe{
			fake("oncpu", nil, nil, nil),
			fake("sched", &kernel.Measurement{Probe: "sched", From: at, To: at.Add(time.Second)}, nil, nil),
			fake("offcpu", nil, probe.Refuse("needs CAP_BPF", "run as root", nil), nil),
			fake("tcp", nil, nil, errors.New("the map was gone")),
		}},
	}
	s.attachProbes(t.Context(), true)
	if got := strings.Join(started, " "); got != "sched offcpu tcp" || !s.probed("sched") || s.probed("offcpu") {
		t.Errorf("started %s", got)
	}
	s.detachProbes()
	if len(s.capture.Blobs) != 1 || s.capture.Blobs[0].Kind != evidence.Kernel {
		t.Errorf("blobs: %+v", s.capture.Blobs)
	}
	var gaps []string
	for _, g := range s.capture.Gaps {
		gaps = append(gaps, string(g.Want)+": "+g.Why+" ("+g.Hint+")")
	}
	if got := strings.Join(gaps, "; "); got != "offcpu: needs CAP_BPF (run as root); tcp: the tcp probe: the map was gone ()" {
		t.Errorf("gaps: %s", got)
	}
	started, s.local = nil, nil
	s.attachProbes(t.Context(), false)
	if started != nil {
		t.Errorf("a target elsewhere is probed: %v", started)
	}
}

// Where the kernel samples the process, it does not profile itself, and the trace
// comes after that.
func TestClockedCollector(t *testing.T) {
	at := time.Unix(1_790_000_000, 0)
	m := &kernel.Measurement{Probe: "oncpu", From: at, To: at.Add(time.Second)}
	for refused, want := range map[error]string{nil: "clock", probe.Refuse("needs CAP_BPF", "", nil): "profile"} {
		clock := probe.Probe{Name: "oncpu", Start: func(context.Context, probe.Target) (probe.Session, error) { return told{m, nil}, refused }}
		s := &session{
			deps: Deps{}.filled(), client: &client{}, counts: map[evidence.Kind]int{}, local: &process{pid: os.Getpid(), proc: "/proc"},
			plan: Plan{Collector: true, NoTrace: true, Duration: time.Second, Probes: []probe.Probe{clock}}.filled(),
		}
		s.deps.After = func(time.Duration) <-chan time.Time { return time.After(0) }
		got := "profile"
		if s.attachClock(t.Context()) {
			got = "clock"
			s.local.now = time.Now
			s.clocked(t.Context())
		}
		if got != want || len(s.capture.Gaps) > 0 || (len(s.capture.Blobs) > 0) != (want == "clock") {
			t.Errorf("%v: by the %s, want the %s; %d blobs, gaps %v", refused, got, want, len(s.capture.Blobs), s.capture.Gaps)
		}
	}
}
