package blame

import (
	"maps"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/profile/symbol"
)

// TestCells: one stack, and whom it is charged to.
func TestCells(t *testing.T) {
	for _, c := range []struct{ name, stack, owner, concept string }{
		{"own instructions", "main.main:3;main.work:9", "main.work", "own-code"},
		{"a library call", "main.main:3;main.work:9;strings.Split;strings.genSplit;runtime.makeslice", "main.work", "string-split"},
		{"the nearest function wins", "main.main;example.com/lib.Parse:4;strings.Fields", "example.com/lib.Parse", "string-split"},
		{"a callback is its own owner", "main.sorted;sort.Slice;sort.pdqsort_func;main.sorted.func1:7;runtime.memequal", "main.sorted.func1", "string-search"},
		{"no telling name", "main.work;plugin.lookup", "main.work", "lib:plugin"},
		{"a writer that ends in a socket", "main.send;fmt.Fprintf;net.(*conn).Write;internal/poll.(*FD).Write", "main.send", "net-write"},
		{"a buffered writer that ends in memory", "main.send;fmt.Fprintf;bufio.(*Writer).Write;runtime.memmove", "main.send", "fmt"},
		{"a map that grows", "main.fill;runtime.mapassign_fast64;runtime.hashGrow", "main.fill", "map-grow"},
		{"a map that does not", "main.fill;runtime.mapassign_fast64;aeshashbody", "main.fill", "map-assign"},
		{"inlined", "main.main:3;~main.work:9;~strings.Index;internal/bytealg.IndexString", "main.work", "string-search"},
		{"a lock's wrapper", "main.work:9;main.(*guard).Lock:2;sync.(*Mutex).Lock;internal/sync.(*Mutex).lockSlow", "main.work", "mutex"},
		{"a Lock that does more", "main.work:9;main.(*lease).Lock:2;net.(*conn).Write", "main.(*lease).Lock", "net-write"},
		{"a deferred call", "main.work:9;main.work.deferwrap1;os.(*File).Close", "main.work", "file-open"},
		{"a go statement", "main.work.gowrap1;time.Now", "main.work", "time-now"},
		{"type arguments", "main.work;slices.SortFunc[go.shape.[]main.T,go.shape.int];slices.pdqsortCmpFunc[go.shape.int]", "main.work", "sort"},
		{"what a pool makes", "main.work:9;sync.(*Pool).Get;main.init.func1:3;runtime.makeslice;runtime.mallocgc", "main.work", "sync-pool"},
		{"a preempted function", "main.main:3;main.work:9;runtime.asyncPreempt;runtime.asyncPreempt2", "main.work", "own-code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := build(t, c.stack+" 5", symbol.Classifier{})
			if len(tab.Cells) == 0 {
				t.Fatal("no cell")
			}
			top := tab.Cells[0]
			if got := tab.Funcs[top.Owner].Name; got != c.owner || string(top.Concept) != c.concept || top.Near != 5 {
				t.Errorf("%d charged to %s through %s, want 5 to %s through %s", top.Near, got, top.Concept, c.owner, c.concept)
			}
			if tab.Total != 5 || tab.N != 1 {
				t.Errorf("total %d of %d samples", tab.Total, tab.N)
			}
		})
	}
}

// TestCallbacks: what a library function calls back into is its caller's in Cum.
func TestCallbacks(t *testing.T) {
	tab := build(t, `
main.top:4;sort.Slice;sort.pdqsort_func 10
main.top:4;sort.Slice;sort.pdqsort_func;main.top.func1:6 30
main.top:4;sort.Slice;sort.pdqsort_func;main.top.func1:6;main.less:9 5
main.other:2 100
`, symbol.Classifier{})
	top, _ := tab.Lookup("main.top")
	c := tab.Cell(top, SortReflect)
	if c == nil || c.Near != 10 || c.Cum != 45 || c.N != 1 || c.CumN != 3 {
		t.Fatalf("sorting: %+v, want 10 near and 45 with callbacks", c)
	}
	if tab.Cell(top, Sort) != nil {
		t.Error("sorting is there under two concepts")
	}
}

func TestCell(t *testing.T) {
	tab := build(t, `
main.f:4;fmt.Sprintf;runtime.slicebytetostring;runtime.mallocgc 10
main.f:4;fmt.Sprint 2
main.f:8;fmt.Sprintf;fmt.(*pp).doPrintf 7
`, symbol.Classifier{})
	i, _ := tab.Lookup("main.f")
	c := tab.Cell(i, Fmt)
	if c == nil || len(tab.Cells) != 1 {
		t.Fatalf("%d cells, want one", len(tab.Cells))
	}
	if c.Near != 19 || c.Malloc != 10 || c.Inner[BytesString] != 10 || c.Inner[Alloc] != 10 {
		t.Errorf("near %d, in the allocator %d, inside %v", c.Near, c.Malloc, c.Inner)
	}
	if d := cmp.Diff(map[int32]int64{4: 12, 8: 7}, c.Lines); d != "" || c.TopLine() != 4 {
		t.Errorf("lines, the hottest %d:\n%s", c.TopLine(), d)
	}
	if got := tab.Funcs[c.TopStd()].Name; got != "fmt.Sprintf" {
		t.Errorf("most called: %s", got)
	}
	if len(c.Stack) != 4 || tab.Funcs[c.Stack[0].Func].Name != "runtime.mallocgc" || c.Stack[3].Line != 4 {
		t.Errorf("heaviest stack: %v", c.Stack)
	}
	if empty := (&Cell{}); empty.TopLine() != 0 || empty.TopStd() != -1 {
		t.Error("an empty cell has a line or a callee")
	}
}

// TestTies: equal values give the smaller line, whatever the order of maps.
func TestTies(t *testing.T) {
	for range 20 {
		c := &Cell{Lines: map[int32]int64{9: 4, 3: 4, 7: 4}, Std: map[int32]int64{5: 2, 2: 2}}
		if c.TopLine() != 3 || c.TopStd() != 2 {
			t.Fatalf("line %d, callee %d", c.TopLine(), c.TopStd())
		}
	}
}

func TestActivities(t *testing.T) {
	for _, c := range []struct {
		stack string
		want  Activity
	}{
		{"main.main;main.f", InOwn},
		{"main.main;example.com/lib.F", InThirdParty},
		{"main.main;strings.Index", InStd},
		{"main.main;runtime.mapaccess1", InRuntime},
		{"main.main;runtime.makeslice;runtime.mallocgc", InAlloc},
		{"main.main;runtime.makeslice;runtime.mallocgc;runtime.gcAssistAlloc;runtime.gcDrainN", InAssist},
		{"runtime.gcBgMarkWorker;runtime.systemstack;runtime.gcBgMarkWorker.func2;runtime.gcDrainMarkWorkerDedicated;runtime.gcDrain", InGC},
		{"runtime.gcBgMarkWorker;runtime.systemstack;runtime.gcBgMarkWorker.func2;runtime.gcDrainMarkWorkerIdle;runtime.gcDrain", InIdleGC},
		{"runtime.bgsweep;runtime.sweepone", InSweep},
		{"runtime.bgscavenge;runtime.madvise", InSweep},
		{"runtime.mcall;runtime.park_m;runtime.schedule;runtime.findRunnable", InSched},
		{"runtime.mstart;runtime.mstart1;runtime.sysmon;runtime.usleep", InSched},
		{"main.main;os.(*File).Write;syscall.Syscall;internal/runtime/syscall/linux.Syscall6", InSyscall},
		{"main.main;main._Cfunc_f;runtime.cgocall", InCgo},
		{"runtime/pprof.profileWriter;compress/gzip.(*Writer).Write", InProfiler},
		{"net/http.(*conn).serve;net/http/pprof.Profile;runtime/pprof.StopCPUProfile", InProfiler},
		{"crosscall2;memcpy", Unknown},
	} {
		tab := build(t, c.stack+" 3", symbol.Classifier{})
		if d := cmp.Diff(map[Activity]int64{c.want: 3}, tab.Classes); d != "" {
			t.Errorf("%s:\n%s", c.stack, d)
		}
	}
}

// TestEdges: calls between functions of the program, what is between them left out.
func TestEdges(t *testing.T) {
	tab := build(t, `
main.main:1;main.walk:2;main.walk:2;main.walk:3;sort.Slice;main.less:9;runtime.memequal 4
main.main:1;main.walk:3 6
`, symbol.Classifier{})
	at := func(name string) int32 {
		i, ok := tab.Lookup(name)
		if !ok {
			t.Fatalf("no %s", name)
		}
		return i
	}
	walk := at("main.walk")
	if d := cmp.Diff(map[Edge]int64{{at("main.main"), walk}: 10, {walk, at("main.less")}: 4}, tab.Edges); d != "" {
		t.Errorf("edges:\n%s", d)
	}
	if d := cmp.Diff(map[int32]int64{walk: 4}, maps.Clone(tab.Repeats)); d != "" {
		t.Errorf("recursion is counted once for each stack:\n%s", d)
	}
	if f := tab.Funcs[walk]; f.Cum != 10 || f.Flat != 6 || f.Near != 6 {
		t.Errorf("walk: cum %d, flat %d, near %d", f.Cum, f.Flat, f.Near)
	}
	if v := tab.Lines[Frame{walk, 3}]; v != 10 {
		t.Errorf("line 3 of walk, nearest to the cost: %d, want 10", v)
	}
	if !tab.Reachable(walk) || tab.Reachable(at("sort.Slice")) {
		t.Error("reach is wrong")
	}
}

func TestAddsUpWithOddNumbers(t *testing.T) {
	for name, text := range map[string]string{
		"empty":    "# nothing",
		"a diff":   "main.f;strings.Split 9\nmain.g;strings.Split -4\nruntime.bgsweep 2",
		"cancels":  "main.f 5\nmain.g -5",
		"no stack": "main.f 3",
	} {
		tab := build(t, text, symbol.Classifier{})
		var classes, near int64
		for _, v := range tab.Classes {
			classes += v
		}
		for _, c := range tab.Cells {
			near += c.Near
		}
		if classes != tab.Total || near+ownerless(t, text) != tab.Total {
			t.Errorf("%s: activities %d, cells %d of %d", name, classes, near, tab.Total)
		}
	}
}

// TestHugeValues: a file may claim values whose sum does not fit. Sums stay at
// the limit and keep their sign, so that shares stay between 0 and 1.
func TestHugeValues(t *testing.T) {
	const huge = "9223372036854775807"
	tab := build(t, "main.a:1;runtime.mallocgc "+huge+"\nmain.b:2;main.a:1 "+huge+"\nmain.b:2;main.a:3;strings.Split "+huge, symbol.Classifier{})
	if tab.Total != math.MaxInt64 {
		t.Errorf("total %d", tab.Total)
	}
	for _, c := range tab.Cells {
		if c.Near < 0 || c.Malloc < 0 {
			t.Errorf("cell of %s: %d, %d in malloc", tab.Funcs[c.Owner].Name, c.Near, c.Malloc)
		}
	}
	for e, v := range tab.Edges {
		if v < 0 {
			t.Errorf("edge %v: %d", e, v)
		}
	}
	for _, c := range []struct{ a, b, want int64 }{
		{1, 2, 3}, {math.MaxInt64, 1, math.MaxInt64}, {math.MinInt64, -1, math.MinInt64}, {math.MaxInt64, math.MinInt64, -1}, {-3, 3, 0},
	} {
		if got := plus(c.a, c.b); got != c.want {
			t.Errorf("plus(%d, %d) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
