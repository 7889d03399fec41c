package cmd

import (
	"testing"
	"time"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/profile"
)

// Each sample type of a difference is brought to the base by what it was compared
// by: what is in use is what it is, whatever was allocated meanwhile.
func TestDifferenceScalesEachType(t *testing.T) {
	heap := func(text string) *profile.Profile {
		enc, err := folded.Encode(text, "heap", time.Unix(0, 0), 0)
		if err != nil {
			t.Fatal(err)
		}
		p, err := profile.Parse(enc.Data, profile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	side := func(text string) compare.Side {
		return compare.Side{Runs: []compare.Run{{Profiles: map[evidence.Kind]*profile.Profile{evidence.Allocs: heap(text)}}}}
	}
	g := &graph{
		base: side("\nmain.main;main.keep 64MiB 2MiB\n"),
		next: side("\nmain.main;main.keep 128MiB 3MiB\n"),
		result: &compare.Result{Noise: []compare.Noise{
			{Metric: "alloc_space", Kind: evidence.Allocs, Scale: 0.5},
			{Metric: "inuse_space", Kind: evidence.Heap, Scale: 1},
		}},
	}
	all := g.profiles()
	if len(all) != 1 {
		t.Fatalf("%d profiles", len(all))
	}
	p := all[0]
	for i, want := range map[string]float64{"alloc_space": 0, "inuse_space": 1 << 20} {
		at, ok := p.SampleType(i)
		if !ok {
			t.Fatalf("no %s", i)
		}
		if got := float64(p.Total(at)); got < want-1e4 || got > want+1e4 {
			t.Errorf("%s changed by %g, want %g (scales %v)", i, got, want, p.Scales)
		}
		if got, want := p.After.Total(at)-p.Base.Total(at), map[string]int64{"alloc_space": 64 << 20, "inuse_space": 1 << 20}[i]; got < want-1e4 || got > want+1e4 {
			t.Errorf("%s was measured to change by %d, want %d", i, got, want)
		}
	}
	g.result.Noise[0].Scale = 0 // nothing is known to scale by
	if s := g.scales(g.result.Noise[0], p.After); s[0] != 1 {
		t.Errorf("scales %v", s)
	}
}
