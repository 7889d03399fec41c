package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/profile"
)

// stack is a stack that a program is on for a share of its time, or allocates at.
type stack struct {
	frames string
	value  float64 // expected number of samples, bytes... in each run
}

// program is a made one: a web shop with a fair number of functions.
func program() []stack {
	all := []stack{
		{"main.main;net/http.(*conn).serve;main.handle;main.quote;encoding/json.Marshal;encoding/json.(*encodeState).marshal", 60},
		{"main.main;net/http.(*conn).serve;main.handle;main.quote;main.score", 50},
		{"main.main;net/http.(*conn).serve;main.handle;compress/gzip.(*Writer).Write;compress/flate.(*compressor).deflate", 150},
		{"main.main;net/http.(*conn).serve;main.handle;main.quote;runtime.mallocgc;runtime.nextFreeFast", 40},
		{"main.main;net/http.(*conn).serve;bufio.(*Writer).Flush;syscall.write;internal/runtime/syscall.Syscall6", 120},
		{"runtime.gcBgMarkWorker;runtime.gcDrain;runtime.scanobject", 100},
		{"runtime.mcall;runtime.schedule;runtime.findRunnable", 40},
	}
	for i := range 30 {
		all = append(all, stack{fmt.Sprintf("main.main;net/http.(*conn).serve;main.handle;main.step%d;strings.Index", i), 8})
		all = append(all, stack{fmt.Sprintf("main.main;net/http.(*conn).serve;main.handle;main.step%d", i), 8})
	}
	return all
}

// with changes the stacks that end in a function.
func with(stacks []stack, leaf string, change func(float64) float64) []stack {
	out := append([]stack(nil), stacks...)
	for i, s := range out {
		if strings.HasSuffix(s.frames, ";"+leaf) {
			out[i].value = change(s.value)
		}
	}
	return out
}

func plus(n float64) func(float64) float64 { return func(v float64) float64 { return v + n } }

// renamed is the program under other names.
func renamed(stacks []stack, from, to string) []stack {
	out := append([]stack(nil), stacks...)
	for i := range out {
		out[i].frames = strings.ReplaceAll(out[i].frames, from, to)
	}
	return out
}

// poisson is drawn by inversion in small steps: exact, and good enough.
func poisson(rng *rand.Rand, mean float64) int {
	n := 0
	for ; mean > 20; mean -= 20 {
		n += poisson(rng, 20)
	}
	for p, limit := rng.Float64(), math.Exp(-mean); p > limit; n++ {
		p *= rng.Float64()
	}
	return n
}

// run samples a program once.
func run(t testing.TB, rng *rand.Rand, stacks []stack, pair int) Run {
	t.Helper()
	var text strings.Builder
	total := 0
	for _, s := range stacks {
		n := poisson(rng, s.value)
		total += n
		if n > 0 {
			fmt.Fprintf(&text, "%s %d\n", s.frames, n)
		}
	}
	speed := 1 + 0.1*rng.Float64() // of the machine
	return Run{
		Label: fmt.Sprint("run ", pair), Pair: pair, Work: 1000, Unit: "request", CPU: float64(total) / 100 * speed, Wall: 10,
		Profiles: map[evidence.Kind]*profile.Profile{evidence.CPU: parse(t, text.String(), "cpu")},
	}
}

func parse(t testing.TB, text, kind string) *profile.Profile {
	t.Helper()
	f, err := folded.Encode(text, kind, time.Unix(1_700_000_000, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(f.Data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func side(t testing.TB, rng *rand.Rand, name string, stacks []stack, runs int) Side {
	t.Helper()
	s := Side{Name: name}
	for i := range runs {
		s.Runs = append(s.Runs, run(t, rng, stacks, i+1))
	}
	return s
}

func mustCompare(t testing.TB, a, b Side) *Result {
	t.Helper()
	r, err := Compare(a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// find is the row of a function in a family.
func find(t testing.TB, r *Result, metric string, f Family, name string) Row {
	t.Helper()
	for _, row := range append(r.Totals, r.Functions...) {
		if row.Metric == metric && row.Family == f && row.Name == name {
			return row
		}
	}
	t.Fatalf("no row %s of %s in %s", name, metric, f)
	return Row{}
}

// changed are the functions that are said to have changed, with their class.
func changed(r *Result) []string {
	var out []string
	for _, row := range r.Functions {
		if row.Verdict == Changed {
			out = append(out, fmt.Sprintf("%s %s %s", row.Family, row.Name, row.Class))
		}
	}
	return out
}
