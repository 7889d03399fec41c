package turns

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/source/runs"
)

// fake is a subject that writes down when it ran.
type fake struct {
	name string
	log  *[]string
	fail int // the run that fails, 0 for none
	n    int
}

func (f *fake) Run(context.Context, string) (runs.Meta, error) {
	f.n++
	*f.log = append(*f.log, f.name)
	if f.n == f.fail {
		return runs.Meta{}, errors.New("broke")
	}
	return runs.Meta{Ops: 10, Unit: "op"}, nil
}

func plan(dir string, log *[]string, fail int) *Plan {
	var now time.Time
	return &Plan{
		Base:     Side{Subject: &fake{"A", log, 0, 0}, Dir: filepath.Join(dir, "base"), Commit: "aaaaaaaaaaaaaaaa"},
		New:      Side{Subject: &fake{"B", log, fail, 0}, Dir: filepath.Join(dir, "new"), Commit: "bbbbbbbbbbbbbbbb", Dirty: true},
		MaxPairs: 4, Budget: time.Hour, Getenv: func(string) string { return "" }, Now: func() time.Time { now = now.Add(time.Minute); return now },
		Enough: func(int) (bool, error) { return false, nil }, Progress: func(int, string, time.Duration) {},
	}
}

func TestTurns(t *testing.T) {
	var log []string
	dir := t.TempDir()
	n, err := plan(dir, &log, 0).Measure(context.Background())
	if err != nil || n != 4 || strings.Join(log, "") != "ABBAABBA" {
		t.Errorf("%d pairs, %v, order %q", n, err, log)
	}
	side, err := runs.Load(dir, "new")
	if err == nil && len(side.Runs) != 4 {
		t.Errorf("%d runs", len(side.Runs))
	}
	text, err := os.ReadFile(filepath.Join(dir, "new", "4", runs.MetaFile))
	if err != nil {
		t.Fatal(err)
	}
	meta, err := runs.ParseMeta(text)
	if err != nil || meta.Pair != 4 || !meta.Dirty || meta.Commit != "bbbbbbbbbbbbbbbb" || meta.Order != 0 {
		t.Errorf("%+v, %v", meta, err)
	}
	// Those that are there count.
	log = nil
	p := plan(dir, &log, 0)
	p.MaxPairs = 5
	if n, err := p.Measure(context.Background()); n != 5 || err != nil || len(log) != 2 {
		t.Errorf("%d pairs, %v, %q", n, err, log)
	}
	// Those of another build do not.
	p = plan(dir, &log, 0)
	p.New.Commit = "cccccccccccccccc"
	if _, err := p.Measure(context.Background()); err == nil || !strings.Contains(err.Error(), "is a run of bbbbbbbbbbbb with changes, not of cccccccccccc with changes") {
		t.Errorf("%v", err)
	}
}

// A run that fails leaves whole pairs and nothing else.
func TestTurnsThatFail(t *testing.T) {
	var log []string
	dir := t.TempDir()
	n, err := plan(dir, &log, 3).Measure(context.Background())
	if n != 2 || err == nil || !strings.Contains(err.Error(), "pair 3, new: broke") {
		t.Errorf("%d pairs, %v", n, err)
	}
	for side, want := range map[string]int{"base": 2, "new": 2} {
		left, err := os.ReadDir(filepath.Join(dir, side))
		if err != nil || len(left) != want {
			t.Errorf("%s: %v, %v", side, left, err)
		}
	}
}

func TestTurnsStop(t *testing.T) {
	var log []string
	p := plan(t.TempDir(), &log, 0)
	p.Enough = func(n int) (bool, error) { return n == 2, nil }
	if n, err := p.Measure(context.Background()); n != 2 || err != nil {
		t.Errorf("%d pairs, %v", n, err)
	}
	p = plan(t.TempDir(), &log, 0)
	p.Budget = 10 * time.Minute // a pair takes some of the clock's minutes
	if n, err := p.Measure(context.Background()); n == 0 || n == 4 || !errors.Is(err, ErrBudget) {
		t.Errorf("%d pairs, %v", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if n, err := plan(t.TempDir(), &log, 0).Measure(ctx); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d pairs, %v", n, err)
	}
}

func TestSplit(t *testing.T) {
	g, ok := NewGoTest(".", "", strings.Fields("go test -tags x -bench=A|B --benchtime 2s -race -cpuprofile c.out -count 5 -test.cpu 1,2 ./... -ldflags=-s -args -v z"))
	if !ok {
		t.Fatal("is no go test")
	}
	build, flags := g.split()
	if want := []string{"-tags=x", "-race", "./...", "-ldflags=-s"}; !slices.Equal(build, want) {
		t.Errorf("build %q", build)
	}
	if len(flags) != 4 || flags["bench"] != "A|B" || flags["benchtime"] != "2s" || flags["cpu"] != "1,2" || flags["count"] != "5" {
		t.Errorf("flags %q", flags)
	}
	if !slices.Equal(g.rest, []string{"-v", "z"}) {
		t.Errorf("rest %q", g.rest)
	}
	if _, ok := NewGoTest(".", "", []string{"go", "run", "."}); ok {
		t.Error("go run is a go test")
	}
}

func TestBenchmarks(t *testing.T) {
	out := "goos: linux\npkg: x\nBenchmarkA/n=5/k-2 \t 10 \t 5 ns/op\nBenchmarkA/n=5/k-4 \t 30 \t 5 ns/op\nBenchmarkB.+ \t 7 \t 1 ns/op\nPASS\n"
	marks := found([]byte(out))
	if want := []benchmark{{"A/n=5/k", 30}, {"B.+", 7}}; !slices.Equal(marks, want) {
		t.Fatalf("%+v", marks)
	}
	if p := marks[0].pattern(); p != "^BenchmarkA$/^n=5$/^k$" {
		t.Errorf("pattern %q", p)
	}
	if p := marks[1].pattern(); p != `^BenchmarkB\.\+$` {
		t.Errorf("pattern %q", p)
	}
	base := &GoTest{packages: []testPackage{{path: "x", marks: []benchmark{{"A", 30}, {"Old", 1}}}}}
	next := &GoTest{packages: []testPackage{{path: "x", marks: []benchmark{{"A", 12}, {"New", 5}}}}}
	left, err := Agree(base, next)
	if err != nil || !slices.Equal(left, []string{"x.New (only new)", "x.Old (only in the base)"}) || next.packages[0].marks[0].iters != 30 || len(base.packages[0].marks) != 1 {
		t.Errorf("%q, %v, %+v", left, err, next.packages)
	}
	if _, err := Agree(&GoTest{}, next); err == nil {
		t.Error("nothing in common is no error")
	}
}

func TestCommandCounts(t *testing.T) {
	for text, want := range map[string]float64{
		`ops: 12000`: 12000, `{"ops": 5e3}`: 5000, "x\n  ops=1_000\nops: 7\n": 7, `{"ops":12,"x":1}`: 12, "Ops: 3": 3,
		"flops: 3": 0, "ops: none": 0, "ops: 0": 0, "": 0, "ops: -3": 0,
	} {
		c := &Command{Dir: t.TempDir(), Args: []string{"printf", "%s", text}, Unit: "request"}
		m, err := c.Run(context.Background(), t.TempDir())
		if (want > 0) != (err == nil) || err == nil && m.Ops != want {
			t.Errorf("%q: %v, %v", text, m.Ops, err)
		}
	}
	dir := t.TempDir()
	c := &Command{Dir: dir, Args: []string{"sh", "-c", "echo hi >$1; echo ops: 1; pwd; test -n \"$GOPERF_RUN_DIR\"", "sh", "{cpu}"}, Unit: "op"}
	into := t.TempDir()
	if _, err := c.Run(context.Background(), into); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(into, "cpu.pb.gz")); err != nil {
		t.Error(err)
	}
	c = &Command{Dir: dir, Args: []string{"sh", "-c", "seq 100; exit 3"}}
	_, err := c.Run(context.Background(), into)
	if failed := (*Failed)(nil); !errors.As(err, &failed) || len(failed.Tail) != tailLines || failed.Tail[tailLines-1] != "100" {
		t.Errorf("%v", err)
	}
}
