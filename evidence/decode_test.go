package evidence

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gprofile "github.com/google/pprof/profile"

	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

func TestDecodeOfEveryVersion(t *testing.T) {
	for _, dir := range versions(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			s := Decode(capture(t, dir))
			if len(s.Gaps) > 0 {
				t.Errorf("gaps: %+v", s.Gaps)
			}
			for _, k := range []Kind{CPU, Heap, Allocs, Goroutine, Mutex, Block, ThreadCreate, HeapText, GoroutineText, Vars, Cmdline, Trace} {
				if !s.Has(k) {
					t.Errorf("no %s", k)
				}
			}
			if s.Has(GCTrace) || s.Has(Syntax) || s.Has(BuildInfo) || s.Has("custom") {
				t.Error("has evidence that is not there")
			}
			cores, ok := s.Utilization()
			if !ok || cores <= 0 || cores > 4 {
				t.Errorf("%g cores, %v", cores, ok)
			}
			if got := strings.Join(s.Build.Cmdline, " "); got != "/bin/gen -o dir" {
				t.Errorf("command line %q", got)
			}
			if s.Vars["requests.good"] != 7 || s.Vars["memstats.HeapAlloc"] == 0 {
				t.Errorf("variables: %v", s.Vars)
			}
			if s.Host.GOMAXPROCS == 0 {
				t.Error("GOMAXPROCS of the trace is not known")
			}
			for _, n := range s.Notes {
				if strings.Contains(n, "not look like") || strings.Contains(n, "read") {
					t.Errorf("note: %s", n)
				}
			}
			labels := s.Profiles[Goroutine][0].HasLabels()
			if !labels || s.Profiles[CPU][0].HasLabels() {
				t.Error("labels are for goroutines alone")
			}
		})
	}
}

// made is a profile of one stack, as bytes.
func made(t testing.TB, types []string, at time.Time, took time.Duration, values ...int64) []byte {
	t.Helper()
	fn := &gprofile.Function{ID: 1, Name: "main.f", Filename: "/src/main.go"}
	loc := &gprofile.Location{ID: 1, Line: []gprofile.Line{{Function: fn, Line: 3}}}
	p := &gprofile.Profile{
		TimeNanos: at.UnixNano(), DurationNanos: int64(took), Period: 1e7,
		PeriodType: &gprofile.ValueType{Type: "cpu", Unit: "nanoseconds"},
		Function:   []*gprofile.Function{fn}, Location: []*gprofile.Location{loc},
	}
	for _, typ := range types {
		name, unit, _ := strings.Cut(typ, "/")
		p.SampleType = append(p.SampleType, &gprofile.ValueType{Type: name, Unit: unit})
	}
	if len(values) > 0 {
		p.Sample = []*gprofile.Sample{{Location: []*gprofile.Location{loc}, Value: values}}
	}
	var buf bytes.Buffer
	if err := p.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func cpu(t testing.TB, at, took, busy time.Duration) []byte {
	return made(t, []string{"samples/count", "cpu/nanoseconds"}, epoch.Add(at), took, int64(busy/1e7), int64(busy))
}

func TestUtilizationCountsTimeOnce(t *testing.T) {
	const s = time.Second
	type slice struct{ at, took, busy time.Duration }
	for _, c := range []struct {
		name   string
		slices []slice
		want   float64
	}{
		{"one", []slice{{0, 10 * s, 5 * s}}, 0.5},
		{"in a row", []slice{{0, 1 * s, 1 * s}, {1 * s, 2 * s, 4 * s}, {3 * s, 1 * s, 3 * s}}, 2},
		{"with a pause between", []slice{{0, 10 * s, 10 * s}, {60 * s, 10 * s, 0}}, 0.5},
		{"the same twice", []slice{{0, 10 * s, 20 * s}, {0, 10 * s, 20 * s}}, 2},
		{"half over each other", []slice{{0, 10 * s, 10 * s}, {5 * s, 10 * s, 30 * s}}, 25.0 / 15},
		{"one in the other", []slice{{0, 10 * s, 10 * s}, {2 * s, 4 * s, 40 * s}}, 1},
		{"out of order", []slice{{5 * s, 10 * s, 30 * s}, {0, 10 * s, 10 * s}}, 25.0 / 15},
		{"idle", []slice{{0, 10 * s, 0}}, 0},
	} {
		capture := &Capture{}
		for i, x := range c.slices {
			capture.Blobs = append(capture.Blobs, Blob{Kind: CPU, Name: fmt.Sprint(i), Data: cpu(t, x.at, x.took, x.busy)})
		}
		got, ok := Decode(capture).Utilization()
		if !ok || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %g cores (%v), want %g", c.name, got, ok, c.want)
		}
	}
	if v, ok := Decode(&Capture{}).Utilization(); ok {
		t.Errorf("without a profile: %g cores", v)
	}
	if v, ok := Decode(&Capture{Blobs: []Blob{{Kind: CPU, Data: cpu(t, 0, 0, time.Second)}}}).Utilization(); ok {
		t.Errorf("without a duration: %g cores", v)
	}
}

// TestOrderOfBlobsIsNoMatter: profiles end up in time order however a capture
// lists them.
func TestOrderOfBlobsIsNoMatter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		c := &Capture{}
		for i := range 6 {
			at := epoch.Add(time.Duration(i) * time.Minute)
			c.Blobs = append(c.Blobs, Blob{Kind: Heap, Name: fmt.Sprint(i), Data: made(t, []string{"inuse_space/bytes"}, at, 0, int64(100*i+1))})
		}
		rnd.Shuffle(len(c.Blobs), func(i, j int) { c.Blobs[i], c.Blobs[j] = c.Blobs[j], c.Blobs[i] })
		s := Decode(c)
		if !slices.IsSortedFunc(s.Profiles[Heap], func(a, b *profile.Profile) int { return int(a.TimeNanos - b.TimeNanos) }) {
			t.Fatal("profiles are not in time order")
		}
		delta, over, ok := s.Growth(Heap)
		if !ok || over != 5*time.Minute || delta.Total(0) != 500 {
			t.Fatalf("growth: %v over %v, %v", delta, over, ok)
		}
		if s.Window() != 5*time.Minute {
			t.Fatalf("window %v", s.Window())
		}
		first, _ := s.First(Heap)
		last, _ := s.Last(Heap)
		if first.Total(0) != 1 || last.Total(0) != 501 {
			t.Fatalf("first %d, last %d", first.Total(0), last.Total(0))
		}
	}
}

func TestGrowthNeedsTwo(t *testing.T) {
	heap := Blob{Kind: Heap, Data: made(t, []string{"inuse_space/bytes"}, epoch, 0, 1)}
	for name, c := range map[string]*Capture{"none": {}, "one": {Blobs: []Blob{heap}}, "one twice": {Blobs: []Blob{heap, heap}}} {
		if _, over, ok := Decode(c).Growth(Heap); ok {
			t.Errorf("%s: grew over %v", name, over)
		}
	}
}

func TestDamageIsTold(t *testing.T) {
	good := cpu(t, 0, time.Second, time.Second)
	damaged := good[:len(good)/2]
	for _, c := range []struct {
		name      string
		blobs     []Blob
		note, gap string
		has       bool
	}{
		{"rest is good", []Blob{{Kind: CPU, Name: "cpu-1", Data: good}, {Kind: CPU, Name: "cpu-2", Data: damaged}}, "cpu-2: cannot be read", "", true},
		{"nothing left", []Blob{{Kind: CPU, Name: "cpu-2", Data: damaged}}, "", "cpu-2: cannot be read", false},
		{"empty", []Blob{{Kind: CPU, Name: "cpu-2"}}, "", "cpu-2: cannot be read: empty", false},
		{"html", []Blob{{Kind: Heap, Name: "h", Data: []byte("<html>")}}, "", "HTML", false},
		{"doubt", []Blob{{Kind: CPU, Name: "cpu-1", Data: good, Doubt: "cut short"}}, "cpu-1: cut short", "", true},
		{"trace", []Blob{{Kind: Trace, Name: "t", Data: []byte("go 1.22 trace\x00\x00\x00")}}, "", "t: cannot be read", false},
		{"host", []Blob{{Kind: HostLimits, Name: "host.json", Data: []byte(`{"num_cpu": }`)}}, "", "host.json: cannot be read: byte 13", false},
		{"syntax", []Blob{{Kind: Syntax, Name: "s", Data: []byte(`[]`)}}, "", "s: cannot be read", false},
		{"mutex off", []Blob{{Kind: Mutex, Name: "m", Data: made(t, []string{"contentions/count", "delay/nanoseconds"}, epoch, 0)}}, "", "switched off", true},
		{"no names", []Blob{{Kind: CPU, Name: "c", Data: unsymbolized(t)}}, "", "no function names", false},
		{"several builds", []Blob{{Kind: CPU, Name: "a", Data: ofBuild(t, "aaa")}, {Kind: CPU, Name: "b", Data: ofBuild(t, "bbb")}}, "different builds", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Decode(&Capture{Blobs: c.blobs})
			var gaps []string
			for _, g := range s.Gaps {
				gaps = append(gaps, g.Why)
				if g.Want != c.blobs[0].Kind || g.Hint == "" {
					t.Errorf("gap %+v", g)
				}
			}
			if notes := strings.Join(s.Notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
				t.Errorf("notes %q, want %q", s.Notes, c.note)
			}
			if why := strings.Join(gaps, "\n"); !strings.Contains(why, c.gap) || c.gap == "" && why != "" {
				t.Errorf("gaps %q, want %q", gaps, c.gap)
			}
			if got := s.Has(c.blobs[0].Kind); got != c.has {
				t.Errorf("has %s: %v", c.blobs[0].Kind, got)
			}
		})
	}
}

func unsymbolized(t testing.TB) []byte {
	p := &gprofile.Profile{
		SampleType: []*gprofile.ValueType{{Type: "cpu", Unit: "nanoseconds"}},
		Location:   []*gprofile.Location{{ID: 1, Address: 0x1234}},
	}
	p.Sample = []*gprofile.Sample{{Location: p.Location, Value: []int64{1}}}
	return encoded(t, p)
}

func ofBuild(t testing.TB, id string) []byte {
	p, err := gprofile.ParseData(cpu(t, 0, time.Second, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	p.Mapping = []*gprofile.Mapping{{ID: 1, BuildID: id, HasFunctions: true}}
	return encoded(t, p)
}

func encoded(t testing.TB, p *gprofile.Profile) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := p.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestClockSkewIsNoted(t *testing.T) {
	for off, want := range map[time.Duration]string{
		-2 * time.Hour: "2h0m0s behind ours", 90 * time.Second: "1m20s ahead of ours", time.Second: "",
	} {
		b := Blob{Kind: CPU, URL: "http://x/", From: epoch, To: epoch.Add(10 * time.Second), Data: cpu(t, off, 10*time.Second, time.Second)}
		s := Decode(&Capture{From: b.From, To: b.To, Blobs: []Blob{b}})
		if notes := strings.Join(s.Notes, "\n"); !strings.Contains(notes, want) || want == "" && notes != "" {
			t.Errorf("%v: notes %q, want %q", off, s.Notes, want)
		}
		if s.Window() != 10*time.Second {
			t.Errorf("%v: window %v is not that of the capture", off, s.Window())
		}
	}
}

// TestDecodeOfABundleIsThatOfTheCapture: what was saved gives what was live.
func TestDecodeOfABundleIsThatOfTheCapture(t *testing.T) {
	c := capture(t, versions(t)[0])
	data := bundleOf(t, c)
	saved, err := ReadBundle(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	live, again := Decode(c), Decode(saved)
	if a, b := fmt.Sprintf("%+v", live.Memory), fmt.Sprintf("%+v", again.Memory); a != b {
		t.Errorf("memory: %s, %s", a, b)
	}
	for k, ps := range live.Profiles {
		qs := again.Profiles[k]
		if len(ps) != len(qs) {
			t.Fatalf("%s: %d and %d profiles", k, len(ps), len(qs))
		}
		for i := range ps {
			if ps[i].NumSamples() != qs[i].NumSamples() || ps[i].Total(0) != qs[i].Total(0) {
				t.Errorf("%s %d differs", k, i)
			}
		}
	}
	if !slices.Equal(live.Notes, again.Notes) || len(live.Gaps) != len(again.Gaps) {
		t.Errorf("notes %q %q, gaps %q %q", live.Notes, again.Notes, live.Gaps, again.Gaps)
	}
}

func TestGzippedTextIsRead(t *testing.T) {
	dir := versions(t)[0]
	s := Decode(&Capture{Blobs: []Blob{
		{Kind: GoroutineText, Name: "g.gz", Data: zipped(read(t, dir, "goroutine.txt"))},
		{Kind: HeapText, Name: "h.gz", Data: zipped(read(t, dir, "heap.txt"))},
		{Kind: Trace, Name: "t.gz", Data: zipped(read(t, dir, "trace.out"))},
	}})
	if !s.Has(GoroutineText) || !s.Has(HeapText) || !s.Has(Trace) {
		t.Errorf("gaps: %+v", s.Gaps)
	}
}

// What a probe measured comes back from the blobs that it was kept in, with its
// doubts as notes; a loss of one in a thousand or more is a doubt.
func TestMeasurement(t *testing.T) {
	at := time.Date(2026, 11, 25, 18, 0, 0, 0, time.UTC)
	b := profile.NewBuilder(true, profile.ValueType{Type: "waits", Unit: "count"}, profile.ValueType{Type: "runqueue", Unit: "nanoseconds"}, profile.ValueType{Type: "blocked", Unit: "nanoseconds"})
	fn := b.Function(profile.Function{Name: "main.pay", File: "/srv/pay.go"})
	loc := b.Location(profile.Location{Mapping: -1, Lines: []profile.Line{{Function: fn}}})
	b.Sample([]uint32{loc}, []int64{3, 5, 7}, profile.Label{Key: "state", Str: "sleeping"})
	b.SetHeader(&profile.Profile{DefaultSampleType: "blocked", TimeNanos: at.UnixNano(), DurationNanos: 1e9})
	p, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	c := &Capture{From: at, To: at.Add(time.Second)}
	err = c.AddMeasurement(&kernel.Measurement{
		Probe: "offcpu", From: at, To: at.Add(time.Second), Profile: p, Notes: []string{"the target ended"},
		Losses: []kernel.Loss{{What: "rows", Count: 1, Of: 5000}, {What: "stacks", Count: 9, Of: 5000}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if k, err := sniffed("x", c.Blobs[0].Data); k != Kernel || err != nil {
		t.Errorf("the numbers are taken for %q, %v", k, err)
	}
	if k, err := sniffed("x", c.Blobs[1].Data); k != OffCPU || err != nil {
		t.Errorf("the profile is taken for %q, %v", k, err)
	}
	s := Decode(c)
	if len(s.Kernel) != 1 || s.Kernel[0].Probe != "offcpu" || !s.Has(Kernel) || !s.Has(OffCPU) {
		t.Fatalf("%+v, gaps %+v", s.Kernel, s.Gaps)
	}
	if got := s.Profiles[OffCPU][0]; got.Total(2) != 7 || len(got.Labels(0)) != 1 {
		t.Errorf("profile: %d blocked, labels %v", got.Total(2), got.Labels(0))
	}
	if got := strings.Join(s.Notes, "; "); got != "the offcpu probe: the target ended; the offcpu probe lost 9 of 5000: stacks" {
		t.Errorf("notes: %s", got)
	}
}

// Two processes are told from one by what only ever grows in one.
func TestDecodeCounters(t *testing.T) {
	page := func(name string, collections, after int) Blob {
		text := fmt.Sprintf("heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n# HeapAlloc = 1000\n# NumGC = %d\n# GCCPUFraction = 0.1\n", collections)
		return Blob{Kind: HeapText, Name: name, Data: []byte(text), To: epoch.Add(time.Duration(after) * time.Second)}
	}
	for _, c := range []struct {
		name    string
		blobs   []Blob
		several bool
	}{
		{"one", []Blob{page("a", 7, 0), page("b", 7, 1), page("c", 9, 2)}, false},
		{"two", []Blob{page("a", 7, 0), page("b", 9, 1), page("c", 3, 2)}, true},
		{"no order", []Blob{page("a", 9, 0), page("b", 7, 0)}, false},
	} {
		s := Decode(&Capture{Blobs: c.blobs})
		if len(s.Memory) != len(c.blobs) {
			t.Fatalf("%s: %d looks at memory, notes %q", c.name, len(s.Memory), s.Notes)
		}
		if got := strings.Contains(strings.Join(s.Notes, "\n"), "several processes"); got != c.several {
			t.Errorf("%s: notes %q", c.name, s.Notes)
		}
	}
}
