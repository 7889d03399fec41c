package oncpu

import (
	"math"
	"strings"
	"testing"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

// measure runs the program under the probe from before its work to after it.
func measure(t *testing.T, p *probetest.Program, hertz int, work string, truth any) *kernel.Measurement {
	t.Helper()
	s, err := Probe(Options{Hertz: hertz}).Start(t.Context(), probe.Target{PID: p.PID})
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

// TestSplit compares the profile with what the program says of itself: shares by
// label within four standard deviations of the sampling, every sample of the
// leaf function under its caller, nothing lost. The program is stripped.
func TestSplit(t *testing.T) {
	probetest.Need(t, Probe(Options{}))
	p := probetest.Run(t, probetest.Build(t, "internal/truth/split", "-ldflags=-s -w"))
	truth := map[string]float64{}
	m := measure(t, p, 997, "go 2", &truth)

	byPhase, labelled := map[string]float64{}, 0.0
	leafs, called := 0.0, 0.0
	for i := range m.Profile.NumSamples() {
		n := float64(m.Profile.Value(i, 0))
		stack := names(m.Profile, i)
		if len(stack) > 0 && stack[0] == "main.leaf" {
			leafs += n
			if len(stack) > 1 && stack[1] == "main.(*worker).callsLeaf" {
				called += n
			}
		}
		if phase := label(m.Profile, i, "phase"); phase != "" {
			byPhase[phase] += n
			labelled += n
			if label(m.Profile, i, "n") != "2" {
				t.Errorf("%v: a sample lost its second label", stack)
			}
		}
	}
	took := 0.0
	for _, s := range truth {
		took += s
	}
	enough := 500.0
	if probetest.Emulated() {
		enough = 50
	}
	if labelled < enough {
		t.Fatalf("%v labelled samples of %v s at 997 Hz", labelled, took)
	}
	for phase, s := range truth {
		share := s / took
		sigma := math.Sqrt(share * (1 - share) / labelled)
		if got := byPhase[phase] / labelled; math.Abs(got-share) > 4*sigma+0.005 {
			t.Errorf("%s: %.3f of %v samples, truth %.3f, one sigma is %.4f", phase, got, labelled, share, sigma)
		}
	}
	if called < 0.98*leafs || leafs < 0.4*labelled && !probetest.Emulated() {
		t.Errorf("of %v samples in the leaf function %v have its caller", leafs, called)
	}
	if lost := m.Lost(); lost != 0 {
		t.Errorf("%d lost: %+v", lost, m.Losses)
	}
}

func names(p *profile.Profile, sample int) []string {
	var all []string
	for _, loc := range p.Stack(sample) {
		for _, line := range p.Locations[loc].Lines {
			all = append(all, p.Functions[line.Function].Name)
		}
	}
	return all
}

func label(p *profile.Profile, sample int, key string) string {
	for _, l := range p.Labels(sample) {
		if l.Key == key {
			return strings.TrimSpace(l.Str)
		}
	}
	return ""
}
