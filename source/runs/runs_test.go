package runs

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/internal/folded"
)

// write makes files of folded text in a directory; other content is written as it is.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		data := []byte(text)
		if base := filepath.Base(name); strings.HasSuffix(base, ".pb.gz") {
			kind := strings.TrimRight(strings.TrimSuffix(base, ".pb.gz"), "-0123456789")
			f, err := folded.Encode(text, kind, time.Unix(1_700_000_000, 0), 0)
			if err != nil {
				t.Fatal(err)
			}
			data = f.Data
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	cpu   = "main.main;main.work 100\n"
	heap  = "main.main;main.work 10MiB 1MiB\n"
	mutex = "main.main;sync.(*Mutex).Unlock 10 1s\n"
	bench = "goos: linux\ngoarch: amd64\npkg: example.com/x\ncpu: A CPU\nBenchmarkA-8 100 12.5 ns/op 16 B/op 1 allocs/op\nBenchmarkA-8 100 13 ns/op 16 B/op 1 allocs/op\nPASS\n"
)

func TestDirectoryOfRuns(t *testing.T) {
	dir := write(t, map[string]string{
		"base/10/cpu.pb.gz": cpu, "base/10/meta.json": `{"ops": 10, "unit": "request", "pair": 10, "user_s": 1, "sys_s": 0.5, "go": "go1.26.1", "commit": "abc", "dirty": true}`,
		"base/9/cpu.pb.gz": cpu, "base/9/allocs.pb.gz": heap, "base/9/heap.pb.gz": heap, "base/9/mutex.pb.gz": mutex, "base/9/bench.txt": bench,
		"base/9/notes.txt": "nothing of interest", "base/9/meta.json": `{"ops": 9, "pair": 9}`,
	})
	s, err := Load(dir, "base")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Runs) != 2 || s.Runs[0].Pair != 9 || s.Runs[1].Pair != 10 {
		t.Fatalf("runs: %+v", s.Runs)
	}
	first, second := s.Runs[0], s.Runs[1]
	if second.CPU != 1.5 || second.Work != 10 || second.Env.GoVersion != "go1.26.1" || second.Env.Commit != "abc+dirty" {
		t.Errorf("meta.json: %+v", second)
	}
	for _, k := range []evidence.Kind{evidence.CPU, evidence.Heap, evidence.Allocs, evidence.Mutex} {
		if first.Profiles[k] == nil {
			t.Errorf("no %s profile in %+v", k, first.Profiles)
		}
	}
	if len(first.Bench) != 2 || first.Bench[0].Package != "example.com/x" || first.Bench[0].Name != "A-8" || math.Abs(first.Bench[0].Values["sec/op"]-12.5e-9) > 1e-15 || first.Env.CPUModel != "A CPU" {
		t.Errorf("benchmarks: %+v", first)
	}
}

// Results under other settings are those of another benchmark.
func TestBenchmarksUnderSettings(t *testing.T) {
	const under = "note: same\ncodec: %s\nBenchmarkA-8 100 12 ns/op\nBenchmarkB/x 100 1 ns/op\n"
	var names []string
	for _, text := range []string{bench + fmt.Sprintf(under, "json"), fmt.Sprintf(under, "json") + fmt.Sprintf(under, "gob")} {
		s, err := Load(write(t, map[string]string{"bench.txt": text}), "bench.txt")
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range s.Runs[0].Bench {
			names = append(names, b.Name)
		}
	}
	want := "A-8 A-8 A/note=same/codec=json-8 B/x/note=same/codec=json A/codec=json-8 B/x/codec=json A/codec=gob-8 B/x/codec=gob"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestLooseFiles(t *testing.T) {
	dir := write(t, map[string]string{"cpu-2.pb.gz": cpu, "cpu-10.pb.gz": cpu, "cpu-1.pb.gz": cpu, "heap-1.pb.gz": heap, "allocs-1.pb.gz": heap, "x.txt": "text"})
	for _, names := range [][]string{{"."}, {"cpu-*", "allocs*", "heap*"}, {"cpu-1.pb.gz", "heap-1.pb.gz", "allocs-1.pb.gz", "cpu-2.pb.gz", "cpu-10.pb.gz"}} {
		s, err := Load(dir, names...)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Runs) != 3 || len(s.Runs[0].Profiles) != 3 || len(s.Runs[2].Profiles) != 1 {
			t.Errorf("%v: %d runs: %+v", names, len(s.Runs), s.Runs)
		}
	}
}

func TestNothing(t *testing.T) {
	dir := write(t, map[string]string{"empty/x.txt": "text", "bad/meta.json": "{", "bad/cpu.pb.gz": cpu, "neg/meta.json": `{"ops": -1}`, "cut.pb": "\x1f\x8b\x08", "none": "", "off/cpu.pb.gz": cpu})
	if err := os.WriteFile(filepath.Join(dir, "off", "later.pb.gz"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"empty":   "holds no profile, no benchmark and no bundle",
		"bad":     "meta.json: byte 1",
		"neg":     "ops: -1",
		"missing": "missing: read: no such file",
		"*.xyz":   "no file is called so",
		"cut.pb":  "cut.pb",
		"none":    "none: empty",
		"off":     "later.pb.gz: is empty: make that run again",
	} {
		if _, err := Load(dir, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := Load(dir, "empty"); !errors.Is(err, ErrNothing) {
		t.Errorf("empty: %v", err)
	}
}

func TestNatural(t *testing.T) {
	names := []string{"10", "9", "a10b2", "a9", "a10b1", "", "09", "a"}
	slices.SortFunc(names, natural)
	if got := strings.Join(names, " "); got != " 09 9 10 a a9 a10b1 a10b2" && got != " 9 09 10 a a9 a10b1 a10b2" {
		t.Errorf("%s", got)
	}
}
