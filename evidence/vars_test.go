package evidence

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMetrics(t *testing.T) {
	text := `# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 42
go_gc_duration_seconds{quantile="0.5"} 1.5e-05
go_info{version="go1.22.3"} 1
odd{label="a } \" b",other="c"} 3 1700000000000
with_space {a="b"} 4
nan NaN
inf{le="+Inf"} +Inf
go_sched_gomaxprocs_threads 8
process_open_fds 12
process_max_fds 1.048576e+06
process_resident_memory_bytes 6.5e+07
go_threads 9

broken line
unclosed{a="b 1
go_goroutines 43
`
	s := Decode(&Capture{Blobs: []Blob{{Kind: Metrics, Name: "metrics.txt", Data: []byte(text)}}})
	want := map[string]float64{
		"go_goroutines": 43, `go_gc_duration_seconds{quantile="0.5"}`: 1.5e-05, `go_info{version="go1.22.3"}`: 1,
		`odd{label="a } \" b",other="c"}`: 3, "go_sched_gomaxprocs_threads": 8, "process_open_fds": 12,
		"process_max_fds": 1048576, "process_resident_memory_bytes": 6.5e7, "go_threads": 9,
	}
	got := s.Vars
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Build.GoVersion != "go1.22.3" {
		t.Errorf("Go version %q", s.Build.GoVersion)
	}
	if h := s.Host; h.GOMAXPROCS != 8 || h.FDs != 12 || h.FDLimit != 1<<20 || h.RSS != 65_000_000 || h.Threads != 9 {
		t.Errorf("host %+v", h)
	}
	if len(s.Notes) != 1 || !strings.HasSuffix(s.Notes[0], `line 7 is no sample and was left out: "with_space {a=\"b\"} 4", and 2 more`) {
		t.Errorf("notes %q", s.Notes)
	}
	s = Decode(&Capture{Blobs: []Blob{{Kind: Metrics, Name: "metrics.txt", Data: []byte("<html>\n")}}})
	if len(s.Gaps) != 1 {
		t.Errorf("a page without samples: gaps %+v", s.Gaps)
	}
}

func TestHostOfTheSourceWins(t *testing.T) {
	s := Decode(&Capture{Blobs: []Blob{
		{Kind: Metrics, Data: []byte("go_threads 9\nprocess_open_fds 12\n")},
		{Kind: HostLimits, Data: []byte(`{"threads": 5, "cpu_quota": 1.5, "env_known": true}`)},
	}})
	if want := (Limits{Threads: 5, FDs: 12, CPUQuota: 1.5, EnvKnown: true}); s.Host != want {
		t.Errorf("host %+v, want %+v", s.Host, want)
	}
}

func TestExpvar(t *testing.T) {
	text := `{"cmdline": ["/bin/x", "-v"], "n": 1.5, "deep": {"a.b": {"c": 2}, "list": [{"x": 1}, [2]], "s": "text", "b": true, "z": null}, "last": -3}`
	s := Decode(&Capture{Blobs: []Blob{{Kind: Vars, Name: "vars.json", Data: []byte(text)}}})
	if diff := cmp.Diff(map[string]float64{"n": 1.5, "deep.a.b.c": 2, "last": -3}, s.Vars); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/bin/x", "-v"}, s.Build.Cmdline); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, want := range map[string]string{
		`[1]`:                           "want a JSON object",
		`{"a": 1`:                       "unexpected EOF",
		`{"a": 1, b}`:                   "byte 9",
		strings.Repeat(`{"a":`, 20_000): "vars.json",
	} {
		s := Decode(&Capture{Blobs: []Blob{{Kind: Vars, Name: "vars.json", Data: []byte(text)}}})
		if told := len(s.Gaps)+len(s.Notes) > 0; !told {
			t.Errorf("%.40q: nothing is told", text)
			continue
		}
		var why string
		for _, g := range s.Gaps {
			why += g.Why
		}
		for _, n := range s.Notes {
			why += n
		}
		if !strings.Contains(why, want) {
			t.Errorf("%.40q: %q, want %q", text, why, want)
		}
	}
}

func TestCmdlineAndHeapTextWinOverExpvar(t *testing.T) {
	dir := versions(t)[0]
	s := Decode(&Capture{Blobs: []Blob{
		{Kind: Cmdline, Data: []byte("/bin/real\x00--flag=a b\x00")},
		{Kind: Vars, Data: read(t, dir, "vars.json")},
		{Kind: HeapText, Data: read(t, dir, "heap.txt")},
	}})
	if diff := cmp.Diff([]string{"/bin/real", "--flag=a b"}, s.Build.Cmdline); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(s.Memory) != 1 || s.Memory[0].SampleRate == 0 {
		t.Errorf("memory: %+v", s.Memory)
	}
}
