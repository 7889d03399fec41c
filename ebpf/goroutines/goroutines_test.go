package goroutines_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/ebpf/goroutines"
	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// named are frames by address.
type named map[uint64][]gosym.Frame

func (n named) CallFrames(ret uint64) []gosym.Frame { return n[ret] }
func (n named) Frames(pc uint64) []gosym.Frame      { return n[pc] }

func at(name string, line int) []gosym.Frame {
	return []gosym.Frame{{Func: name, Symbol: name, File: "/src/x.go", Line: line}}
}

var frames = named{
	1: at("runtime.gopark", 400), 2: at("main.worker", 12), 3: at("runtime.goexit", 1), 4: {},
	5:  {{Func: "main.inner", Symbol: "main.inner", File: "/src/y.go", Line: 3, Inlined: true}, {Func: "main.outer", Symbol: "main.outer", File: "/src/x.go", Line: 20}},
	10: at("main.worker", 10), 20: at("main.main", 30), 30: at("main.evil\n\x1b[31m", 1),
}

func crowd() *goproc.Dump {
	return &goproc.Dump{Torn: 1, Goroutines: []goproc.Goroutine{
		{ID: 1, Status: goproc.Running, Start: 20},
		{ID: 2, System: true, Status: goproc.Waiting, Stack: []uint64{1, 3}},
		{ID: 9, Parent: 1, Status: goproc.Waiting, Reason: "chan receive", Waited: 3 * time.Minute, Creator: 20, Start: 10, Stack: []uint64{1, 5, 4, 2, 3}, Labels: []goproc.Label{{Key: "tenant", Value: "a \"b\""}}},
		{ID: 7, Parent: 1, Status: goproc.Waiting, Reason: "chan receive", Creator: 20, Start: 10, Stack: []uint64{1, 5, 4, 2, 3}},
		{ID: 8, Status: goproc.Runnable, Torn: true, Start: 30},
	}}
}

func TestProfile(t *testing.T) {
	p, err := goroutines.Profile(frames, profile.Mapping{File: "/bin/x", Start: 1, Limit: 100}, crowd(), time.Unix(5, 0))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range p.NumSamples() {
		var names []string
		for _, l := range p.Stack(i) {
			for _, line := range p.Locations[l].Lines {
				names = append(names, p.Functions[line.Function].Name)
			}
		}
		for _, l := range p.Labels(i) {
			names = append(names, l.Key+"="+l.Str)
		}
		got = append(got, strings.Join(names, " "))
	}
	want := []string{
		"main.main state=running",
		`runtime.gopark main.inner main.outer main.worker state=chan receive tenant=a "b"`,
		"runtime.gopark main.inner main.outer main.worker state=chan receive",
		"main.evil\n\x1b[31m state=runnable",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if p.Total(0) != 4 || len(p.Comments) != 3 {
		t.Errorf("%d goroutines, comments %q", p.Total(0), p.Comments)
	}
}

// What is written is read back by the reader of debug=2 pages.
func TestWriteDumpIsADump(t *testing.T) {
	var text strings.Builder
	if err := goroutines.WriteDump(&text, frames, crowd()); err != nil {
		t.Fatal(err)
	}
	set := evidence.Decode(&evidence.Capture{Blobs: []evidence.Blob{{Kind: evidence.GoroutineText, Name: "goroutine-text-1.txt", Data: []byte(text.String())}}})
	if len(set.Goroutines) != 1 || len(set.Notes) > 0 {
		t.Fatalf("%d dumps, notes %q, of\n%s", len(set.Goroutines), set.Notes, text.String())
	}
	want := []evidence.GoroutineState{
		{ID: 1, State: "running"},
		{
			ID: 7, State: "chan receive", Creator: 1, CreatedBy: evidence.DumpFrame{Function: "main.main", File: "/src/x.go", Line: 30},
			Frames: []evidence.DumpFrame{{Function: "main.inner", File: "/src/y.go", Line: 3}, {Function: "main.outer", File: "/src/x.go", Line: 20}, {Function: "main.worker", File: "/src/x.go", Line: 12}},
		},
		{ID: 8, State: "runnable"},
		{
			ID: 9, State: "chan receive", Wait: 3 * time.Minute, Creator: 1, CreatedBy: evidence.DumpFrame{Function: "main.main", File: "/src/x.go", Line: 30},
			Frames: []evidence.DumpFrame{{Function: "main.inner", File: "/src/y.go", Line: 3}, {Function: "main.outer", File: "/src/x.go", Line: 20}, {Function: "main.worker", File: "/src/x.go", Line: 12}},
			Labels: map[string]string{"tenant": `a "b"`},
		},
	}
	if diff := cmp.Diff(want, set.Goroutines[0].Goroutines); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestGroups(t *testing.T) {
	got := goroutines.Groups(frames, crowd())
	want := []goroutines.Group{
		{
			Count: 2, State: "chan receive", Waited: 3 * time.Minute, First: 7, Creator: goroutines.Call{Func: "main.main", File: "/src/x.go", Line: 30},
			Stack: []goroutines.Call{{Func: "main.inner", File: "/src/y.go", Line: 3}, {Func: "main.outer", File: "/src/x.go", Line: 20}, {Func: "main.worker", File: "/src/x.go", Line: 12}},
		},
		{Count: 1, State: "running", First: 1, Stack: []goroutines.Call{{Func: "main.main", File: "/src/x.go", Line: 30}}},
		{Count: 1, State: "runnable", First: 8, Stack: []goroutines.Call{{Func: "main.evil??[31m", File: "/src/x.go", Line: 1}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

// A running goroutine has the stack that was sampled of itself most often, or of
// those that began where it did; one whose stack is in memory keeps that.
func TestSampled(t *testing.T) {
	b := profile.NewBuilder(true, profile.ValueType{Type: "samples", Unit: "count"})
	location := func(address uint64, name string) uint32 {
		f := b.Function(profile.Function{Name: name})
		return b.Location(profile.Location{Address: address, Mapping: -1, Lines: []profile.Line{{Function: f}}})
	}
	worker, rare, often := location(99, "main.worker"), location(199, "main.rare"), location(299, "main.often")
	id := func(n int64) profile.Label { return profile.Label{Key: goroutines.IDLabel, Num: n} }
	b.Sample([]uint32{rare, worker}, []int64{2}, id(7))
	b.Sample([]uint32{often, worker}, []int64{9}, id(8))
	b.Sample([]uint32{worker}, []int64{1}, id(7))
	b.Sample([]uint32{rare}, []int64{50}) // the scheduler's
	b.SetHeader(&profile.Profile{})
	cpu, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	names := starts{10: "main.worker", 20: "main.other"}
	d := &goproc.Dump{Goroutines: []goproc.Goroutine{
		{ID: 7, Status: goproc.Running, Start: 10},
		{ID: 9, Status: goproc.Running, Start: 10},
		{ID: 10, Status: goproc.Waiting, Start: 10, Torn: true},
		{ID: 11, Status: goproc.Running, Start: 20},
		{ID: 12, Status: goproc.Waiting, Start: 10, Stack: []uint64{5}},
	}}
	if n := goroutines.Sampled(names, d, cpu); n != 3 {
		t.Errorf("%d were given a stack, want 3", n)
	}
	var got [][]uint64
	for _, g := range d.Goroutines {
		got = append(got, g.Stack)
	}
	if diff := cmp.Diff([][]uint64{{200, 100}, {300, 100}, {300, 100}, nil, {5}}, got); diff != "" {
		t.Errorf("stacks (-want +got):\n%s", diff)
	}
}

// starts are functions by their first address.
type starts map[uint64]string

func (s starts) Frames(pc uint64) []gosym.Frame     { return []gosym.Frame{{Func: s[pc], Symbol: s[pc]}} }
func (s starts) CallFrames(pc uint64) []gosym.Frame { return s.Frames(pc) }
