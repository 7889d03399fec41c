package compare

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// results are n results of a benchmark about a value.
func results(rng *rand.Rand, n int, name string, sec, bytes float64) Side {
	s := Side{Name: name, Runs: []Run{{Label: name}}}
	for range n {
		s.Runs[0].Bench = append(s.Runs[0].Bench, Benchmark{Package: "example.com/x", Name: "Encode/json-8", Iters: 1000, Values: map[string]float64{
			"sec/op": sec * (1 + 0.03*rng.NormFloat64()), "B/op": bytes, "allocs/op": bytes / 16, "B/s": 1 / sec * (1 + 0.03*rng.NormFloat64()),
		}})
	}
	return s
}

func TestBenchmarks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for _, c := range []struct {
		n                        int
		before, after            float64
		bytesBefore, bytesAfter  float64
		seconds, rate, allocated string
	}{
		{10, 1e-6, 1.2e-6, 160, 160, "changed regression", "changed regression", "no change "},
		{10, 1e-6, 0.8e-6, 160, 16, "changed improvement", "changed improvement", "changed improvement"},
		{10, 1e-6, 1e-6, 0, 16, "no change ", "no change ", "changed regression"},
		{3, 1e-6, 2e-6, 160, 176, "cannot tell ", "cannot tell ", "changed regression"},
	} {
		r := mustCompare(t, results(rng, c.n, "a", c.before, c.bytesBefore), results(rng, c.n, "b", c.after, c.bytesAfter))
		for metric, want := range map[string]string{"sec/op": c.seconds, "B/s": c.rate, "B/op": c.allocated, "allocs/op": c.allocated} {
			row := find(t, r, metric, Bench, "Encode/json-8")
			if got := string(row.Verdict) + " " + string(row.Class); got != want {
				t.Errorf("%d of %v and %v: %s: %s, want %s: %+v", c.n, c.before, c.after, metric, got, want, row)
			}
			if row.Verdict == Unknown && !strings.Contains(row.Settle, "go test -count=") {
				t.Errorf("settle: %s", row.Settle)
			}
		}
	}
}

// TestBenchmarkProfile names the function that a benchmark became slower by.
func TestBenchmarkProfile(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	a, b := results(rng, 10, "a", 1e-6, 16), results(rng, 10, "b", 1.2e-6, 16)
	stacks := "testing.(*B).runN;example.com/x.BenchmarkEncode.func1;example.com/x.Encode;strconv.Itoa 800\ntesting.(*B).runN;example.com/x.BenchmarkOther;hash/crc32.update 700\n"
	a.Runs[0].Profiles = map[evidence.Kind]*profile.Profile{evidence.CPU: parse(t, stacks, "cpu")}
	b.Runs[0].Profiles = map[evidence.Kind]*profile.Profile{evidence.CPU: parse(t, stacks+"testing.(*B).runN;example.com/x.BenchmarkEncode.func1;example.com/x.Encode;fmt.Sprint 160\n", "cpu")}
	r := mustCompare(t, a, b)
	if len(r.Causes) == 0 || r.Causes[0].Culprit != "fmt.Sprint" || r.Causes[0].Share < 0.8 {
		t.Fatalf("%+v", r.Causes)
	}
	if got := r.Causes[0].Text; !strings.Contains(got, "points are fmt.Sprint") {
		t.Error(got)
	}
}

func TestBenchFunction(t *testing.T) {
	for _, c := range []struct{ pkg, name, want string }{
		{"example.com/x", "Encode/json-8", "example.com/x.BenchmarkEncode"},
		{"", "Encode-8", "BenchmarkEncode"},
		{"", "Encode/a/b", "BenchmarkEncode"},
		{"example.com/x", "Encode-a", "example.com/x.BenchmarkEncode-a"},
	} {
		b := benchRow{pkg: c.pkg, name: c.name}
		if got := b.function(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
