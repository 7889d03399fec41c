package exectrace

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func files(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.trace")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	all := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(path)] = data
	}
	return all
}

// All versions say the same of testdata/tiny.go: three goroutines that waited
// for a mutex.
func TestVersions(t *testing.T) {
	for name, data := range files(t) {
		t.Run(name, func(t *testing.T) {
			sum, err := Summarize(bytes.NewReader(data), Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkSums(t, sum)
			if sum.Truncated != "" || sum.Procs != 2 {
				t.Errorf("truncated %q, %d Ps", sum.Truncated, sum.Procs)
			}
			if n, _ := waitsFor(sum, "sync", "main.main.func1"); n != 3 {
				t.Errorf("%d waits for the mutex, want 3", n)
			}
			if s := startOf(sum, "main.main.func1"); s.Created != 3 {
				t.Errorf("goroutines: %+v", s)
			}
			if sum.GCActive <= 0 || sum.Pauses.Count < 2 {
				t.Errorf("collector active for %v, %d pauses", sum.GCActive, sum.Pauses.Count)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"empty", "", "empty input"},
		{"text", "hello, this is no trace at all", "not with a trace header"},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "not with a trace header"},
		{"old", "go 1.9 trace\x00\x00\x00\x00rest", "made by go 1.9: readable are the traces of go 1.11 and later"},
		{"new", "go 1.99 trace\x00\x00\x00rest", "unsupported"},
		{"header only", "go 1.26 trace\x00\x00\x00", "no events"},
		{"cut header", "go 1.2", "not with a trace header"},
		{"noise", "go 1.22 trace\x00\x00\x00" + strings.Repeat("\xff", 100), "read"},
		{"old noise", "go 1.21 trace\x00\x00\x00" + strings.Repeat("\xff", 100), "read"},
	}
	for _, tt := range tests {
		sum, err := Summarize(strings.NewReader(tt.input), Options{})
		if err == nil || sum != nil || !strings.HasPrefix(err.Error(), "execution trace: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %+v, %v, want an error with %q", tt.name, sum, err, tt.want)
		}
	}
	_, err := Summarize(iotest.ErrReader(errors.New("connection reset")), Options{})
	if err == nil || !strings.Contains(err.Error(), "connection reset") {
		t.Errorf("error of the reader: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// An old trace is held in memory whole, so that an endless one must be refused.
func TestOldTraceLimit(t *testing.T) {
	_, err := Summarize(io.MultiReader(strings.NewReader("go 1.21 trace\x00\x00\x00"), endless{}), Options{})
	if err == nil || !strings.Contains(err.Error(), "more than 32 MiB") {
		t.Errorf("got %v", err)
	}
}

// A trace that was cut short gives what it has, and never more.
func TestTruncated(t *testing.T) {
	for name, data := range files(t) {
		whole, err := Summarize(bytes.NewReader(data), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			cut := len(data) * i / 40
			sum, err := Summarize(bytes.NewReader(data[:cut]), Options{})
			if err != nil {
				continue
			}
			checkSums(t, sum)
			if sum.Events > whole.Events || sum.Events < whole.Events && sum.Truncated == "" && !strings.HasPrefix(name, "go1.19") {
				t.Errorf("%s: %d of %d bytes: %d of %d events, truncated %q", name, cut, len(data), sum.Events, whole.Events, sum.Truncated)
			}
		}
	}
}

// Damage that shows up late does not take away what came before. A generation
// is read whole, so that this needs a trace of two.
func TestDamagedLate(t *testing.T) {
	var two []byte
	for name, data := range files(t) {
		if name == "go1.25.trace" {
			two = append(two, data...)
		}
	}
	sum, err := Summarize(io.MultiReader(bytes.NewReader(two), strings.NewReader("\xff\xff\xff\xff")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Truncated == "" || sum.Events == 0 {
		t.Errorf("%d events, truncated %q", sum.Events, sum.Truncated)
	}
}

// Stacks above the limit are added up, not lost.
func TestMaxStacks(t *testing.T) {
	data := files(t)["go1.26.trace"]
	all, err := Summarize(bytes.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	few, err := Summarize(bytes.NewReader(data), Options{MaxStacks: 1})
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, few)
	if few.Waiting != all.Waiting || len(few.Waits) >= len(all.Waits) {
		t.Errorf("waiting %v at %d stacks, want %v at fewer than %d", few.Waiting, len(few.Waits), all.Waiting, len(all.Waits))
	}
	other := 0
	for _, w := range few.Waits {
		if len(w.Stack) == 1 && w.Stack[0].Function == Other {
			other++
		}
	}
	if other == 0 {
		t.Error("no remainder")
	}
}

func TestHistogram(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 31, 32, 33, 63, 64, 65, 999, 12345, time.Hour, 1<<63 - 1} {
		got := middle(bucket(d))
		if diff := max(got-d, d-got); diff > d/64+1 {
			t.Errorf("%d ns is shown as %d ns", d, got)
		}
	}
	for d := time.Duration(1); d < 100_000; d++ {
		if bucket(d) < bucket(d-1) || bucket(d) > bucket(d-1)+1 {
			t.Fatalf("bucket of %d is %d, of one less %d", d, bucket(d), bucket(d-1))
		}
	}
	var h histogram
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Microsecond)
	}
	got := h.distribution()
	for _, q := range []struct{ got, want time.Duration }{
		{got.P50, 500 * time.Microsecond}, {got.P90, 900 * time.Microsecond}, {got.P99, 990 * time.Microsecond},
	} {
		if diff := max(q.got-q.want, q.want-q.got); diff > q.want/50 {
			t.Errorf("quantile %v, want %v", q.got, q.want)
		}
	}
	if got.Count != 1000 || got.Max != time.Millisecond || got.Total != 500500*time.Microsecond {
		t.Errorf("got %+v", got)
	}
}

func TestLongest(t *testing.T) {
	var l longest[int]
	for i := range 10_000 {
		v := i * 7919 % 10_000
		l.add(time.Duration(v), func() int { return v })
	}
	got := l.descending()
	if len(got) != keepLongest {
		t.Fatalf("%d kept", len(got))
	}
	for i, v := range got {
		if v != 9999-i {
			t.Errorf("place %d is %d", i, v)
		}
	}
}

func FuzzSummarize(f *testing.F) {
	for _, data := range files(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sum, err := Summarize(bytes.NewReader(data), Options{MaxStacks: 16})
		if (sum == nil) == (err == nil) {
			t.Fatalf("%v, %v", sum, err)
		}
		if sum == nil {
			return
		}
		if sum.Events <= 0 || sum.Window < 0 || len(sum.STW) > keepLongest {
			t.Errorf("%+v", sum)
		}
	})
}

func BenchmarkSummarize(b *testing.B) {
	data := files(b)["go1.26.trace"]
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Summarize(bytes.NewReader(data), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
