package exhibit_test

import (
	"bytes"
	"math"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gprofile "github.com/google/pprof/profile"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

const mib = 1 << 20

// stack is one sample of an invented profile: functions leaf first.
type stack struct {
	functions string // separated by spaces
	values    []int64
}

// build makes a profile with the types "type/unit".
func build(t *testing.T, types string, duration time.Duration, at time.Time, stacks ...stack) *profile.Profile {
	t.Helper()
	p := &gprofile.Profile{DurationNanos: int64(duration), TimeNanos: at.UnixNano()}
	for s := range strings.FieldsSeq(types) {
		name, unit, _ := strings.Cut(s, "/")
		p.SampleType = append(p.SampleType, &gprofile.ValueType{Type: name, Unit: unit})
	}
	known := map[string]*gprofile.Location{}
	for _, s := range stacks {
		sample := &gprofile.Sample{Value: s.values}
		for f := range strings.FieldsSeq(s.functions) {
			if known[f] == nil {
				id := uint64(len(known) + 1)
				fn := &gprofile.Function{ID: id, Name: f, SystemName: f, Filename: "x.go"}
				known[f] = &gprofile.Location{ID: id, Line: []gprofile.Line{{Function: fn, Line: int64(id)}}}
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

var start = time.Date(2026, 11, 23, 5, 41, 40, 0, time.UTC)

func cell(t *testing.T, e report.Exhibit, row, column string) report.Cell {
	t.Helper()
	c := slices.IndexFunc(e.Table.Columns, func(c report.Column) bool { return c.Name == column })
	if c < 0 {
		t.Fatalf("no column %q in %v", column, e.Table.Columns)
	}
	for _, r := range e.Table.Rows {
		if slices.ContainsFunc(r, func(c report.Cell) bool { return c.Text == row }) {
			return r[c]
		}
	}
	t.Fatalf("no row %q in %v", row, e.Table.Rows)
	return report.Cell{}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b), 1) }

func TestTop(t *testing.T) {
	p := build(t, "samples/count cpu/nanoseconds", 10*time.Second, start,
		stack{"regexp.compile main.quote main.main", []int64{30, 3e8}},
		stack{"main.quote main.main", []int64{10, 1e8}})
	e, ok := exhibit.Top("top-cpu", "CPU", p, "cpu")
	if !ok {
		t.Fatal("nothing")
	}
	for _, c := range []struct {
		row, column string
		want        float64
	}{
		{"regexp.compile", "flat", 0.3},
		{"regexp.compile", "flat %", 0.75},
		{"main.quote", "flat", 0.1},
		{"main.quote", "cum", 0.4},
		{"main.quote", "cum %", 1},
		{"main.main", "flat", 0},
	} {
		if got := cell(t, e, c.row, c.column).Value; !near(got, c.want) {
			t.Errorf("%s of %s is %v, want %v", c.column, c.row, got, c.want)
		}
	}
	if _, ok := exhibit.Top("x", "x", p, "inuse_space"); ok {
		t.Error("a table of a sample type that the profile does not have")
	}
}

// sample is MemStats of this process as evidence has them.
func sample() evidence.MemorySample {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return evidence.MemorySample{
		At: start, Sys: int64(m.Sys), HeapAlloc: int64(m.HeapAlloc), HeapSys: int64(m.HeapSys), HeapIdle: int64(m.HeapIdle), HeapInuse: int64(m.HeapInuse),
		HeapReleased: int64(m.HeapReleased), StackInuse: int64(m.StackInuse), StackSys: int64(m.StackSys), MSpanSys: int64(m.MSpanSys), MCacheSys: int64(m.MCacheSys),
		BuckHashSys: int64(m.BuckHashSys), GCSys: int64(m.GCSys), OtherSys: int64(m.OtherSys), TotalAlloc: int64(m.TotalAlloc), NumGC: int64(m.NumGC),
	}
}

// The parts of the table are the whole, for what the running Go version counts.
func TestMemoryAddsUp(t *testing.T) {
	m := sample()
	heap := build(t, "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes", 0, start, stack{"main.keep main.main", []int64{9, 9, 1, m.HeapAlloc / 3}})
	for name, set := range map[string]*evidence.Set{
		"stats alone":        {Memory: []evidence.MemorySample{m}},
		"with heap profile":  {Memory: []evidence.MemorySample{m}, Profiles: map[evidence.Kind][]*profile.Profile{evidence.Heap: {heap}}},
		"with RSS above":     {Memory: []evidence.MemorySample{m}, Host: evidence.Limits{RSS: m.Sys + 20*mib}},
		"with RSS below":     {Memory: []evidence.MemorySample{m}, Host: evidence.Limits{RSS: m.HeapAlloc}},
		"with RSS and heaps": {Memory: []evidence.MemorySample{m}, Host: evidence.Limits{RSS: m.Sys}, Profiles: map[evidence.Kind][]*profile.Profile{evidence.Allocs: {heap}}},
	} {
		t.Run(name, func(t *testing.T) {
			e, ok := exhibit.Memory(set)
			if !ok {
				t.Fatal("nothing")
			}
			want := float64(m.Sys - m.HeapReleased)
			if set.Host.RSS > 0 {
				want = float64(set.Host.RSS)
			}
			rows := e.Table.Rows
			var sum, shares float64
			for _, r := range rows[:len(rows)-1] {
				sum += r[1].Value
				shares += r[2].Value
			}
			if whole := rows[len(rows)-1][1].Value; sum != want || whole != want || !near(shares, 1) {
				t.Errorf("the parts are %v (shares %v), the whole says %v, want %v", sum, shares, whole, want)
			}
		})
	}
}

// The live heap comes from samples: it never exceeds what is counted.
func TestMemoryLiveHeapIsHeldWithinTheHeap(t *testing.T) {
	m := sample()
	for _, c := range []struct{ inuse, want int64 }{{m.HeapAlloc / 2, m.HeapAlloc / 2}, {m.HeapAlloc * 3, m.HeapAlloc}, {0, 0}} {
		heap := build(t, "inuse_objects/count inuse_space/bytes", 0, start, stack{"main.keep", []int64{1, c.inuse}})
		e, ok := exhibit.Memory(&evidence.Set{Memory: []evidence.MemorySample{m}, Profiles: map[evidence.Kind][]*profile.Profile{evidence.Heap: {heap}}})
		if !ok {
			t.Fatal("nothing")
		}
		if got := cell(t, e, "live heap", "size").Value; got != float64(c.want) {
			t.Errorf("live heap %v for inuse_space %d, want %d", got, c.inuse, c.want)
		}
		if rest := cell(t, e, "newer or dead", "size").Value; rest != float64(m.HeapAlloc-c.want) {
			t.Errorf("the rest of the heap is %v", rest)
		}
	}
	if _, ok := exhibit.Memory(&evidence.Set{}); ok {
		t.Error("a table without evidence")
	}
}

// What is said of the heap beside the live one depends on the collection that the
// profile shows: after a forced one it is dead, else nobody knows.
func TestMemoryBesideTheLiveHeap(t *testing.T) {
	m := evidence.MemorySample{At: start.Add(time.Minute), Sys: 64 * mib, HeapAlloc: 48 * mib, HeapInuse: 48 * mib, HeapSys: 48 * mib, Ends: []time.Time{start.Add(50 * time.Second), start}}
	heap := build(t, "inuse_objects/count inuse_space/bytes", 0, start, stack{"main.keep", []int64{32 << 10, 32 * mib}})
	asked := func(what ...string) (all []evidence.Request) {
		for _, w := range what {
			all = append(all, evidence.Request{What: "/debug/pprof/heap" + w})
		}
		return all
	}
	for name, c := range map[string]struct {
		asked      []evidence.Request
		part, note string
		live       string
	}{
		"old":                     {asked("?debug=1", ""), "newer or dead", "live or dead is not known", "60 s before; sampled, ±7.8 MiB"},
		"forced":                  {asked("?debug=1", "?gc=1"), "dead", "garbage", "forced for the heap profile; sampled, ±7.8 MiB"},
		"numbers after the force": {asked("?gc=1", "?debug=1", ""), "newer or dead", "not known", "60 s before"},
	} {
		e, _ := exhibit.Memory(&evidence.Set{Memory: []evidence.MemorySample{m}, Asked: c.asked, Profiles: map[evidence.Kind][]*profile.Profile{evidence.Heap: {heap}}})
		if got := cell(t, e, c.part, "size").Value; got != 16*mib {
			t.Errorf("%s: %v of it", name, got)
		}
		if got := cell(t, e, c.part, "meaning").Text; !strings.Contains(got, c.note) {
			t.Errorf("%s: %q, want %q in it", name, got, c.note)
		}
		r := &report.Report{}
		exhibit.Fill(r, &evidence.Set{Memory: []evidence.MemorySample{m}, Profiles: map[evidence.Kind][]*profile.Profile{evidence.Heap: {heap}}})
		if i := slices.IndexFunc(r.Vitals, func(f report.Fact) bool { return f.Text == "live heap 60 s ago" }); i < 0 {
			t.Errorf("%s: vitals %v: want the age of the live heap", name, r.Vitals)
		}
		if got := cell(t, e, "live heap", "meaning").Text; !strings.Contains(got, c.live) {
			t.Errorf("%s: %q, want %q in it", name, got, c.live)
		}
	}
}

func goroutineProfile(t *testing.T) *profile.Profile {
	t.Helper()
	var buf bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&buf, 0); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(buf.Bytes(), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// blocked waits until it is told to end.
func blocked(ready chan<- struct{}, end <-chan struct{}) {
	ready <- struct{}{}
	<-end
}

// A real profile of real goroutines: the group is found under the function that
// waits, with its size and growth.
func TestGoroutinesOfThisProcess(t *testing.T) {
	end, ready := make(chan struct{}), make(chan struct{})
	defer close(end)
	begin := func(n int) {
		for range n {
			go blocked(ready, end)
			<-ready
		}
		// The goroutines have passed ready; whether they already sit in the receive does not change the function.
	}
	begin(3)
	first := goroutineProfile(t)
	begin(4)
	e, ok := exhibit.Goroutines(&evidence.Set{Profiles: map[evidence.Kind][]*profile.Profile{evidence.Goroutine: {first, goroutineProfile(t)}}})
	if !ok {
		t.Fatal("nothing")
	}
	if n := cell(t, e, "exhibit_test.blocked", "count").Value; n != 7 {
		t.Errorf("%v goroutines, want 7: %v", n, e.Table.Rows)
	}
	if n := cell(t, e, "exhibit_test.blocked", "more than before").Value; n != 4 {
		t.Errorf("%v more, want 4", n)
	}
}

func TestGoroutinesOfADump(t *testing.T) {
	g := func(state string, wait time.Duration, functions ...string) evidence.GoroutineState {
		s := evidence.GoroutineState{State: state, Wait: wait}
		for i, f := range functions {
			s.Frames = append(s.Frames, evidence.DumpFrame{Function: f, File: "/src/x.go", Line: 10 + i})
		}
		return s
	}
	dump := evidence.GoroutineDump{At: start, Goroutines: []evidence.GoroutineState{
		g("chan receive", 0, "runtime.gopark", "main.(*S).wait", "main.start.func1"),
		g("chan receive", 5*time.Minute, "runtime.gopark", "main.(*S).wait", "main.start.func1"),
		g("IO wait", time.Minute, "internal/poll.runtime_pollWait", "internal/poll.(*FD).Read", "net.(*conn).Read", "net/http.(*conn).serve"),
	}}
	e, ok := exhibit.Goroutines(&evidence.Set{Goroutines: []evidence.GoroutineDump{dump}})
	if !ok {
		t.Fatal("nothing")
	}
	const at = "main.(*S).wait (x.go:11)"
	if n := cell(t, e, at, "count").Value; n != 2 {
		t.Errorf("%v at %s, want 2: %v", n, at, e.Table.Rows)
	}
	if w := cell(t, e, at, "longest wait").Value; w != 300 {
		t.Errorf("longest wait %v s, want 300", w)
	}
	if n := cell(t, e, "net.(*conn).Read (x.go:12)", "count").Value; n != 1 {
		t.Errorf("%v goroutines read from connections, want 1: %v", n, e.Table.Rows)
	}
	if s := cell(t, e, at, "state").Text; s != "chan receive" {
		t.Errorf("state %q", s)
	}
	if from := cell(t, e, at, "started as").Text; from != "main.start.func1" {
		t.Errorf("started as %q", from)
	}
}

// What Fill makes is a valid report, whatever evidence there is.
func TestFill(t *testing.T) {
	cpu := func(at time.Time) *profile.Profile {
		return build(t, "samples/count cpu/nanoseconds", 10*time.Second, at,
			stack{"runtime.scanobject runtime.gcDrain runtime.gcBgMarkWorker", []int64{100, 1e9}},
			stack{"main.work main.main", []int64{300, 3e9}})
	}
	m := sample()
	later := m
	later.At, later.TotalAlloc, later.NumGC = m.At.Add(20*time.Second), m.TotalAlloc+40*mib, m.NumGC+10
	full := &evidence.Set{
		Profiles: map[evidence.Kind][]*profile.Profile{evidence.CPU: {cpu(start), cpu(start.Add(10 * time.Second))}, evidence.Goroutine: {goroutineProfile(t)}},
		Memory:   []evidence.MemorySample{m, later},
	}
	for name, set := range map[string]*evidence.Set{"full": full, "empty": {}} {
		r := &report.Report{Schema: report.Schema}
		exhibit.Fill(r, set)
		if err := r.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := map[string]float64{"CPU": 0.4, "CPU samples": 800, "GC": 0.25, "allocating (this tool's requests included)": 2 * mib, "collections": 0.5}
		if name == "empty" {
			want = nil
			if len(r.Vitals)+len(r.Evidence)+len(r.Exhibits) > 0 {
				t.Errorf("something out of nothing: %v %v %v", r.Vitals, r.Evidence, r.Exhibits)
			}
			if s := report.Status(r, nil); s != 3 {
				t.Errorf("exit status %d without evidence, want 3", s)
			}
		}
		for vital, v := range want {
			i := slices.IndexFunc(r.Vitals, func(f report.Fact) bool { return f.Text == vital })
			if i < 0 || !near(r.Vitals[i].Value, v) {
				t.Errorf("vital %s is not %v: %v", vital, v, r.Vitals)
			}
		}
		if len(r.Evidence) > 0 && r.Evidence[0] != (report.Seen{Kind: "cpu", Count: 2, Samples: 800, Seconds: 20}) {
			t.Errorf("seen %v", r.Evidence)
		}
	}
	e, ok := exhibit.Top("x", "x", build(t, "samples/count", time.Second, start), "samples")
	if ok {
		t.Errorf("a table of an empty profile: %v", e)
	}
}

// The parts of the CPU time are all of it.
func TestCPUAddsUp(t *testing.T) {
	r := &report.Report{}
	exhibit.Fill(r, &evidence.Set{Profiles: map[evidence.Kind][]*profile.Profile{evidence.CPU: {build(t, "samples/count cpu/nanoseconds", 10*time.Second, start,
		stack{"runtime.scanobject runtime.gcDrain runtime.gcBgMarkWorker", []int64{100, 1e9}},
		stack{"runtime.mallocgc main.work main.main", []int64{200, 2e9}},
		stack{"strings.Index main.work main.main", []int64{50, 5e8}},
		stack{"main.work main.main", []int64{300, 3e9}})}}})
	i := slices.IndexFunc(r.Exhibits, func(e report.Exhibit) bool { return e.ID == "cpu" })
	if i < 0 {
		t.Fatalf("no CPU exhibit in %v", r.Exhibits)
	}
	rows := r.Exhibits[i].Table.Rows
	var shares, cores float64
	for _, row := range rows[:len(rows)-1] {
		shares += row[1].Value
		cores += row[2].Value
	}
	if !near(shares, 1) || !near(cores, 0.65) || !near(rows[len(rows)-1][2].Value, 0.65) {
		t.Errorf("shares add up to %v, cores to %v: %v", shares, cores, rows)
	}
}

// A report that judges nothing shows the numbers of the probes, and every way in
// which they could lose something.
func TestFillUnjudged(t *testing.T) {
	set := &evidence.Set{Kernel: []kernel.Measurement{{
		Probe: "sched", Counts: []kernel.Count{{Name: "migrations", Value: 3, Unit: "count"}},
		Histograms: []kernel.Histogram{{Name: "Run-queue latency", Unit: "s", Bounds: []float64{0, 1e-6}, Counts: []uint64{7}}},
		Tables:     []kernel.Table{{Name: "Who had the CPU", Columns: []kernel.Column{{Name: "process"}}, Rows: [][]kernel.Cell{{{Text: "link"}}}}},
		Losses:     []kernel.Loss{{What: "threads", Of: 9}},
	}}}
	r := &report.Report{Unjudged: true}
	exhibit.Fill(r, set)
	if len(r.Vitals) != 1 || r.Vitals[0].Value != 3 {
		t.Errorf("vitals: %+v", r.Vitals)
	}
	var ids []string
	for _, e := range r.Exhibits {
		ids = append(ids, e.ID)
	}
	if d := cmp.Diff([]string{"sched-run-queue-latency", "sched-who-had-the-cpu", "sched-losses"}, ids); d != "" {
		t.Error(d)
	}
	exhibit.Fill(&report.Report{}, set) // judged: the vitals are those of the evidence
}
