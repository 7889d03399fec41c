package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/ebpf/goroutines"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// manyGoroutines is where the text of every goroutine stops being worth its
// size; the profile of any number is small.
const manyGoroutines = 50_000

// looks is how often the goroutines are read in a window without an endpoint.
const looks = 5

const effectMemory = "none: the process runs on while its memory is read"

// memory reads the goroutines of a process on this machine without its help.
type memory struct {
	p   *goproc.Process
	exe string
}

// openMemory opens the process for reading; the error is one line with a hint.
func openMemory(p *process) (*memory, error) {
	if p.proc != "/proc" {
		return nil, errors.New("another proc file system than this machine's was asked for")
	}
	g, err := goproc.Open(p.pid)
	if err != nil {
		return nil, err
	}
	return &memory{p: g, exe: p.executable()}, nil
}

func (m *memory) close() { m.p.Close() }

// program is the mapping of the executable.
func (m *memory) program() profile.Mapping {
	text := m.p.Table.Text()
	return profile.Mapping{
		Start: text.Start + m.p.Bias, Limit: text.End + m.p.Bias, File: m.exe,
		HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlines: true,
	}
}

// seen is the goroutines as they were at one moment.
type seen struct {
	dump              *goproc.Dump
	from, to          time.Time
	asProfile, asText bool
}

// look reads the goroutines once.
func (s *session) look(m *memory) (seen, error) {
	from := s.deps.Now()
	d, err := m.p.Dump(true)
	if err != nil {
		return seen{}, err
	}
	to := s.deps.Now()
	note := evidence.Request{What: fmt.Sprintf("process_vm_readv: %d goroutines of process %d", len(d.Goroutines), m.p.PID), Took: to.Sub(from), Effect: effectMemory}
	s.client.note(note)
	if d.Unreadable > 0 {
		s.gap(evidence.Goroutine, fmt.Sprintf("%d goroutines could not be read", d.Unreadable), "")
	}
	return seen{dump: d, from: from, to: to}, nil
}

// keep adds the profile of the goroutines, and the text of each when that is
// wanted.
func (s *session) keep(m *memory, l seen) error {
	if l.asProfile {
		p, err := goroutines.Profile(m.p, m.program(), l.dump, l.from)
		if err != nil {
			return err
		}
		data, err := profile.Encode(p)
		if err != nil {
			return err
		}
		s.add(evidence.Blob{Kind: evidence.Goroutine, Name: s.name(evidence.Goroutine, ".pb.gz"), From: l.from, To: l.to, Data: data})
	}
	if !l.asText {
		return nil
	}
	if n := len(l.dump.Goroutines); n > manyGoroutines {
		s.gap(evidence.GoroutineText, fmt.Sprintf("left out: the text of %d goroutines is of no use", n), fmt.Sprintf("goperf probe goroutines pid:%d groups them", m.p.PID))
		return nil
	}
	var text bytes.Buffer
	if err := goroutines.WriteDump(&text, m.p, l.dump); err != nil {
		return err
	}
	s.add(evidence.Blob{Kind: evidence.GoroutineText, Name: s.name(evidence.GoroutineText, ".txt"), From: l.from, To: l.to, Data: text.Bytes()})
	return nil
}

// dumpFromMemory reads the state of every goroutine of a service on this machine
// where asking for it would pause the service. It says whether it could.
func (s *session) dumpFromMemory() bool {
	if s.local == nil {
		return false
	}
	m, err := openMemory(s.local)
	if err != nil {
		return false
	}
	defer m.close()
	l, err := s.look(m)
	l.asText = true
	return err == nil && s.keep(m, l) == nil
}

// fromMemory collects what a process without an endpoint shows: its goroutines
// several times, its limits and how it was built. why says that it serves no
// profiles.
func (p pidSource) fromMemory(ctx context.Context, want Plan, progress func(Progress), why error) (*evidence.Capture, error) {
	want = want.filled()
	local := &process{pid: p.pid, proc: p.deps.Proc, cgroup: p.deps.Cgroup, now: p.deps.Now}
	m, err := openMemory(local)
	if err != nil {
		return nil, &hinted{fmt.Errorf("%w; and its memory cannot be read: %s", why, err.Error()), hint(err)}
	}
	defer m.close()
	c, err := newClient(want, "", p.deps)
	if err != nil {
		return nil, err
	}
	defer c.close()
	s := &session{
		deps: p.deps, plan: want, client: c, told: progress, counts: map[evidence.Kind]int{}, local: local,
		capture: evidence.Capture{Target: evidence.Target{Name: p.target, Kind: kindPID, PID: p.pid}, From: p.deps.Now()},
	}
	s.attachProbes(ctx, false)
	kinds := []evidence.Kind{evidence.Heap, evidence.Mutex, evidence.Block, evidence.Trace}
	if !s.probed(cpuProbe) {
		kinds = append([]evidence.Kind{evidence.CPU}, kinds...)
	}
	for _, kind := range kinds {
		s.gap(kind, cutText(reasonFor(why)), `import _ "net/http/pprof" and serve it on a loopback port; goperf probe measures CPU and waits from outside`)
	}
	for _, n := range m.p.Notes {
		s.gap(evidence.Goroutine, n, "")
	}
	s.buildInfo(local)
	var looked []seen
	if want.Only != "" && len(s.probes) == 0 {
		s.say("reading goroutines from memory")
		looked = make([]seen, 1)
		looked[0], err = s.look(m)
		looked[0].asProfile = err == nil
	} else {
		stop, enough := s.lookOn(), s.foretell(ctx)
		looked, err = s.watch(ctx, m)
		enough()
		stop()
	}
	s.detachProbes()
	err = errors.Join(err, s.keepAll(m, looked))
	if err != nil && s.counts[evidence.Goroutine] == 0 {
		return nil, &hinted{fmt.Errorf("%s: %w", p.target, err), hint(err)}
	}
	local.finish()
	s.hostLimits()
	return s.done(ctx)
}

// watch looks at the goroutines at both ends of the window and between.
func (s *session) watch(ctx context.Context, m *memory) ([]seen, error) {
	s.begin()
	stop := s.beat()
	defer stop()
	s.local.start()
	s.say("reading goroutines from memory")
	var all []seen
	for i := range looks {
		last := i == looks-1
		if i > 0 {
			select {
			case <-ctx.Done():
				last = true
			case <-s.deps.After(s.plan.Duration / (looks - 1)):
			}
		}
		l, err := s.look(m)
		if err != nil {
			if i > 0 {
				s.gap(evidence.Goroutine, "the window ended early: "+cutText(err.Error()), "")
			}
			return all, err
		}
		// The text at both ends, as of an endpoint: rules take it for two moments.
		l.asProfile, l.asText = true, (i == 0 || last) && s.plan.GoroutineText != WhenNever
		if len(l.dump.Goroutines) <= manyGoroutines {
			all = append(all, l)
		} else if err := s.keep(m, l); err != nil { // too much to be held until the samples are there
			return all, err
		}
		if last {
			break
		}
	}
	return all, nil
}

// keepAll keeps what was looked at. What ran meanwhile has its stack in registers:
// it is given the one that on-CPU samples have of it.
func (s *session) keepAll(m *memory, all []seen) error {
	for _, l := range all {
		if s.kernel.whole != nil {
			goroutines.Sampled(m.p, l.dump, s.kernel.whole)
		}
		if err := s.keep(m, l); err != nil {
			return err
		}
	}
	return nil
}

// reasonFor is what a target without profiles says, without its name in front.
func reasonFor(err error) string {
	_, why, ok := strings.Cut(err.Error(), ": ")
	if !ok {
		return err.Error()
	}
	return why
}

// executable is the file that a process runs, as it calls it.
func (p *process) executable() string {
	to, err := os.Readlink(p.file("exe"))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(to, " (deleted)")
}

// hint is what an error says to try.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
