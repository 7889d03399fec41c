package pgo_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/goperf/goperf/pgo"
	"github.com/goperf/goperf/profile"
)

// frame is a function at a line; functions begin at multiples of 100.
type frame struct {
	function, line int
}

// cpu makes a CPU profile of stacks, leaf first, each location a list of frames
// with the innermost inlined one first.
type cpu struct {
	b *profile.Builder
}

func newCPU() cpu {
	return cpu{profile.NewBuilder(true, profile.ValueType{Type: "samples", Unit: "count"}, profile.ValueType{Type: "cpu", Unit: "nanoseconds"})}
}

func (c cpu) name(f int) string { return fmt.Sprintf("acme.dev/shop.F%d", f) }

func (c cpu) stack(count int64, address uint64, locations ...[]frame) {
	var stack []uint32
	for i, frames := range locations {
		l := profile.Location{Mapping: -1, Address: address + uint64(i)}
		for _, f := range frames {
			l.Lines = append(l.Lines, profile.Line{
				Line:     int64(f.function*100 + f.line),
				Function: c.b.Function(profile.Function{Name: c.name(f.function), File: "shop.go", StartLine: int64(f.function * 100)}),
			})
		}
		stack = append(stack, c.b.Location(l))
	}
	c.b.Sample(stack, []int64{count, count * 1e7}, profile.Label{Key: "handler", Str: fmt.Sprint(address % 7)})
}

func (c cpu) finish(t *testing.T) *profile.Profile {
	t.Helper()
	p, err := c.b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// random makes stacks of every shape: inlined calls, recursion, single frames.
func random(t *testing.T, seed uint64, n int) *profile.Profile {
	r := rand.New(rand.NewPCG(seed, 1))
	c := newCPU()
	for i := range n {
		var locations [][]frame
		for range 1 + r.IntN(5) {
			var frames []frame
			for range 1 + r.IntN(3) {
				frames = append(frames, frame{r.IntN(12), r.IntN(20)})
			}
			locations = append(locations, frames)
		}
		c.stack(1+r.Int64N(1000)/(1+r.Int64N(100)), uint64(i*16), locations...)
	}
	return c.finish(t)
}

// preprofile is what the toolchain's own reader makes of a profile: the calls in
// the compiler's order, with weights.
func preprofile(t *testing.T, p *profile.Profile) string {
	t.Helper()
	dir := t.TempDir()
	data, err := profile.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	in, out := filepath.Join(dir, "in.pb.gz"), filepath.Join(dir, "out.txt")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.CommandContext(t.Context(), "go", "tool", "preprofile", "-i", in, "-o", out).CombinedOutput(); err != nil {
		t.Fatalf("go tool preprofile: %v\n%s", err, text)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The toolchain reads the same calls, with the same weights and in the same
// order, from a profile and from what Minimal makes of it.
func TestMinimalIsTheSameToTheCompiler(t *testing.T) {
	for seed := range uint64(4) {
		p := random(t, seed, 400)
		small, left, err := pgo.Minimal(p, 1)
		if err != nil {
			t.Fatal(err)
		}
		if left.Calls != 0 || left.Cut != 0 {
			t.Errorf("seed %d: %d calls and %d stacks left out of all", seed, left.Calls, left.Cut)
		}
		want, got := preprofile(t, p), preprofile(t, small)
		if want != got {
			t.Errorf("seed %d: the compiler reads something else\nfrom the whole:\n%.400s\nfrom the small:\n%.400s", seed, want, got)
		}
		if small.NumSamples() >= p.NumSamples() || len(small.SampleTypes) != 1 || small.HasLabels() {
			t.Errorf("seed %d: %d stacks of %d, columns %v, labels %v", seed, small.NumSamples(), p.NumSamples(), small.SampleTypes, small.HasLabels())
		}
	}
}

// Read computes what the toolchain computes.
func TestReadIsWhatTheCompilerReads(t *testing.T) {
	p := random(t, 9, 300)
	c, err := pgo.Read(p)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString("GO PREPROFILE V1\n")
	for _, e := range c.All {
		fmt.Fprintf(&b, "%s\n%s\n%d %d\n", e.Caller, e.Callee, e.Offset, e.Weight)
	}
	if got := preprofile(t, p); got != b.String() {
		t.Errorf("the toolchain reads\n%.400s\nwant\n%.400s", got, b.String())
	}
}

// What is trimmed is light and holds no hot call.
func TestMinimalTrims(t *testing.T) {
	p := random(t, 5, 2000)
	before, err := pgo.Read(p)
	if err != nil {
		t.Fatal(err)
	}
	small, left, err := pgo.Minimal(p, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	if left.Cut == 0 || left.CutShare > 0.05 || left.Kept != small.NumSamples() {
		t.Errorf("left out: %+v, %d stacks are there", left, small.NumSamples())
	}
	after, err := pgo.Read(small)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[pgo.Call]bool{}
	for _, c := range after.All {
		kept[c.Call] = true
	}
	for _, c := range before.All[:before.Hot] {
		if !kept[c.Call] {
			t.Errorf("hot call gone: %+v", c)
		}
	}
	if got := len(before.All) - len(after.All); got != left.Calls {
		t.Errorf("%d calls are gone, %d reported", got, left.Calls)
	}
}

// The same input gives the same bytes.
func TestMinimalIsDeterministic(t *testing.T) {
	var first []byte
	for range 3 {
		small, _, err := pgo.Minimal(random(t, 3, 300), 0.999)
		if err != nil {
			t.Fatal(err)
		}
		data, err := profile.Encode(small)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !slices.Equal(first, data) {
			t.Fatal("other bytes for the same profile")
		}
		first = data
	}
}

func TestReadRefuses(t *testing.T) {
	heap := profile.NewBuilder(false, profile.ValueType{Type: "inuse_space", Unit: "bytes"})
	p, err := heap.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pgo.Read(p); !errors.Is(err, pgo.ErrNotCPU) {
		t.Errorf("a heap profile: %v", err)
	}
	old := newCPU()
	f := old.b.Function(profile.Function{Name: "main.f"})
	l := old.b.Location(profile.Location{Mapping: -1, Address: 1, Lines: []profile.Line{{Function: f, Line: 3}}})
	m := old.b.Location(profile.Location{Mapping: -1, Address: 2, Lines: []profile.Line{{Function: f, Line: 4}}})
	old.b.Sample([]uint32{l, m}, []int64{1, 1e7})
	if _, err := pgo.Read(old.finish(t)); err == nil {
		t.Error("a profile without first lines was taken; the compiler refuses it")
	}
	if c, err := pgo.Read(newCPU().finish(t)); err != nil || c.Total != 0 {
		t.Errorf("an empty profile: %v, %v", c, err)
	}
}
