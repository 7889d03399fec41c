package evidence

import (
	"bytes"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestHeapTextOfEveryVersion compares heap?debug=1 with what package expvar
// said of the same program at almost the same time.
func TestHeapTextOfEveryVersion(t *testing.T) {
	for _, dir := range versions(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			at := time.Unix(1e9, 0)
			m, err := parseHeapText(read(t, dir, "heap.txt"), at)
			if err != nil {
				t.Fatal(err)
			}
			if m.SampleRate != 16<<10 || m.At != at || m.MaxRSS < m.HeapInuse/2 {
				t.Errorf("rate %d, at %v, max RSS %d", m.SampleRate, m.At, m.MaxRSS)
			}
			s := Decode(&Capture{Blobs: []Blob{{Kind: Vars, Name: "vars.json", To: at, Data: read(t, dir, "vars.json")}}})
			if len(s.Memory) != 1 {
				t.Fatalf("expvar: %d samples, notes %q", len(s.Memory), s.Notes)
			}
			// What the program did between the two pages is far below a tenth.
			near := cmpopts.EquateApprox(0.1, 160<<10)
			floats := cmp.Transformer("float", func(n int64) float64 { return float64(n) })
			ignore := cmpopts.IgnoreFields(MemorySample{}, "MaxRSS", "SampleRate", "At", "LastGC", "Pauses", "Ends", "GCCPUFraction")
			if diff := cmp.Diff(m, s.Memory[0], floats, near, ignore); diff != "" {
				t.Errorf("(-heap text +expvar):\n%s", diff)
			}
			// What runtime.MemStats documents as equal.
			for name, pair := range map[string][2]int64{
				"Alloc": {m.Alloc, m.HeapAlloc}, "HeapObjects": {m.HeapObjects, m.Mallocs - m.Frees}, "HeapSys": {m.HeapSys, m.HeapIdle + m.HeapInuse},
				"Sys":   {m.Sys, m.HeapSys + m.StackSys + m.MSpanSys + m.MCacheSys + m.BuckHashSys + m.GCSys + m.OtherSys},
				"NumGC": {m.NumGC, s.Memory[0].NumGC}, "NumForcedGC": {m.NumForcedGC, s.Memory[0].NumForcedGC}, "MCacheSys": {m.MCacheSys, s.Memory[0].MCacheSys},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s: %d, want %d", name, pair[0], pair[1])
				}
			}
			if m.NumGC == 0 || int(m.NumGC) != len(m.Pauses) && len(m.Pauses) != 256 {
				t.Errorf("%d pauses of %d collections", len(m.Pauses), m.NumGC)
			}
			if m.GCCPUFraction <= 0 || m.LastGC.Year() < 2020 {
				t.Errorf("GC fraction %g, last GC %v", m.GCCPUFraction, m.LastGC)
			}
		})
	}
}

// TestPausesAreNewestFirst compares the ring with runtime/debug, whose pauses
// are newest first, when the ring is full.
func TestPausesAreNewestFirst(t *testing.T) {
	for range 260 {
		debug.FreeOSMemory()
	}
	var buf bytes.Buffer
	if err := pprof.Lookup("heap").WriteTo(&buf, 1); err != nil {
		t.Fatal(err)
	}
	m, err := parseHeapText(buf.Bytes(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	// A collection may have run in between.
	between := int(stats.NumGC - m.NumGC)
	n := 256 - between
	if between < 0 || between > 10 || len(m.Pauses) != 256 {
		t.Fatalf("%d collections between, %d pauses", between, len(m.Pauses))
	}
	utc := cmp.Transformer("nanoseconds", time.Time.UnixNano)
	if diff := cmp.Diff(stats.PauseEnd[between:between+n], m.Ends[:n], utc); diff != "" {
		t.Errorf("(-runtime/debug +heap text):\n%s", diff)
	}
	if diff := cmp.Diff(stats.Pause[between:between+n], m.Pauses[:n]); diff != "" {
		t.Errorf("(-runtime/debug +heap text):\n%s", diff)
	}
}

func TestHeapTextErrors(t *testing.T) {
	good := string(read(t, versions(t)[0], "heap.txt"))
	for _, c := range []struct{ name, text, want string }{
		{"cut", good[:len(good)/2], "no runtime.MemStats"},
		{"cut in MemStats", good[:strings.Index(good, "# NumGC")], "no runtime.MemStats"},
		{"other text", "404 page not found\n", "line 1"},
		{"no rate", strings.Replace(good, "@ heap/", "@ heap/x", 1), "line 1"},
		{"bad number", strings.Replace(good, "# HeapAlloc = ", "# HeapAlloc = -", 1), "HeapAlloc"},
		{"bad ring", strings.Replace(good, "# PauseNs = [", "# PauseNs = ", 1), "PauseNs"},
	} {
		_, err := parseHeapText([]byte(c.text), time.Time{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzHeapText(f *testing.F) {
	for _, dir := range versions(f) {
		data := read(f, dir, "heap.txt")
		f.Add(data)
		// The numbers alone, for more runs a second.
		head, _, _ := bytes.Cut(data, []byte("\n"))
		f.Add(append(append(head, '\n'), data[bytes.Index(data, []byte("\n# runtime.MemStats")):]...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseHeapText(data, time.Time{})
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("more than a line: %v", err)
			}
			return
		}
		if m.Alloc < 0 || m.NumGC < 0 || int64(len(m.Pauses)) > m.NumGC || len(m.Pauses) > len(data) {
			t.Fatalf("%+v", m)
		}
	})
}
