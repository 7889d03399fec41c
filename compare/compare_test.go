package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// TestSame compares a program with itself: nothing may be called changed.
func TestSame(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := mustCompare(t, side(t, rng, "a", program(), 6), side(t, rng, "b", program(), 6))
		if all := changed(r); len(all) > 0 {
			t.Errorf("seed %d: %v", seed, all)
		}
	}
}

// TestGrown puts a twentieth of all CPU time on one function.
func TestGrown(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	a, b := side(t, rng, "a", program(), 6), side(t, rng, "b", with(program(), "main.score", plus(52)), 6)
	r := mustCompare(t, a, b)
	row := find(t, r, "cpu", Own, "main.score")
	if row.Verdict != Changed || row.Class != Regression || row.Share() < 0.03 || row.Share() > 0.07 {
		t.Errorf("grown by a twentieth: %+v", row)
	}
	if n := r.Noise[0]; n.GrownLow > 0.05 || n.GrownHigh < 0.03 {
		t.Errorf("the functions put the total at %v to %v, not at a twentieth more", n.GrownLow, n.GrownHigh)
	}
	if first := r.Functions[0]; first.Name != "main.score" {
		t.Errorf("first is %s", first.Name)
	}
	back := find(t, mustCompare(t, b, a), "cpu", Own, "main.score")
	if back.Verdict != Changed || back.Class != Improvement {
		t.Errorf("the other way: %+v", back)
	}
}

// TestRenamed renames and moves functions, and expects that nothing is raised.
func TestRenamed(t *testing.T) {
	for _, c := range []struct{ from, to, name, was string }{
		{"main.score", "main.rank", "main.rank", "main.score"},
		{"main.quote", "example.com/shop/price.quote", "example.com/shop/price.quote", "main.quote"},
		{"main.score", "example.com/shop/price.(*Engine).Score", "example.com/shop/price.(*Engine).Score", "main.score"},
		{"compress/flate.", "github.com/klauspost/compress/flate.", "", ""},
		{"main.handle", "main.handle[go.shape.int]", "main.handle[go.shape.int]", "main.handle"},
		{"main.score", "main.Score-fm", "main.Score-fm", "main.score"},
		{"compress/gzip.(*Writer).Write", "example.com/shop/vendor/compress/gzip.(*Writer).Write", "", ""},
	} {
		rng := rand.New(rand.NewPCG(7, 3))
		r := mustCompare(t, side(t, rng, "a", program(), 6), side(t, rng, "b", renamed(program(), c.from, c.to), 6))
		if all := raised(r); len(all) > 0 {
			t.Errorf("%s as %s: %v", c.from, c.to, all)
		}
		if c.name == "" {
			continue
		}
		found := false
		for _, row := range r.Functions {
			found = found || row.Name == c.name && row.Was == c.was
		}
		if !found {
			t.Errorf("%s as %s: not recognised", c.from, c.to)
		}
	}
}

// TestRenamedAndGrown renames a function that also costs more: that is raised.
func TestRenamedAndGrown(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 3))
	after := renamed(with(program(), "main.score", plus(52)), "main.score", "main.rank")
	r := mustCompare(t, side(t, rng, "a", program(), 6), side(t, rng, "b", after, 6))
	row := find(t, r, "cpu", Own, "main.rank")
	if row.Class != Regression || row.Was != "main.score" || row.Guess == "" || row.Share() < 0.03 || row.Share() > 0.07 {
		t.Errorf("%+v", row)
	}
}

// TestSplit takes half of a function into a new one of the same package, and
// inlines another out of sight.
func TestSplit(t *testing.T) {
	after := append(with(program(), "main.score", func(v float64) float64 { return v / 2 }),
		stack{"main.main;net/http.(*conn).serve;main.handle;main.quote;main.score;main.weigh", 25})
	rng := rand.New(rand.NewPCG(9, 3))
	r := mustCompare(t, side(t, rng, "a", program(), 10), side(t, rng, "b", after, 10))
	if all := raised(r); len(all) > 0 {
		t.Errorf("split: %v", all)
	}
	r = mustCompare(t, side(t, rng, "a", program(), 10), side(t, rng, "b", renamed(program(), ";main.quote;main.score", ";main.quote"), 10))
	if all := raised(r); len(all) > 0 {
		t.Errorf("inlined out of sight: %v", all)
	}
}

// raised are the functions that are said to cost more.
func raised(r *Result) []string {
	var out []string
	for _, row := range r.Functions {
		if row.Class == Regression {
			out = append(out, fmt.Sprintf("%s %s %s", row.Family, row.Name, points(row.Share())))
		}
	}
	return out
}

// TestCause expects the one who is responsible, the way to the cost and the reason.
func TestCause(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 3))
	before := program()
	after := append(program(),
		stack{"main.main;net/http.(*conn).serve;main.handle;main.quote:41;regexp.MustCompile;regexp.compile;regexp/syntax.Parse", 50},
		stack{"main.main;net/http.(*conn).serve;main.handle;main.quote:41;regexp.MustCompile;regexp.compile;regexp.compileOnePass", 40})
	r := mustCompare(t, side(t, rng, "a", before, 6), side(t, rng, "b", after, 6))
	if len(r.Causes) == 0 {
		t.Fatal("no cause")
	}
	c := r.Causes[0]
	if c.Row.Name != "main.quote" || c.Culprit != "regexp.compile" || c.Call.Line != 41 {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(c.Text, "because main.quote now calls regexp.MustCompile (main.go:41), which it did not before, down to regexp.compile") {
		t.Errorf("%s", c.Text)
	}
	if !slices.Contains(c.With, "regexp/syntax.Parse") || len(r.Causes) != 1 {
		t.Errorf("with %v, and %d more", c.With, len(r.Causes)-1)
	}
}

// TestOrder gives runs and samples in another order, and expects the same result.
func TestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 3))
	a, b := side(t, rng, "a", program(), 5), side(t, rng, "b", with(program(), "main.score", plus(52)), 5)
	want := mustCompare(t, a, b)
	for range 3 {
		rng.Shuffle(5, func(i, j int) { a.Runs[i], a.Runs[j] = a.Runs[j], a.Runs[i] })
		rng.Shuffle(5, func(i, j int) { b.Runs[i], b.Runs[j] = b.Runs[j], b.Runs[i] })
		if diff := cmp.Diff(want, mustCompare(t, a, b), cmp.AllowUnexported(Row{}, power{})); diff != "" {
			t.Fatal(diff)
		}
	}
}

// TestScale expects that who serves twice the requests in twice the time, on a
// machine of half the speed, is told the same.
func TestScale(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 3))
	a, b := side(t, rng, "a", program(), 5), side(t, rng, "b", with(program(), "main.score", plus(52)), 5)
	want := mustCompare(t, a, b)
	for i := range b.Runs {
		b.Runs[i].CPU *= 2
	}
	for s := range 2 {
		for i := range 5 {
			[]Side{a, b}[s].Runs[i].Work *= 3
		}
	}
	got := mustCompare(t, a, b)
	for _, w := range want.Functions {
		g := find(t, got, "cpu", w.Family, w.Name)
		if w.Name != g.Name || w.Verdict != g.Verdict || math.Abs(w.Share()-g.Share()) > 1e-12 || math.Abs(3*g.MDE/w.MDE-1) > 1e-9 {
			t.Fatalf("%+v\n%+v", w, g)
		}
	}
}

// TestSymmetry turns the sides round: what was more is less.
func TestSymmetry(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 3))
	a, b := side(t, rng, "a", program(), 6), side(t, rng, "b", with(program(), "main.score", plus(100)), 6)
	there, back := mustCompare(t, a, b), mustCompare(t, b, a)
	for _, w := range there.Functions {
		g := find(t, back, "cpu", w.Family, w.Name)
		if (w.Class == Regression) != (g.Class == Improvement) || (w.Class == Improvement) != (g.Class == Regression) {
			t.Errorf("%s %s: %s there, %s back", w.Family, w.Name, w.Class, g.Class)
		}
		if d := w.Share() + g.Share(); math.Abs(d) > 0.02 {
			t.Errorf("%s: %v there, %v back", w.Name, w.Share(), g.Share())
		}
	}
}

// TestFew says what one run of each side cannot tell.
func TestFew(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 3))
	r := mustCompare(t, side(t, rng, "a", program(), 1), side(t, rng, "b", with(program(), "main.score", plus(30)), 1))
	row := find(t, r, "cpu", Own, "main.score")
	if row.Verdict != Unknown || !strings.Contains(row.Settle, "runs on each side (there are 1)") {
		t.Errorf("%+v", row)
	}
	if n := row.RunsFor(row.MDE); n != 1 {
		t.Errorf("what one run finds needs %d", n)
	}
	if n := row.RunsFor(row.MDE / 2); n < 4 || row.RunsFor(0) != 0 {
		t.Errorf("half of what one run finds needs %d", n)
	}
	if row.MDE < row.Delta {
		t.Errorf("a change of %v was not found, though %v would have been", row.Delta, row.MDE)
	}
}

// TestSingle compares programs that are one function: shares say nothing, and
// only what an operation costs does.
func TestSingle(t *testing.T) {
	one := func(n float64) []stack { return []stack{{"main.main;main.loop", n}} }
	rng := rand.New(rand.NewPCG(15, 3))
	r := mustCompare(t, side(t, rng, "a", one(3000), 6), side(t, rng, "b", one(6000), 6))
	row := find(t, r, "cpu", Own, "main.loop")
	if row.Class != Regression || row.Ratio() < 0.8 || row.Ratio() > 1.2 {
		t.Errorf("twice as much: %+v", row)
	}
	same := mustCompare(t, side(t, rng, "a", one(3000), 6), side(t, rng, "b", one(3000), 6))
	if row := find(t, same, "cpu", Own, "main.loop"); row.Verdict == Changed {
		t.Errorf("the same: %+v", row)
	}
	a, b := side(t, rng, "a", one(3000), 6), side(t, rng, "b", one(6000), 6)
	for _, s := range []Side{a, b} {
		for i := range s.Runs {
			p := *s.Runs[i].Profiles[evidence.CPU]
			p.DurationNanos = 0
			s.Runs[i].Profiles[evidence.CPU] = &p
			s.Runs[i].Work, s.Runs[i].Wall = 0, 0
		}
	}
	if row := find(t, mustCompare(t, a, b), "cpu", Own, "main.loop"); row.Verdict != Unknown || !strings.Contains(row.Settle, "work that was done") {
		t.Errorf("without work and time: %+v", row)
	}
}

// TestAllocations finds more objects and more bytes, and who allocates them.
func TestAllocations(t *testing.T) {
	text := "main.main;main.handle;main.decode %d %d\nmain.main;main.handle;main.encode 400000000 0\nmain.main;main.handle;strings.Repeat 300000000 0\n"
	make := func(n int) Side {
		s := Side{Name: "s"}
		for i := range 5 {
			p := parse(t, fmt.Sprintf(text, n+i*1000, 0), "allocs")
			s.Runs = append(s.Runs, Run{Pair: i + 1, Work: 1000, Unit: "op", Alloc: 7e8 + float64(n) + float64(i), Mallocs: 1e6, Profiles: map[evidence.Kind]*profile.Profile{evidence.Allocs: p}})
		}
		return s
	}
	r := mustCompare(t, make(300_000_000), make(450_000_000))
	for _, metric := range []string{"alloc_space", "alloc_objects"} {
		if row := find(t, r, metric, Fold, "main.decode"); row.Class != Regression || math.Abs(row.Ratio()-0.5) > 0.01 {
			t.Errorf("%s: %+v", metric, row)
		}
	}
	if row := find(t, r, "alloc_bytes", Total, "alloc_bytes"); row.Class != Regression {
		t.Errorf("total: %+v", row)
	}
	if row := find(t, r, "mallocs", Total, "mallocs"); row.Verdict != Unchanged {
		t.Errorf("count: %+v", row)
	}
	if len(r.Causes) == 0 || r.Causes[0].Culprit != "main.decode" {
		t.Errorf("%+v", r.Causes)
	}
}

// TestLocks finds a lock that is waited for longer, in runs that vary by half.
func TestLocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 3))
	make := func(ms float64, runs int) Side {
		s := Side{Name: "s"}
		for range runs {
			f := math.Exp(0.4 * rng.NormFloat64())
			g := math.Exp(0.4 * rng.NormFloat64())
			text := fmt.Sprintf("main.main;main.cache;sync.(*Mutex).Unlock %d %dms\nmain.main;main.log;sync.(*Mutex).Unlock 500 %dms\n", int(ms*f), int(ms*f), int(500*g))
			s.Runs = append(s.Runs, Run{Work: 1000, Unit: "op", Wall: 10, Profiles: map[evidence.Kind]*profile.Profile{evidence.Mutex: parse(t, text, "mutex")}})
		}
		return s
	}
	r := mustCompare(t, make(400, 6), make(4000, 6))
	if row := find(t, r, "mutex_delay", Own, "main.cache"); row.Class != Regression || row.Low <= 0 || row.High < row.Delta/2 {
		t.Errorf("ten times: %+v", row)
	}
	if row := find(t, r, "mutex_delay", Own, "main.log"); row.Verdict == Changed {
		t.Errorf("the same: %+v", row)
	}
	if r := mustCompare(t, make(400, 2), make(800, 2)); len(changed(r)) > 0 {
		t.Errorf("two runs: %v", changed(r))
	}
}

func TestRelease(t *testing.T) {
	for version, want := range map[string]string{"go1.26.3": "go1.26", "go1.27rc1": "go1.27", "go1.26": "go1.26", "go1.28-20260101-abc": "go1.28", "devel": "devel", "": ""} {
		if got := release(version); got != want {
			t.Errorf("%q is of %q, want %q", version, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	for name, want := range map[string]string{
		"slices.SortFunc[go.shape.[]github.com/a/b.T,go.shape.int]": "slices.SortFunc",
		"github.com/a/b/v2.(*T[go.shape.int]).Do.func1":             "github.com/a/b.(*T).Do.func1",
		"github.com/a/b/v2/c.F":                                     "github.com/a/b/c.F",
		"gopkg.in/yaml%2ev3.unmarshal":                              "gopkg.in/yaml.unmarshal",
		"example.com/m/vendor/github.com/a/b.F":                     "github.com/a/b.F",
		"vendor/golang.org/x/net/http2/hpack.(*Decoder).Write":      "golang.org/x/net/http2/hpack.(*Decoder).Write",

		"main.(*T).F-fm":    "main.(*T).F",
		"main.F.deferwrap1": "main.F",
		"main.F.func1.2":    "main.F.func1.2",
		"[runtime]":         "[runtime]",
		"aeshashbody":       "aeshashbody",
		"":                  "",
		"a/v2.":             "a.",
	} {
		if got := canonical(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// Waits add up from the start of a process: how long that is has to be known.
func TestWaitsOfNoWindow(t *testing.T) {
	side := func(name string, ms int) Side {
		text := fmt.Sprintf("main.main;main.cache;sync.(*Mutex).Unlock %d %dms\n", 10*ms, ms)
		return Side{Name: name, Runs: []Run{{Profiles: map[evidence.Kind]*profile.Profile{evidence.Mutex: parse(t, text, "mutex")}}}}
	}
	r := mustCompare(t, side("a", 10), side("b", 100_000))
	if got := changed(r); len(got) != 0 || len(r.Causes) != 0 || len(r.Noise) != 1 || r.Noise[0].Needs == "" {
		t.Errorf("changed %v, causes %+v, noise %+v", got, r.Causes, r.Noise)
	}
	if row := find(t, r, "mutex_delay", Fold, "main.cache"); row.Verdict != Unknown || !strings.Contains(row.Settle, "?seconds=") {
		t.Errorf("%+v", row)
	}
}

// Programs that have nothing to do with each other are no pair; one that was
// moved to another module is.
func TestOtherProgram(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	other := Side{Name: "other", Runs: []Run{{Profiles: map[evidence.Kind]*profile.Profile{evidence.CPU: parse(t,
		"main.main;example.org/bank/book.Enter 90\nmain.main;example.org/bank/book.Close 90\nmain.main;example.org/bank/rate.Of 80\nmain.main;example.org/bank.Open 80\n", "cpu")}}}}
	shop := side(t, rng, "shop", program(), 1)
	if _, err := Compare(shop, other, Options{}); err == nil || !strings.Contains(err.Error(), "different programs: no function of shop (main.handle, ...) is in other (example.org/bank.Open, ...)") {
		t.Errorf("%v", err)
	}
	moved := side(t, rng, "moved", renamed(program(), "main.step", "example.com/shop/work.step"), 1)
	if _, err := Compare(shop, moved, Options{}); err != nil {
		t.Errorf("moved: %v", err)
	}
}
