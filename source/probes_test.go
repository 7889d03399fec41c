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
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
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

// While the kernel samples a process for the whole window, slices tell what it does;
// they are gone when the window is over, and not taken unless they are shown.
func TestForetell(t *testing.T) {
	enc, err := folded.Encode("main.main;main.work 7\n", "cpu", time.Unix(1_790_000_000, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(enc.Data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := &kernel.Measurement{Probe: cpuProbe, From: time.Unix(1_790_000_000, 0), To: time.Unix(1_790_000_001, 0), Profile: p}
	clock := probe.Probe{Name: cpuProbe, Start: func(context.Context, probe.Target) (probe.Session, error) { return told{m, nil}, nil }}
	for _, preview := range []bool{true, false} {
		over := make(chan struct{})
		var slept []time.Duration
		var last Progress
		s := &session{
			deps: Deps{}.filled(), client: &client{now: time.Now}, counts: map[evidence.Kind]int{}, local: &process{pid: os.Getpid(), proc: "/proc"},
			plan: Plan{Preview: preview, Duration: 10 * time.Second, Probes: []probe.Probe{clock}}.filled(),
			told: func(p Progress) { last = p },
		}
		s.deps.After = func(d time.Duration) <-chan time.Time {
			if slept = append(slept, d); len(slept) < 3 {
				return time.After(0)
			}
			close(over) // the third slice is cut short by the end of the window
			return nil
		}
		s.attachProbes(t.Context(), false)
		stop := s.foretell(t.Context())
		if preview {
			<-over
		}
		s.tick()
		var names []string
		for _, b := range last.SoFar.Blobs {
			names = append(names, string(b.Kind)+" "+b.Name)
		}
		got := strings.Join(names, ", ")
		if want := "cpu cpu-preview-1.pb.gz, cpu cpu-preview-2.pb.gz"; preview && got != want || !preview && got != "" {
			t.Errorf("preview %t: told %q", preview, got)
		}
		if preview && (len(slept) != 3 || slept[0] != time.Second || slept[1] != 2*time.Second) {
			t.Errorf("slices %v", slept)
		}
		stop()
		if s.tick(); len(last.SoFar.Blobs) != 0 || len(s.capture.Blobs) != 0 {
			t.Errorf("afterwards %d blobs are told, %d kept", len(last.SoFar.Blobs), len(s.capture.Blobs))
		}
	}
}
