//go:build linux

package main

import (
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRecorded predicts from an observation that was recorded, by the goperf of
// this tree, and compares with what was measured then. One noisy case cannot hold
// the model to the bars of docs/gc-accuracy.md; it notices when it goes wrong.
func TestRecorded(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS("testdata/recorded")); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(work, "bin", "goperf"), "../../cmd/goperf")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l := &lab{work: work}
	var pairs []pair
	for _, s := range subjects {
		found, err := l.compare(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, found...)
	}
	if len(pairs) != 5 || !slices.ContainsFunc(pairs, pair.limited) {
		t.Fatalf("%d settings", len(pairs))
	}
	for _, p := range pairs {
		off := func(x, y float64) float64 { return math.Abs(x/y - 1) }
		if !p.said() || p.Seen >= fewCycles && off(p.cycles.mid, p.Cycles) > 0.3 || off(p.rss.mid, p.RSS) > 0.15 || p.RSS > 1.05*p.bound {
			t.Errorf("%s: said %q, %.3g GC/s, %.1f MB, at most %.1f MB; measured %v", p.Setting, p.verdict, p.cycles.mid, p.rss.mid/1e6, p.bound/1e6, p.measured)
		}
	}
	text, err := l.report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| cycles/s, GOGC | 2 |", "\n| steady | 200 |", "\nPeak RSS was below the printed bound in "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	began := time.Unix(1000, 0)
	a := reading{at: began, cpu: 10, load: 1, page: map[string]float64{"NumGC": 5, "TotalAlloc": 1000}}
	b := reading{
		at: began.Add(10 * time.Second), cpu: 12, load: 3, peak: 77, page: map[string]float64{"NumGC": 8, "TotalAlloc": 6000},
		ends: []float64{999, 1003, 1001, 1007},
	}
	m := b.since(a)
	if m.Seen != 3 || m.CPU != 0.2 || m.RSS != 77 || m.Alloc != 500 || m.Load != 2 || m.Cycles != 2.0/6 {
		t.Errorf("%+v", m)
	}
	b.page["NumGC"] = 300 // more than the page shows the ends of
	if m = b.since(a); m.Cycles != 29.5 {
		t.Errorf("%+v", m)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	if q := quantile([]float64{3, 1, 2}, 0.5); q != 2 {
		t.Errorf("median %v", q)
	}
	if q := quantile([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.9); q != 9 {
		t.Errorf("90th percentile %v", q)
	}
	if q := quantile(nil, 0.9); !math.IsNaN(q) {
		t.Errorf("of nothing: %v", q)
	}
	for setting, want := range map[string]string{"100": "GOGC=100 GOMEMLIMIT=off", "off/600MiB": "GOGC=off GOMEMLIMIT=600MiB"} {
		if got := strings.Join(environment(setting), " "); got != want {
			t.Errorf("%s: %s, want %s", setting, got, want)
		}
	}
	s := scores("GOGC", "x")[0]
	s.add(10, span{11, 9, 12})
	s.add(10, span{20, 15, 25})
	s.add(0, span{1, 1, 1})
	if row := s.row(); row != "| cycles/s, GOGC | 2 | 10.0 % | 100.0 % | ≤ 5 %, ≤ 12 % | 1 of 2 (50 %) |\n" {
		t.Error(row)
	}
}

// TestSubjects deploys every subject that has files: addresses and folders stand
// where the files name them.
func TestSubjects(t *testing.T) {
	t.Parallel()
	for _, s := range subjects {
		d, err := deploy(t.Context(), s, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if d.addrs[0] == d.addrs[1] || len(s.args(d)) == 0 || !strings.HasPrefix(s.pprof(d), "http://127.0.0.1:") {
			t.Errorf("%s: %+v", s.name, d)
		}
		err = fs.WalkDir(os.DirFS(d.dir), ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			data, err := os.ReadFile(filepath.Join(d.dir, name))
			if strings.Contains(string(data), "ADDR") || strings.Contains(string(data), "DIR/") {
				t.Errorf("%s: %s: %s", s.name, name, data)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
