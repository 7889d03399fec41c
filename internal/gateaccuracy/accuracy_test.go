package main

import (
	"bytes"
	"compress/gzip"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func recordedBench(t *testing.T) *bench { return benchOf(t, programs[0]) }

func benchOf(t *testing.T, p program) *bench {
	t.Helper()
	a, err := unpack(p, "testdata/"+p.name+".gz")
	if err != nil {
		t.Fatal(err)
	}
	return newBench(a)
}

// The bars of docs/gate-accuracy.md on few of the gate runs that it is written
// from: the same ones each time.
func TestGateRuns(t *testing.T) {
	b := recordedBench(t)
	p := b.a.of
	for _, q := range []struct {
		cell
		gates, found, alarms int // at least, at most
	}{
		{same2(five), 15, 0, 0},
		{same2(design{pairs: 1}), 10, 0, 0},
		{p.slower("B5", five), 8, 8, 0},
		{added(p.tax, 0.05, five), 6, 6, 0},
		{cell{title: "better", base: "B5", next: "A", design: five, guilty: p.quote, better: true}, 4, 4, 0},
		{cell{title: "bytes", base: "A", next: "alloc", design: design{pairs: 3}, guilty: p.trail, metrics: []string{"alloc_space"}}, 3, 3, 0},
		{cell{title: "objects", base: "A", next: "alloc", design: design{pairs: 3}, guilty: p.trail, metrics: []string{"alloc_objects"}}, 3, 3, 0},
		{cell{title: "lock", base: "A", next: "lock", design: design{pairs: 3}, guilty: p.reserve, metrics: []string{"mutex_delay", "block_delay"}}, 3, 3, 0},
	} {
		q.cell.gates = q.gates
		got, err := b.ask(q.cell)
		if err != nil {
			t.Fatal(err)
		}
		if got.found < q.found || got.first < q.found || got.alarms > q.alarms {
			t.Errorf("%s, %s: found in %d of %d gate runs, named first in %d; %d alarms: %s", q.title, q.design, got.found, q.gates, got.first, got.alarms, got.most())
		}
	}
}

// The second program, that nothing was chosen for.
func TestHoldOut(t *testing.T) {
	b := benchOf(t, programs[1])
	for _, q := range []struct {
		cell
		gates, found, alarms int
	}{
		{same2(five), 10, 0, 0},
		{same2(design{pairs: 1}), 10, 0, 0},
		{b.a.of.slower("B5", five), 6, 6, 0},
		// The caller has nearly all of the program below it.
		{cell{title: "inlined", base: "A", next: "A2", design: five, do: inline(b.a.of.score)}, 6, 0, 0},
		// What is held back by more copies is in a slice of the caller, which grows.
		{cell{title: "bytes", base: "A", next: "alloc", design: design{pairs: 3}, guilty: b.a.of.trail, metrics: []string{"alloc_space"}}, 2, 2, 2},
		{cell{title: "lock", base: "A", next: "lock", design: design{pairs: 3}, guilty: b.a.of.reserve, metrics: []string{"mutex_delay", "block_delay"}}, 2, 2, 0},
	} {
		q.cell.gates = q.gates
		got, err := b.ask(q.cell)
		if err != nil {
			t.Fatal(err)
		}
		if got.found < q.found || got.first < q.found || got.alarms > q.alarms {
			t.Errorf("%s, %s: found in %d of %d gate runs, named first in %d; %d alarms: %s", q.title, q.design, got.found, q.gates, got.first, got.alarms, got.most())
		}
	}
}

func TestArchiveSurvivesWriting(t *testing.T) {
	a := recordedBench(t).a
	var first, second bytes.Buffer
	if err := a.write(&first); err != nil {
		t.Fatal(err)
	}
	again, err := readArchive(programs[0], bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.write(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("%v: %d bytes became %d", err, first.Len(), second.Len())
	}
}

func TestArchiveRefuses(t *testing.T) {
	for _, text := range []string{"s cpu 0:1", "r A 0 1 1 1 1 1\ns cpu 5:1", "r A 0 1 1 1 1 1\ns cpu 0:x", "f a", "x"} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(text + "\n"))
		z.Close()
		if _, err := readArchive(programs[0], &b); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// A run that is made of the archive has what was recorded.
func TestRunsAreWhatWasRecorded(t *testing.T) {
	b := recordedBench(t)
	r := b.a.arm("A")[0]
	run, err := b.run("A", []int{0})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		p := run.Profiles[evidenceOf[kind]]
		for k, name := range columns[kind] {
			col, ok := p.SampleType(name)
			var want int64
			for _, s := range r.kinds[kind] {
				want += s.values[k]
			}
			if got := p.Total(col); !ok || got != want || want == 0 {
				t.Errorf("%s %s: %d, want %d", kind, name, got, want)
			}
		}
	}
	three := b.sum("A", []int{0, 1, 2})
	if one := b.a.arm("A"); three.cpu != one[0].cpu+one[1].cpu+one[2].cpu {
		t.Error("three rounds do not have their CPU time")
	}
}

func TestTurnsAreFair(t *testing.T) {
	before := map[[2]string]int{}
	for round := range 48 {
		order := turn(programs[0].arms(), round)
		for i := range order {
			for _, later := range order[i+1:] {
				before[[2]string{order[i].name, later.name}]++
			}
		}
	}
	if a, b := before[[2]string{"A", "A2"}], before[[2]string{"A2", "A"}]; max(a, b) > 2*min(a, b) {
		t.Errorf("A before A2 %d times, after it %d times", a, b)
	}
}

func TestChanges(t *testing.T) {
	b := recordedBench(t)
	p := b.a.of
	r := b.a.arm("A2")[0]
	total := func(a *archive, r *recorded, function string) (all, own float64) {
		for _, s := range r.kinds["cpu"] {
			all += float64(s.values[0])
			if a.endsIn(s.node, function) {
				own += float64(s.values[0])
			}
		}
		return all, own
	}
	all, own := total(b.a, r, p.quote)
	var sum float64
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		_, more := inject(p.quote, 0.10)(b.a, r, rng)
		now, has := total(b.a, more, p.quote)
		if now-all != has-own {
			t.Fatal("samples were added elsewhere")
		}
		sum += (has - own) / all / 50
	}
	if math.Abs(sum-0.10) > 0.01 {
		t.Errorf("10 %% of the CPU came to %.3f", sum)
	}
	named, _ := rename(p.quote, "x.Y")(b.a, r, nil)
	if _, has := total(named, r, "x.Y"); has != own {
		t.Errorf("renamed: %v, want %v", has, own)
	}
	gone, _ := inline(p.quote)(b.a, r, nil)
	if now, has := total(gone, r, p.quote); has != 0 || now != all {
		t.Errorf("inlined: %v of %v is left", has, now)
	}
	if _, offer := total(gone, r, "example.com/shop/server.(*Shop).offer"); offer < own {
		t.Errorf("inlined: the caller has %v, want at least %v", offer, own)
	}
}

// The same question is answered in the same way.
func TestDrawsAreTheSame(t *testing.T) {
	draw := func() []string {
		sides, err := recordedBench(t).draw(rand.New(rand.NewPCG(7, 7)), five, "A", "A2", nil)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, s := range sides {
			for _, r := range s.Runs {
				out = append(out, r.Label)
			}
		}
		return out
	}
	first := draw()
	if again := draw(); !reflect.DeepEqual(first, again) {
		t.Errorf("%v, then %v", first, again)
	}
	slices.Sort(first)
	if len(slices.Compact(first)) != 10 {
		t.Errorf("a run was drawn twice: %s", strings.Join(first, " "))
	}
}
