package evidence

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/profile"
)

// keptForAsOf holds what TestHeapProfileIsAsOf allocates.
var keptForAsOf []byte

//go:noinline
func keepForAsOf() { keptForAsOf = make([]byte, 32<<20) }

// TestHeapProfileIsAsOf holds the time that a heap profile is given against the
// runtime: an object is in it if it was made before that time, and not if after.
func TestHeapProfileIsAsOf(t *testing.T) {
	look := func(query string) (first, then Blob) {
		take := func(kind Kind, debug int, query string) Blob {
			if query != "" {
				runtime.GC()
			}
			var buf bytes.Buffer
			from := time.Now()
			if err := pprof.Lookup("heap").WriteTo(&buf, debug); err != nil {
				t.Fatal(err)
			}
			return Blob{Kind: kind, Name: fmt.Sprint(kind, from.UnixNano()), From: from, To: time.Now(), URL: "http://x/heap" + query, Data: buf.Bytes()}
		}
		first = take(HeapText, 1, "")
		return first, take(Heap, 0, query)
	}
	keptForAsOf = nil // with -count, of the run before
	var c Capture
	add := func(query string) { a, b := look(query); c.Blobs = append(c.Blobs, a, b) }
	add("?gc=1")
	before := time.Now()
	keepForAsOf()
	after := time.Now()
	add("")
	var garbage []byte
	for range 3 { // collections that are not forced
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		for n, i := m.NumGC, 0; m.NumGC == n && i < 4096; i++ {
			garbage = make([]byte, 1<<20)
			runtime.ReadMemStats(&m)
		}
		add("")
	}
	runtime.KeepAlive(garbage)
	add("?gc=1")
	set := Decode(&c)
	if len(set.Profiles[Heap]) != 6 {
		t.Fatalf("%d profiles, notes %q", len(set.Profiles[Heap]), set.Notes)
	}
	seen := map[bool]int{}
	for i, p := range set.Profiles[Heap] {
		at, has := time.Unix(0, p.TimeNanos), holds(p, "keepForAsOf")
		switch {
		case at.After(after) && !has:
			t.Errorf("profile %d is as of %v after the object was made, and does not hold it", i, at.Sub(after))
		case at.Before(before) && has:
			t.Errorf("profile %d is as of %v before the object was made, and holds it", i, before.Sub(at))
		}
		seen[has]++
	}
	if seen[true] < 2 || seen[false] < 2 {
		t.Errorf("the object is in %d profiles and not in %d: the test shows too little", seen[true], seen[false])
	}
}

func holds(p *profile.Profile, function string) bool {
	col, _ := p.SampleType("inuse_space")
	for s := range p.NumSamples() {
		for _, loc := range p.Stack(s) {
			for _, l := range p.Locations[loc].Lines {
				if p.Value(s, col) > 0 && strings.HasSuffix(p.Functions[l.Function].Name, function) {
					return true
				}
			}
		}
	}
	return false
}

// statsPage is heap?debug=1 after collections that ended at the given times, the oldest first.
func statsPage(forced int, ends ...time.Time) []byte {
	ring := make([]string, 256)
	for i := range ring {
		ring[i] = "0"
		if i < len(ends) {
			ring[i] = fmt.Sprint(ends[i].UnixNano())
		}
	}
	pauses := "[" + strings.Join(ring, " ") + "]"
	return fmt.Appendf(nil, "heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n# HeapAlloc = 1\n# PauseNs = %s\n# PauseEnd = %s\n# NumGC = %d\n# NumForcedGC = %d\n# GCCPUFraction = 0.1\n", pauses, pauses, len(ends), forced)
}

func TestAsOf(t *testing.T) {
	start := time.Unix(1e9, 0)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * 1e9)) }
	page := func(s float64, forced int, ends ...float64) Blob {
		var times []time.Time
		for _, e := range ends {
			times = append(times, at(e))
		}
		return Blob{Kind: HeapText, Name: fmt.Sprint("text", s), From: at(s), To: at(s + .01), Data: statsPage(forced, times...)}
	}
	heap := func(s float64, query string) Blob {
		p := heapOf(t, at(s+.05))
		return Blob{Kind: Heap, Name: fmt.Sprint("heap", s), From: at(s), To: at(s + .1), URL: "http://x/debug/pprof/heap" + query, Data: p}
	}
	for name, tt := range map[string]struct {
		blobs []Blob
		want  []float64
		gap   bool
	}{
		"the last but one":           {[]Blob{page(9.9, 0, 1, 4, 8), heap(10, ""), page(39.9, 0, 1, 4, 8, 20, 35), heap(40, "")}, []float64{4, 20}, false},
		"no collection":              {[]Blob{page(9.9, 0, 1, 4), heap(10, ""), page(39.9, 0, 1, 4), heap(40, "")}, []float64{1, 1}, true},
		"one collection":             {[]Blob{page(9.9, 0, 1, 4), heap(10, ""), page(39.9, 0, 1, 4, 30), heap(40, "")}, []float64{1, 4}, false},
		"forced":                     {[]Blob{heap(10, "?gc=1"), page(10.2, 1, 1, 4, 10.02), page(39.9, 1, 1, 4, 10.02), heap(40, "?gc=1")}, []float64{10.02, 40.05}, false},
		"forced, then one":           {[]Blob{heap(10, "?gc=1"), page(10.2, 1, 1, 10.02), page(39.9, 1, 1, 10.02, 30), heap(40, "")}, []float64{10.02, 10.02}, true},
		"forced, then two":           {[]Blob{heap(10, "?gc=1"), page(10.2, 1, 1, 10.02), page(39.9, 1, 1, 10.02, 30, 35), heap(40, "")}, []float64{10.02, 30}, false},
		"forced by the program":      {[]Blob{page(9.9, 3, 1, 4, 8), heap(10, ""), page(39.9, 5, 1, 4, 8, 20, 35), heap(40, "")}, []float64{8, 35}, false},
		"never collected":            {[]Blob{page(9.9, 0), heap(10, ""), page(39.9, 0), heap(40, "")}, []float64{10.05, 10.05}, true},
		"no page":                    {[]Blob{heap(10, ""), heap(40, "")}, []float64{10.05, 40.05}, false},
		"a page long before":         {[]Blob{page(2, 0, 1, 1.5), heap(10, ""), heap(40, "")}, []float64{10.05, 40.05}, false},
		"a page after both":          {[]Blob{heap(10, ""), heap(40, ""), page(50, 0, 1, 4, 20, 35, 45)}, []float64{1, 20}, false},
		"another process in between": {[]Blob{page(9.9, 0, 1, 4, 8), heap(10, ""), page(39.9, 0, 30), heap(40, "")}, []float64{10.05, 40.05}, false},
	} {
		set := Decode(&Capture{Blobs: tt.blobs})
		ps := set.Profiles[Heap]
		if len(ps) != len(tt.want) {
			t.Fatalf("%s: %d profiles, notes %q", name, len(ps), set.Notes)
		}
		for i, p := range ps {
			if got := time.Unix(0, p.TimeNanos).Sub(start).Seconds(); got != tt.want[i] {
				t.Errorf("%s: heap %d is as of %g, want %g", name, i+1, got, tt.want[i])
			}
		}
		if got := set.wanted(heapGrowth); got != tt.gap {
			t.Errorf("%s: a gap that growth is not known: %v, want %v", name, got, tt.gap)
		}
	}
}

// heapOf is a heap profile of that time.
func heapOf(t *testing.T, at time.Time) []byte {
	t.Helper()
	p, err := folded.Encode("main.main;main.keep:3 64MiB 64MiB", "heap", at, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p.Data
}
