package exhibit_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/gctune"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

var began = time.Date(2026, 9, 21, 14, 0, 0, 0, time.UTC)

// heapAfter is a heap profile taken so many seconds after the first.
func heapAfter(t *testing.T, seconds int, text string) *profile.Profile {
	t.Helper()
	enc, err := folded.Encode(text, "heap", began.Add(time.Duration(seconds)*time.Second), 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(enc.Data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGrowth(t *testing.T) {
	set := &evidence.Set{Build: evidence.Build{Main: "example.com/shop"}, Profiles: map[evidence.Kind][]*profile.Profile{}}
	if _, ok := exhibit.Growth(set); ok {
		t.Error("growth of nothing")
	}
	for i, shakes := range []int{0, 1, -1, 1, 1} {
		text := fmt.Sprintf("main.main;example.com/shop/cart.Add:7;bytes.growSlice %dMiB %dMiB\nmain.main;example.com/shop/cart.Warm:9 %dMiB %dMiB\nmain.main;example.com/shop/cart.Kept 3MiB 3MiB\n",
			64+36*i, 64+36*i, 20+shakes, 20+shakes)
		set.Profiles[evidence.Heap] = append(set.Profiles[evidence.Heap], heapAfter(t, 10*i, text))
	}
	e, ok := exhibit.Growth(set)
	if !ok || len(e.Table.Rows) != 2 {
		t.Fatalf("%v: want a row for what grows and one for what shakes, none for what stays", e.Table)
	}
	row := e.Table.Rows[0]
	if got, want := row[0].Value, 36.0*(1<<20)/10*3600; math.Abs(got-want) > want/1e6 {
		t.Errorf("%v a hour, want %v", got, want)
	}
	if row[3].Text != "example.com/shop/cart.Add" || !strings.HasSuffix(row[4].Text, ":7") {
		t.Errorf("site %v %v: want the code of the main module, not what it calls", row[3], row[4])
	}
	if shaky := e.Table.Rows[1]; shaky[1].Value < math.Abs(shaky[0].Value) {
		t.Errorf("±%v of %v: that is no growth", shaky[1].Value, shaky[0].Value)
	}
}

// TestGrowthIsSampled: what was sampled is in doubt though the points lie on a
// line, and a profile of the same collection adds no point.
func TestGrowthIsSampled(t *testing.T) {
	set := &evidence.Set{Profiles: map[evidence.Kind][]*profile.Profile{}}
	for _, look := range []struct{ at, mib int }{{0, 64}, {10, 96}, {10, 96}, {20, 128}} {
		set.Profiles[evidence.Heap] = append(set.Profiles[evidence.Heap], heapAfter(t, look.at, fmt.Sprintf("main.main;main.keep:3 %dMiB %dMiB", look.mib, look.mib)))
	}
	e, ok := exhibit.Growth(set)
	if !ok || len(e.Table.Rows) != 1 || !strings.Contains(e.Title, "over 3 collections in 20 s") {
		t.Fatalf("%q: %v", e.Title, e.Table)
	}
	// 64 MiB in objects of 1 KiB are 65,536, of which one in 512 is sampled: 128, that is 9 %.
	row := e.Table.Rows[0]
	if share := row[1].Value / row[0].Value; math.Abs(share-1.96/math.Sqrt(128)) > 0.002 {
		t.Errorf("±%.1f %% of the growth, want 17.3 %%", share*100)
	}
}

func TestOverTime(t *testing.T) {
	set := &evidence.Set{}
	if got, _ := exhibit.OverTime(set); len(got) != 0 {
		t.Errorf("%v of nothing", got)
	}
	for i, after := range []time.Duration{0, 10 * time.Millisecond, time.Second, 3 * time.Second} {
		set.Memory = append(set.Memory, evidence.MemorySample{At: began.Add(after), HeapAlloc: int64(i + 1), TotalAlloc: int64(after / time.Millisecond), NumGC: int64(i)})
	}
	got := map[string][]float64{}
	all, from := exhibit.OverTime(set)
	times := map[string][]float64{}
	for _, e := range all {
		got[e.ID], times[e.ID] = e.Series.Lines[0].Values, e.Series.Times
	}
	if want := "map[live-alloc:[1 3] live-gc:[1 3] live-heap:[0 0.01 1 3]]"; !from.Equal(began) || fmt.Sprint(times) != want {
		t.Errorf("from %s: %v, want %s: a pace stands at the end of what it is over", from, times, want)
	}
	want := map[string][]float64{"live-heap": {1, 2, 3, 4}, "live-alloc": {1000, 1000}, "live-gc": {2, 0.5}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v: two looks around a forced collection are no pace", got, want)
	}
}

// What is seen of the process from outside is a line for each number, also when
// it is seen after the window; the kernel's count of the CPU goes before that of
// the samples.
func TestUseOverTime(t *testing.T) {
	var c evidence.Capture
	use := func(after time.Duration, cpu time.Duration, rss, fds, goroutines int64) kernel.Use {
		return kernel.Use{At: began.Add(after), CPU: cpu, RSS: rss, FDs: fds, Goroutines: goroutines}
	}
	if err := c.SetUsage([]kernel.Use{use(0, time.Second, 100, 7, 0), use(time.Second, 1500*time.Millisecond, 300, 9, 0)}); err != nil {
		t.Fatal(err)
	}
	set := evidence.Decode(&c)
	if set.Has(evidence.Kernel) || len(exhibit.Kernel(set)) > 0 {
		t.Error("what was seen of the process passes for a probe")
	}
	all, from := exhibit.OverTime(set, use(3*time.Second, 5500*time.Millisecond, 200, 0, 12), use(3100*time.Millisecond, 5600*time.Millisecond, 200, 0, 13))
	got := map[string]string{}
	for _, e := range all {
		got[e.Title] = fmt.Sprint(e.Series.Times, e.Series.Lines[0].Values)
	}
	want := map[string]string{
		"CPU": "[1 3] [0.5 2]", "RSS": "[0 1 3 3.1] [100 300 200 200]", "file descriptors": "[0 1] [7 9]", "goroutines": "[3 3.1] [12 13]",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || !from.Equal(began) {
		t.Errorf("from %s: %v, want %v", from, got, want)
	}
}

// The heap over time is what the pages say where they came; the heap profiles are
// points of what is live, one for each collection.
func TestHeapLines(t *testing.T) {
	set := &evidence.Set{Profiles: map[evidence.Kind][]*profile.Profile{}}
	for _, at := range []int{0, 10, 10} {
		set.Profiles[evidence.Heap] = append(set.Profiles[evidence.Heap], heapAfter(t, at, "main.main 3MiB 3MiB\n"))
	}
	for i, v := range []float64{5, 6, 7} {
		set.Runtime = append(set.Runtime, evidence.RuntimeSample{At: began.Add(time.Duration(i) * time.Second), Values: map[string]float64{"/gc/heap/goal:bytes": v, "go_memstats_heap_alloc_bytes": v / 2}})
	}
	got := map[string][]float64{}
	collect := func() {
		clear(got)
		all, _ := exhibit.OverTime(set)
		for _, e := range all {
			got[e.Title] = e.Series.Lines[0].Values
		}
	}
	collect()
	if len(got["live heap"]) != 2 || got["heap goal"][2] != 7 || got["heap objects"][2] != 3.5 {
		t.Errorf("%v", got)
	}
	for i := range 2 {
		set.Memory = append(set.Memory, evidence.MemorySample{At: began.Add(time.Duration(i) * time.Second), HeapAlloc: 100, NextGC: 200})
	}
	if collect(); len(got["heap goal"]) != 2 || got["heap goal"][0] != 200 {
		t.Errorf("pages of MemStats come first: %v", got)
	}
}

func TestCycles(t *testing.T) {
	set := &evidence.Set{}
	if _, ok := exhibit.Cycles(set); ok {
		t.Error("cycles of no log")
	}
	set.GC = &gctune.Log{Cycles: []gctune.Cycle{{At: time.Second, HeapEnd: 10, HeapLive: 6, Goal: 12}, {At: 3 * time.Second, HeapEnd: 11, HeapLive: 7, Goal: 14}}}
	e, ok := exhibit.Cycles(set)
	if !ok || e.Series.Times[1] != 2 || e.Series.Lines[1].Values[1] != 7 {
		t.Errorf("%v %v", ok, e.Series)
	}
	set.GC.Cycles[1].At = 0
	if _, ok := exhibit.Cycles(set); ok {
		t.Error("the clock of one process does not go back")
	}
}
