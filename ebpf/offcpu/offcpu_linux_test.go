package offcpu

import (
	"math"
	"testing"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

// measure runs the program under the probe from before its work to after it.
func measure(t *testing.T, p *probetest.Program, o Options, work string, truth any) *kernel.Measurement {
	t.Helper()
	s, err := Probe(o).Start(t.Context(), probe.Target{PID: p.PID})
	if err != nil {
		t.Fatal(err)
	}
	p.Tell(work)
	p.Truth(truth)
	m, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type truth struct {
	Switches, Voluntary int64
	Seconds             float64
}

// seen is what the probe saw under one label.
type seen struct{ switches, voluntary, seconds float64 }

// byKind sums up the samples whose stack goes through the measured function.
func byKind(p *profile.Profile) map[string]seen {
	all := map[string]seen{}
	for i := range p.NumSamples() {
		kind := label(p, i, "kind")
		if kind == "" || !through(p, i, "main.repeat") {
			continue
		}
		s := all[kind]
		s.switches += float64(p.Value(i, 0))
		if label(p, i, "state") == "sleeping" {
			s.voluntary += float64(p.Value(i, 0))
		}
		s.seconds += float64(p.Value(i, 1)+p.Value(i, 2)) / 1e9
		all[kind] = s
	}
	return all
}

// through says whether a function is in the stack of a sample.
func through(p *profile.Profile, sample int, function string) bool {
	for _, loc := range p.Stack(sample) {
		for _, line := range p.Locations[loc].Lines {
			if p.Functions[line.Function].Name == function {
				return true
			}
		}
	}
	return false
}

func label(p *profile.Profile, sample int, key string) string {
	for _, l := range p.Labels(sample) {
		if l.Key == key {
			return l.Str
		}
	}
	return ""
}

func within(got, want, relative, absolute float64) bool {
	return math.Abs(got-want) <= relative*want+absolute
}

// TestBlocks compares waiting in four ways with what the kernel accounts to the
// threads of the program, which is stripped: how often within 1.5 %, how long
// within 1 %; on each rung.
func TestBlocks(t *testing.T) {
	for _, rung := range attach.Rungs() {
		t.Run(string(rung), func(t *testing.T) { testBlocks(t, Options{Rung: rung}) })
	}
}

func testBlocks(t *testing.T, o Options) {
	if o.Rung == attach.Typed && !probetest.Since(t, 5, 11) {
		t.Skip("SKIPPED: this rung takes Linux 5.11, and a test of the others runs")
	}
	probetest.Need(t, Probe(o))
	t.Setenv("GODEBUG", "asyncpreemptoff=1")
	relative := 0.01
	if probetest.Emulated() {
		relative = 0.1
	}
	p := probetest.Run(t, probetest.Build(t, "internal/truth/blocks", "-ldflags=-s -w"))
	want := map[string]truth{}
	m := measure(t, p, o, "go 150", &want)
	got := byKind(m.Profile)
	// What the kernel does not report cannot be attributed; the probe knows how
	// often that was, and how long.
	blind := unreported(m)
	blindTime, _ := m.Count(unknownReason)
	for kind, w := range want {
		g := got[kind]
		t.Logf("blind %v %.4f: %-10s %6.0f of %6d switches, %6.0f of %6d waits, %.4f of %.4f s", blind, blindTime, kind, g.switches, w.Switches, g.voluntary, w.Voluntary, g.seconds, w.Seconds)
		if !within(g.switches, float64(w.Switches), 0.015, 1+blind) || !within(g.voluntary, float64(w.Voluntary), 0.015, 1+blind) {
			t.Errorf("%s: %v switches, %v waits, truth %+v", kind, g.switches, g.voluntary, w)
		}
		if !within(g.seconds, w.Seconds, relative, 0.002+blindTime) {
			t.Errorf("%s: %.4f s, truth %.4f s", kind, g.seconds, w.Seconds)
		}
	}
	if lost := m.Lost() - uint64(blind); lost != 0 {
		t.Errorf("%d lost: %+v", lost, m.Losses)
	}
	if blind > 0.01*float64(m.Profile.Total(0))+5 {
		t.Errorf("the kernel kept %v switches from the probe", blind)
	}
}

func unreported(m *kernel.Measurement) float64 {
	for _, l := range m.Losses {
		if l.What == "waits whose beginning the kernel did not report" {
			return float64(l.Count)
		}
	}
	return 0
}

// TestQueued compares the waits for a CPU of a program that competes with another
// one for the CPUs over the rungs, which learn of them in different ways, and with
// what the kernel accounts to its threads: to those without a goroutine as well,
// which are left out here.
func TestQueued(t *testing.T) {
	exe := probetest.Build(t, "internal/truth/split", "-ldflags=-s -w")
	p, rival := probetest.Run(t, exe), probetest.Run(t, exe)
	sessions := map[attach.Rung]probe.Session{}
	for _, rung := range attach.Rungs() {
		if rung == attach.Typed && !probetest.Since(t, 5, 11) {
			continue
		}
		probed := Probe(Options{Rung: rung})
		probetest.Need(t, probed)
		s, err := probed.Start(t.Context(), probe.Target{PID: p.PID})
		if err != nil {
			t.Fatal(err)
		}
		sessions[rung] = s
	}
	before, _ := probetest.Delay(t, p.PID)
	work := map[string]float64{}
	rival.Tell("go 0.3")
	p.Tell("go 0.3")
	p.Truth(&work)
	after, _ := probetest.Delay(t, p.PID)
	waited := map[attach.Rung]float64{}
	for rung, s := range sessions {
		m, err := s.Finish()
		if err != nil {
			t.Fatal(err)
		}
		waited[rung], _ = m.Count("waiting for a CPU")
	}
	rival.Truth(&work)
	// The scheduler reads its clock earlier than the programs do: some microseconds
	// for each wait, of which there are thousands where few wait long.
	relative := 0.15
	if probetest.Emulated() {
		relative = 1
	}
	want := waited[attach.Classic]
	for rung, got := range waited {
		t.Logf("%s: %.4f of %.4f s", rung, got, after-before)
		if !within(got, want, relative, 0.02) || got > (1+relative)*(after-before)+0.02 {
			t.Errorf("%s: %.4f s; by records of threads that are woken %.4f s, the kernel says %.4f s", rung, got, want, after-before)
		}
	}
}
