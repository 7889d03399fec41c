package folded

import (
	"testing"
	"time"

	"github.com/goperf/goperf/profile"
)

func TestEncode(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	made, err := Encode("# at=5s duration=2s period=4ms\n# a remark\nmain.main:3;~main.f[go.shape.struct { A int; B int }]:9;runtime.mallocgc 7\n", "cpu", start, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(made.Data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.TimeNanos != start.Add(5*time.Second).UnixNano() || p.DurationNanos != 2e9 || p.Period != 4e6 {
		t.Errorf("time %d, duration %d, period %d", p.TimeNanos, p.DurationNanos, p.Period)
	}
	if p.NumSamples() != 1 || p.Value(0, 0) != 7 || p.Value(0, 1) != 28e6 {
		t.Fatalf("%d samples, values %v", p.NumSamples(), p.Values(0))
	}
	var frames []string
	var lines []int64
	for _, l := range p.Stack(0) {
		for _, ln := range p.Locations[l].Lines {
			frames = append(frames, p.Functions[ln.Function].Name)
			lines = append(lines, ln.Line)
		}
	}
	if len(p.Stack(0)) != 2 || len(frames) != 3 || frames[1] != "main.f[go.shape.struct { A int; B int }]" || lines[1] != 9 || lines[2] != 3 {
		t.Errorf("stack %v at %v in %d locations", frames, lines, len(p.Stack(0)))
	}
	heap, err := Encode("# object=64KiB\nmain.f 2MiB 1MiB", "heap", start, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = profile.Parse(heap.Data, profile.Options{}); err != nil {
		t.Fatal(err)
	}
	if v := p.Values(0); v[0] != 32 || v[1] != 2<<20 || v[2] != 16 || v[3] != 1<<20 || heap.At != time.Second {
		t.Errorf("heap values %v at %s", v, heap.At)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, bad := range []struct{ text, kind string }{
		{"main.f", "cpu"}, {"main.f many", "cpu"}, {"main.f 1MiB", "heap"}, {"# speed=3", "cpu"}, {"main.f 1", "weather"},
	} {
		if _, err := Encode(bad.text, bad.kind, time.Time{}, 0); err == nil {
			t.Errorf("%q of kind %s: no error", bad.text, bad.kind)
		}
	}
}
