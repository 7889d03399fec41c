package observe_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	gprofile "github.com/google/pprof/profile"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/gctune"
	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/profile"
)

const mib = 1 << 20

var start = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// pages are MemStats pages once a second of a process with 100 MiB live that
// allocates 50 MiB/s and collects every two seconds at GOGC=100.
func pages(n int) []evidence.MemorySample {
	var out []evidence.MemorySample
	for i := range n {
		at := start.Add(time.Duration(i) * time.Second)
		m := evidence.MemorySample{
			At: at, TotalAlloc: int64(1000+50*i) * mib, NumGC: int64(100 + i/2), NextGC: 200 * mib, HeapAlloc: int64(110+45*(i%2)) * mib,
			HeapInuse: int64(115+45*(i%2)) * mib, HeapIdle: 50 * mib, HeapReleased: 10 * mib, StackInuse: mib, MaxRSS: 220 * mib,
		}
		m.Sys = m.HeapInuse + m.HeapIdle + 12*mib
		for k := range min(m.NumGC, 50) {
			m.Ends = append(m.Ends, start.Add(time.Duration(2*(m.NumGC-100-k))*time.Second))
		}
		m.LastGC = m.Ends[0]
		out = append(out, m)
	}
	return out
}

func of(t *testing.T, set *evidence.Set, wish observe.Wish) observe.Seen {
	t.Helper()
	seen, err := observe.Of(set, wish)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.02*math.Abs(want)+1e-9 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestMemStats(t *testing.T) {
	seen := of(t, &evidence.Set{Memory: pages(31)}, observe.Wish{})
	near(t, "window", float64(seen.Window), 30)
	near(t, "allocation rate", float64(seen.Alloc), 50*mib)
	near(t, "cycles/s", float64(seen.Cadence.Every), 0.5)
	if len(seen.Live) != 16 {
		t.Errorf("%d live heaps of 16 collections", len(seen.Live))
	}
	near(t, "live heap", float64(seen.Live[3].Marked), 100*mib-0.25*mib)
	near(t, "time of a live heap", float64(seen.Live[3].At), 6)
	near(t, "beside the heap", float64(seen.Memory.NonHeap), 17*mib)
	near(t, "largest heap", float64(seen.Memory.Heap), 155*mib)
	near(t, "peak RSS", float64(seen.Memory.Peak), 220*mib)
	if seen.SettingFrom != "assumed" || seen.Setting.GOGC != 100 || !seen.Lifetime {
		t.Errorf("setting %v by %s, lifetime %v", seen.Setting, seen.SettingFrom, seen.Lifetime)
	}
	for _, want := range []string{"CPU profile", "GOGC is not known", "only 15 collections", "without a trace"} {
		if !strings.Contains(fmt.Sprint(seen.Doubts), want) {
			t.Errorf("no doubt %q in %v", want, seen.Doubts)
		}
	}
	if _, err := observe.Of(&evidence.Set{Memory: pages(31)}, observe.Wish{GOGC: "many"}); err == nil {
		t.Error("GOGC=many")
	}
}

// cpuProfile has 20 samples of marking, 5 of assists, 75 of the program and 10
// of serving a profile.
func cpuProfile(t *testing.T) *profile.Profile {
	t.Helper()
	p := &gprofile.Profile{
		TimeNanos: start.UnixNano(), DurationNanos: int64(30 * time.Second), PeriodType: &gprofile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 1e7,
		SampleType: []*gprofile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
	}
	known := map[string]*gprofile.Location{}
	for _, s := range []struct {
		stack string
		n     int64
	}{
		{"runtime.scanObject runtime.gcDrain runtime.gcBgMarkWorker", 20},
		{"runtime.gcDrainN runtime.gcAssistAlloc runtime.mallocgc main.handle", 5},
		{"main.handle main.main", 75},
		{"runtime.traceback1 net/http/pprof.Profile net/http.(*conn).serve", 10},
	} {
		sample := &gprofile.Sample{Value: []int64{s.n, s.n * 1e7}}
		for f := range strings.FieldsSeq(s.stack) {
			if known[f] == nil {
				id := uint64(len(known) + 1)
				fn := &gprofile.Function{ID: id, Name: f}
				known[f] = &gprofile.Location{ID: id, Line: []gprofile.Line{{Function: fn}}}
				p.Function, p.Location = append(p.Function, fn), append(p.Location, known[f])
			}
			sample.Location = append(sample.Location, known[f])
		}
		p.Sample = append(p.Sample, sample)
	}
	var buf bytes.Buffer
	if err := p.Write(&buf); err != nil {
		t.Fatal(err)
	}
	out, err := profile.Parse(buf.Bytes(), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCPU(t *testing.T) {
	set := &evidence.Set{Memory: pages(31), Profiles: map[evidence.Kind][]*profile.Profile{evidence.CPU: {cpuProfile(t)}}}
	u := of(t, set, observe.Wish{}).CPU
	near(t, "samples of the collector", u.Samples, 25)
	near(t, "collections while it was profiled", u.Cycles, 15)
	near(t, "GC cores", float64(u.GC), 0.25/30)
	near(t, "process cores, without serving the profile", float64(u.Process), 1.0/30)
	near(t, "assists", u.Assist, 0.2)
}

// collections are of a process at a GOGC with stacks of 2 MiB; a limit holds
// the goal below its usual size when limit is set.
func collections(gogc, limit int64) *exectrace.Summary {
	s := &exectrace.Summary{Window: 6 * time.Second, Procs: 4}
	for i := range int64(5) {
		marked := (100 + i) * mib
		next := marked + (marked+2*mib)*gogc/100
		if limit > 0 {
			next = min(next, limit)
		}
		s.Collector.Cycles = append(s.Collector.Cycles, exectrace.Collection{
			Start: time.Duration(i) * time.Second, Took: 20 * time.Millisecond, HeapStart: next - 10*mib, HeapEnd: next - 8*mib, Marked: marked, Goal: next, Next: next,
		})
	}
	return s
}

func TestSettingOfATrace(t *testing.T) {
	host := evidence.Limits{EnvKnown: true}
	for _, gogc := range []int64{50, 75, 100, 300} {
		seen := of(t, &evidence.Set{Sched: collections(gogc, 0), Host: host, Memory: pages(31)}, observe.Wish{})
		if seen.Setting.GOGC != pacer.Percent(gogc) || seen.SettingFrom != "trace" {
			t.Errorf("GOGC=%d was read as %v by %s", gogc, seen.Setting.GOGC, seen.SettingFrom)
		}
		near(t, "stacks and globals", float64(seen.Scan.Bytes), 2*mib)
		if said := strings.Contains(fmt.Sprint(seen.Doubts), "the program sets it itself"); said != (gogc != 100) {
			t.Errorf("GOGC=%d, the environment says nothing: %v", gogc, seen.Doubts)
		}
	}
}

// A log that begins with the process has a first collection without one before it.
func TestLogFromTheStart(t *testing.T) {
	var text strings.Builder
	for n := range 12 {
		fmt.Fprintf(&text, "gc %d @%d.500s 1%%: 0.1+9.0+0.1 ms clock, 0.2+0.5/9.0/0+0.2 ms cpu, 190->200->100 MB, 200 MB goal, 0 MB stacks, 0 MB globals, 2 P\n", n+1, n)
	}
	log, err := gctune.ParseGCTrace(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	seen := of(t, &evidence.Set{GC: log}, observe.Wish{})
	if len(seen.Marks) != 12 || seen.Marks[0].Before != 0 || seen.Marks[1].Before != seen.Marks[0].Marked {
		t.Fatalf("marks %+v", seen.Marks)
	}
	near(t, "GOGC", float64(seen.Setting.GOGC), 100)
}

// A handful of collections is a grave doubt, some are one.
func TestFewCollections(t *testing.T) {
	for seconds, grave := range map[int]int{7: 2, 31: 1} { // one in two seconds
		seen := of(t, &evidence.Set{Memory: pages(seconds)}, observe.Wish{})
		i := slices.IndexFunc(seen.Doubts, func(d observe.Doubt) bool { return strings.HasPrefix(d.Text, "only ") })
		if i < 0 || seen.Doubts[i].Grave != grave {
			t.Errorf("%d s: %+v, want one of gravity %d", seconds, seen.Doubts, grave)
		}
	}
}

// Goals next to the live heap are those of a limit, be it unknown: a service
// that thrashes is not one at GOGC=100. A limit that is known not to be there is none.
func TestThrashWithoutASetting(t *testing.T) {
	for _, goal := range []int{99, 100, 105} {
		var text strings.Builder
		for n := range 40 {
			fmt.Fprintf(&text, "gc %d @%d.500s 60%%: 0.1+90+0.1 ms clock, 0.2+80/90/0+0.2 ms cpu, 100->%d->99 MB, %d MB goal, 0 MB stacks, 0 MB globals, 2 P\n", n+1, n, goal+2, goal)
		}
		log, err := gctune.ParseGCTrace(strings.NewReader(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		seen := of(t, &evidence.Set{GC: log}, observe.Wish{})
		near(t, "limit", float64(seen.Setting.Limit), (float64(goal)+0.5)*mib/0.97)
		if len(seen.Doubts) == 0 || seen.Doubts[0].Grave != 2 {
			t.Errorf("no doubt of a limit that was inferred: %v", seen.Doubts)
		}
		m, err := pacer.Fit(seen.Observation)
		if err != nil {
			t.Fatal(err)
		}
		if a := m.Recommend(pacer.Terms{}); a.Level != pacer.Red || a.Advised {
			t.Errorf("goal %d: %s, advised %v", goal, a.Level, a.Advised)
		}
		if seen := of(t, &evidence.Set{GC: log}, observe.Wish{Limit: "off"}); seen.Setting.Limit != 0 {
			t.Errorf("a limit of %v although there is none", seen.Setting.Limit)
		}
	}
}

// A trace alone tells the rates as well.
func TestTraceAlone(t *testing.T) {
	seen := of(t, &evidence.Set{Sched: collections(100, 0)}, observe.Wish{})
	near(t, "cycles/s", float64(seen.Cadence.Every), 1)
	near(t, "allocation rate", float64(seen.Alloc), 97.5*mib)
	if len(seen.Live) != 5 || seen.Live[4].Marked != 104*mib {
		t.Errorf("live heaps %v", seen.Live)
	}
}

// Where a limit decides the goals they say nothing of the live heap.
func TestLiveHeapUnderALimit(t *testing.T) {
	set := &evidence.Set{Sched: collections(100, 120*mib), Memory: pages(31), Host: evidence.Limits{EnvKnown: true, GOMEMLIMIT: "140MiB"}}
	seen := of(t, set, observe.Wish{})
	if len(seen.Live) != 5 || seen.Live[2].Marked != 102*mib {
		t.Errorf("live heaps %v, want those of the trace", seen.Live)
	}
	set.Sched = nil
	seen = of(t, set, observe.Wish{GOGC: "off"})
	if len(seen.Live) == 0 || seen.Live[0].Marked != 110*mib || seen.Doubts[0].Grave != 2 {
		t.Errorf("live heaps %v, doubts %v", seen.Live, seen.Doubts)
	}
}

func metricsPage(second int) string {
	return fmt.Sprintf(`# TYPE go_gc_gogc_percent gauge
go_gc_gogc_percent 75
go_gc_gomemlimit_bytes 1.073741824e+09
go_sched_gomaxprocs_threads 4
go_memstats_alloc_bytes_total %d
go_gc_duration_seconds_count %d
go_memstats_next_gc_bytes 1.8e+08
go_memstats_sys_bytes 2.5e+08
go_memstats_heap_idle_bytes 4e+07
go_memstats_heap_alloc_bytes 1.5e+08
go_memstats_heap_released_bytes 1e+07
process_cpu_seconds_total %g
process_resident_memory_bytes 2.2e+08
process_start_time_seconds %d
`, 1_000_000_000+40_000_000*second, 100+second, 50+0.2*float64(second), start.Unix()-1000)
}

func TestMetricsPages(t *testing.T) {
	page := func(second int) evidence.Blob {
		at := start.Add(time.Duration(second) * time.Second)
		return evidence.Blob{Kind: evidence.Metrics, Name: fmt.Sprint(second), From: at, To: at, Data: []byte(metricsPage(second))}
	}
	seen := of(t, evidence.Decode(&evidence.Capture{Blobs: []evidence.Blob{page(0), page(30), page(60)}}), observe.Wish{})
	near(t, "allocation rate", float64(seen.Alloc), 40e6)
	near(t, "cycles/s", float64(seen.Cadence.Every), 1)
	near(t, "process cores", float64(seen.CPU.Process), 0.2)
	near(t, "live heap", float64(seen.Live[0].Marked), 1.8e8/1.75)
	near(t, "peak RSS", float64(seen.Memory.Peak), 2.2e8)
	if seen.Setting != (pacer.Setting{GOGC: 75, Limit: 1 << 30}) || seen.SettingFrom != "metrics" || len(seen.Live) != 3 {
		t.Errorf("setting %v by %s, %d live heaps", seen.Setting, seen.SettingFrom, len(seen.Live))
	}
	seen = of(t, evidence.Decode(&evidence.Capture{Blobs: []evidence.Blob{page(0)}}), observe.Wish{})
	near(t, "allocation rate over the life", float64(seen.Alloc), 1e6)
	if seen.Doubts[0].Grave != 2 {
		t.Errorf("one page, doubts %v", seen.Doubts)
	}
}

// A log of runtime metrics as JSON, one document a line.
func TestRuntimeMetricsJSON(t *testing.T) {
	var log strings.Builder
	for i := range 20 {
		fmt.Fprintf(&log, `{"time":%q,"runtime":{"/gc/heap/allocs:bytes":%d,"/gc/cycles/total:gc-cycles":%d,"/gc/cycles/forced:gc-cycles":3,"/gc/heap/live:bytes":%d,"/gc/gogc:percent":200,"/gc/scan/stack:bytes":1048576,"/gc/gomemlimit:bytes":9223372036854775807}}`+"\n",
			start.Add(time.Duration(i)*time.Second).Format(time.RFC3339), 1e9+i*2e7, 50+i*2, 5e7+i*1000)
	}
	blob, err := evidence.Sniff("metrics.json", []byte(log.String()))
	if err != nil || blob.Kind != evidence.Vars {
		t.Fatalf("kind %q, %v", blob.Kind, err)
	}
	seen := of(t, evidence.Decode(&evidence.Capture{Blobs: []evidence.Blob{blob}}), observe.Wish{})
	near(t, "allocation rate", float64(seen.Alloc), 2e7)
	near(t, "cycles/s", float64(seen.Cadence.Every), 2)
	if len(seen.Live) != 20 || seen.Setting != (pacer.Setting{GOGC: 200}) || seen.Scan != (pacer.Scan{Bytes: mib, Known: true}) {
		t.Errorf("%d live heaps, setting %v, scan %v", len(seen.Live), seen.Setting, seen.Scan)
	}
}

// Objects that the collector treats apart are seen where they take CPU.
func TestHandles(t *testing.T) {
	for stacks, want := range map[string]observe.Handles{
		"main.main;main.work 98\nruntime.runFinalizers;main.free 2\n":                      {Finalizers: 0.02},
		"main.main;main.work 95\nmain.open;runtime.AddCleanup[go.shape.int] 5\n":           {Finalizers: 0.05},
		"main.main;main.work 95\nmain.get;weak.Pointer[go.shape.int].Value 5\n":            {Weak: 0.05},
		"main.main;main.work 95\nmain.intern;unique.Make[go.shape.string];main.clone 5\n":  {Weak: 0.05},
		"main.main;main.work 90\nmain.handle;sync.(*Pool).Get;main.newBuffer 10\n":         {Pools: 0.1},
		"main.main;main.work 50\nmain.main;main.weak.f 30\nmain.unique;strings.Clone 20\n": {},
	} {
		raw, err := folded.Encode(stacks, "cpu", start, 0)
		if err != nil {
			t.Fatal(err)
		}
		p, err := profile.Parse(raw.Data, profile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		seen := of(t, &evidence.Set{Profiles: map[evidence.Kind][]*profile.Profile{evidence.CPU: {p}}, Memory: pages(31)}, observe.Wish{})
		if got := seen.Handles; got != want {
			t.Errorf("%q: %+v, want %+v", stacks, got, want)
		}
	}
}

// A profile that goes on after the last page has as many collections a second
// there as before.
func TestProfileBeyondThePages(t *testing.T) {
	set := &evidence.Set{Memory: pages(25), Profiles: map[evidence.Kind][]*profile.Profile{evidence.CPU: {cpuProfile(t)}}}
	u := of(t, set, observe.Wish{}).CPU
	near(t, "collections while it was profiled", u.Cycles, 15)
	near(t, "GC cores", float64(u.GC), 0.25/30)
}

// How live objects lie in their spans is seen when little is filled, what the
// gaps come to when much is.
func TestSpans(t *testing.T) {
	mem := pages(41)
	for i := range mem {
		m := &mem[i]
		m.HeapAlloc = int64(110+20*(i%4)) * mib // of a goal of 200 MiB
		m.HeapInuse = m.HeapAlloc + (m.NextGC-m.HeapAlloc)*6/10
		m.Sys = m.HeapInuse + m.HeapIdle + 12*mib
	}
	f := of(t, &evidence.Set{Memory: mem}, observe.Wish{}).Memory
	near(t, "share of the room for garbage in spans with live objects", f.Spread, 0.6)
	near(t, "share of the gaps that the start has left", f.Old, 18.0/54/2)
	near(t, "gaps near the goal", float64(f.Gaps), 18*mib)
	near(t, "heap at that time", float64(f.At), 170*mib)
	near(t, "beside the heap", float64(f.NonHeap), 30*mib)
}

// Gaps that garbage does not fill are no room between live objects.
func TestGapsThatAreNoRoom(t *testing.T) {
	mem := pages(41)
	for i := range mem {
		mem[i].HeapAlloc = int64(110+20*(i%4)) * mib
		mem[i].HeapInuse = mem[i].HeapAlloc + 12*mib
	}
	if f := of(t, &evidence.Set{Memory: mem}, observe.Wish{}).Memory; f.Old != 0 || f.Gaps != 12*mib {
		t.Errorf("gaps of 12 MiB however full the heap is: %v, and %v of it from the start", f.Gaps, f.Old)
	}
}

// After a burst the spans are those of the burst: its goal tells how much room
// they had for garbage.
func TestSpansOfABurst(t *testing.T) {
	mem := pages(41)
	for i := range mem {
		m := &mem[i]
		if m.HeapAlloc = 110 * mib; i == 0 {
			m.NextGC = 2 * m.NextGC
		}
		m.HeapInuse = m.HeapAlloc + 87*mib
	}
	near(t, "share of the room for garbage in spans with live objects", of(t, &evidence.Set{Memory: mem}, observe.Wish{}).Memory.Spread, 0.3)
}

// Collections between two pages are those of a heap that goes up and down as it
// is seen to.
func TestBurstsBetweenPages(t *testing.T) {
	const rate = 100.0 * mib
	live := func(s float64) float64 {
		if math.Mod(s, 5) < 1.5 {
			return 100 * mib
		}
		return 20 * mib
	}
	type collection struct{ end, marked float64 }
	var all []collection
	for s := 0.0; s < 40; {
		marked := live(s)
		all = append(all, collection{s, marked})
		s += marked / rate // until it has doubled
	}
	var mem []evidence.MemorySample
	for i := range 40 {
		s := float64(i) + 0.013
		m := evidence.MemorySample{At: start.Add(time.Duration(s * 1e9)), TotalAlloc: int64(rate * s), HeapAlloc: mib, HeapInuse: 2 * mib, Sys: 200 * mib}
		for _, c := range all {
			if c.end <= s {
				m.NumGC++
				m.NextGC = int64(2 * c.marked)
				m.Ends = append([]time.Time{start.Add(time.Duration(c.end * 1e9))}, m.Ends...)
			}
		}
		m.LastGC = m.Ends[0]
		mem = append(mem, m)
	}
	seen := of(t, &evidence.Set{Memory: mem}, observe.Wish{})
	if len(seen.Live) < len(all)*9/10 || len(seen.Live) < 2*len(mem) {
		t.Fatalf("%d live heaps of %d collections on %d pages", len(seen.Live), len(all), len(mem))
	}
	share := func(large func(i int) bool, n int) float64 {
		k := 0
		for i := range n {
			if large(i) {
				k++
			}
		}
		return float64(k) / float64(n)
	}
	got := share(func(i int) bool { return seen.Live[i].Marked > 60*mib }, len(seen.Live))
	want := share(func(i int) bool { return all[i].marked > 60*mib }, len(all))
	if math.Abs(got-want) > 0.02 {
		t.Errorf("%.0f %% of the collections found much alive, want %.0f %%", 100*got, 100*want)
	}
	for _, l := range seen.Live {
		if l.Marked > 101*mib || l.Marked < 19*mib {
			t.Errorf("%v MiB at %v s: more or less than was ever seen", l.Marked/mib, l.At)
		}
	}
}
