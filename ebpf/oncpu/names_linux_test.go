package oncpu

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/profile"
)

// Leaves have the names that they have in the runtime's own profile of the same time.
func TestNamesAsTheRuntime(t *testing.T) {
	probetest.Need(t, Probe(Options{}))
	own := filepath.Join(t.TempDir(), "own.pb.gz")
	p := probetest.Run(t, probetest.Build(t, "internal/truth/leaves", "-ldflags=-s -w"), own)
	s, err := Probe(Options{Hertz: 997}).Start(t.Context(), probe.Target{PID: p.PID})
	if err != nil {
		t.Fatal(err)
	}
	p.Tell("go")
	var done bool
	p.Truth(&done)
	m, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := profile.Parse(data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := leafShares(m.Profile), leafShares(theirs)
	for _, pair := range [][2]map[string]float64{{a, b}, {b, a}} {
		for name, share := range pair[0] {
			if share > 0.1 && pair[1][name] < 0.02 && name != "runtime.asyncPreempt" {
				t.Errorf("%s is %.2f of one and %.2f of the other profile:\nprobe   %v\nruntime %v", name, share, pair[1][name], a, b)
			}
		}
	}
	if b["time.Now"]+b["time.runtimeNow"] == 0 {
		t.Errorf("the runtime saw no time.Now: %v", b)
	}
}

// leafShares are the shares of samples by the function that ran.
func leafShares(p *profile.Profile) map[string]float64 {
	shares := map[string]float64{}
	for i := range p.NumSamples() {
		if all := names(p, i); len(all) > 0 {
			shares[all[0]] += float64(p.Value(i, 0)) / float64(p.Total(0))
		}
	}
	return shares
}
