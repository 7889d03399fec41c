package gctune

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	mib = 1 << 20
	us  = time.Microsecond
	ms  = time.Millisecond
)

// Lines as the runtimes of these versions print them.
func TestParseLine(t *testing.T) {
	tests := []struct {
		name, line string
		want       Cycle
	}{
		{
			"go1.5", "gc 100 @41.214s 2%: 0.02+19+0.09+5.6+1.1 ms clock, 0.06+19+0+0.33/4.2/0.5+3.4 ms cpu, 48->50->28 MB, 52 MB goal, 4 P",
			Cycle{
				Number: 100, At: 41214 * ms, CPUShare: 0.02, STW: 1210 * us, Concurrent: 24600 * us,
				AssistCPU: 330 * us, BackCPU: 23200 * us, IdleCPU: 500 * us,
				HeapStart: 48 * mib, HeapEnd: 50 * mib, HeapLive: 28 * mib, Goal: 52 * mib, Procs: 4,
			},
		},
		{
			"go1.8", "gc 1 @2.104s 0%: 0.018+1.3+0.076 ms clock, 0.054+0.35/1.0/3.0+0.23 ms cpu, 4->4->3 MB, 5 MB goal, 4 P (forced)",
			Cycle{
				Number: 1, At: 2104 * ms, STW: 94 * us, Concurrent: 1300 * us,
				AssistCPU: 350 * us, BackCPU: ms, IdleCPU: 3 * ms,
				HeapStart: 4 * mib, HeapEnd: 4 * mib, HeapLive: 3 * mib, Goal: 5 * mib, Procs: 4, Forced: true,
			},
		},
		{
			"go1.19", "gc 1 @0.000s 72%: 2.7+0.73+0.003 ms clock, 5.5+0/0.74/0+0.007 ms cpu, 3->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P",
			Cycle{
				Number: 1, CPUShare: 0.72, STW: 2703 * us, Concurrent: 730 * us, BackCPU: 740 * us,
				HeapStart: 3 * mib, HeapEnd: 4 * mib, HeapLive: mib, Goal: 4 * mib, Procs: 2,
			},
		},
		{
			"go1.27 with a remark",
			"gc 8 @0.190s 12% (checking for goroutine leaks): 0.012+0.39+0.001 ms clock, 0.024+0/0.33/0+0.003 ms cpu, 4->4->4 MB, 10 MB goal, 1 MB stacks, 2 MB globals, 2 P (forced)",
			Cycle{
				Number: 8, At: 190 * ms, CPUShare: 0.12, STW: 13 * us, Concurrent: 390 * us, BackCPU: 330 * us,
				HeapStart: 4 * mib, HeapEnd: 4 * mib, HeapLive: 4 * mib, Goal: 10 * mib, Stacks: mib, Globals: 2 * mib, Procs: 2, Forced: true,
			},
		},
		{
			"in a JSON log",
			`{"log":"gc 2 @1.5s 1%: 1+2+3 ms clock, 1+0/0/0+1 ms cpu, 4-\u003e5-\u003e2 MB, 5 MB goal, 8 P","stream":"stderr"}`,
			Cycle{
				Number: 2, At: 1500 * ms, CPUShare: 0.01, STW: 4 * ms, Concurrent: 2 * ms,
				HeapStart: 4 * mib, HeapEnd: 5 * mib, HeapLive: 2 * mib, Goal: 5 * mib, Procs: 8,
			},
		},
		{
			"behind a prefix",
			"app-1  | 2026-01-02T03:04:05Z stderr F gc 2 @1.5s 1%: 1+2+3 ms clock, 1+0/0/0+1 ms cpu, 4->5->2 MB, 5 MB goal, 8 P (forced)\r",
			Cycle{
				Number: 2, At: 1500 * ms, CPUShare: 0.01, STW: 4 * ms, Concurrent: 2 * ms,
				HeapStart: 4 * mib, HeapEnd: 5 * mib, HeapLive: 2 * mib, Goal: 5 * mib, Procs: 8, Forced: true,
			},
		},
	}
	for _, tt := range tests {
		log, err := ParseGCTrace(strings.NewReader(tt.line + "\n"))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(&Log{Cycles: []Cycle{tt.want}, Lines: 1}, log); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func line(n int, at string) string {
	return fmt.Sprintf("gc %d @%ss 1%%: 1+2+3 ms clock, 1+0/0/0+1 ms cpu, 4->5->2 MB, 5 MB goal, 8 P\n", n, at)
}

func TestParseLog(t *testing.T) {
	noise := "scvg: 8 MB released\nscvg0: inuse: 3, idle: 1, sys: 5, released: 0, consumed: 5 (MB)\n" +
		"pacer: sweep done at heap size 4MB\nscav 0 KiB work (bg), 344 KiB work (eager), 6880 KiB now, 95% util (forced)\n\nabgc 3 @4\ngc now\n"
	tests := []struct {
		name, input string
		numbers     []int
		other       int
		damaged     int
		warning     string
	}{
		{"other lines", noise + line(1, "0.1") + "\n" + line(2, "0.2"), []int{1, 2}, 8, 0, ""},
		{"no newline at the end", strings.TrimSuffix(line(1, "0.1"), "\n"), []int{1}, 0, 0, ""},
		{"a gap", line(1, "0.1") + line(5, "0.2"), []int{1, 5}, 0, 0, "line 2: collection 5 after 1: lines between are missing"},
		{"a restart", line(1, "0.1") + line(2, "0.2") + line(1, "0.1"), []int{1}, 0, 0, "line 3: collection 1 after 2: another process; 2 collections before are left out"},
		{"out of order", line(2, "0.2") + line(1, "0.3"), []int{2}, 0, 1, "line 2: collection 1 at 300ms after 2 at 200ms: out of order"},
		{"cut short", line(1, "0.1") + line(2, "0.2")[:30], []int{1}, 0, 1, `line 2: damaged: no ms clock: "2 @0.2s 1%: 1+2+3 ms clock,"`},
		{"torn", strings.Replace(line(1, "0.1"), "4->5", "4-hello\n>5", 1) + line(2, "0.2"), []int{2}, 1, 1, "line 1: damaged: "},
		{"sign", strings.Replace(line(1, "0.1"), "4->5", "-4->5", 1) + line(2, "0.2"), []int{2}, 0, 1, "line 1: damaged: "},
		{"huge", strings.Replace(line(1, "0.1"), "5 MB goal", "9999999999999 MB goal", 1) + line(2, "0.2"), []int{2}, 0, 1, `line 1: damaged: size "9999999999999"`},
		{"infinite", strings.Replace(line(1, "0.1"), "1+2+3", "Inf+2+3", 1) + line(2, "0.2"), []int{2}, 0, 1, `line 1: damaged: time "Inf"`},
		{"a long line", strings.Repeat("x", 3*maxLine) + "\n" + line(1, "0.1"), []int{1}, 1, 0, ""},
	}
	for _, tt := range tests {
		log, err := ParseGCTrace(strings.NewReader(tt.input))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var numbers []int
		for _, c := range log.Cycles {
			numbers = append(numbers, c.Number)
		}
		if diff := cmp.Diff(tt.numbers, numbers); diff != "" || log.Other != tt.other || log.Damaged != tt.damaged {
			t.Errorf("%s: %d other, %d damaged, want %d, %d; numbers (-want +got):\n%s", tt.name, log.Other, log.Damaged, tt.other, tt.damaged, diff)
		}
		warnings := strings.Join(log.Warnings, "\n")
		if (warnings == "") != (tt.warning == "") || !strings.HasPrefix(warnings, tt.warning) {
			t.Errorf("%s: warnings %q, want %q", tt.name, warnings, tt.warning)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"empty", "", "gctrace: read: no collection in 0 lines: was the process started with GODEBUG=gctrace=1?"},
		{"other", "hello\nworld\n", "gctrace: read: no collection in 2 lines"},
		{"old", "gc1(1): 1+0+90+0 us, 0 -> 0 MB, 21 (21-0) objects, 2 goroutines\n", "no collection in 1 lines"},
		{"damaged", "gc 1 @0.1s 1%: 1+2 ms clock, 1+0/0/0+1 ms cpu, 4->5->2 MB, 5 MB goal, 8 P\n", "gctrace: read: none of 1 collections is readable: line 1: damaged: 2 phases, want 3 or 5"},
		{"no P", strings.Replace(line(1, "0.1"), ", 8 P", "", 1), "line 1: damaged: no P"},
		{"mark", strings.Replace(line(1, "0.1"), "0/0/0", "0/0", 1), "damaged: 2 parts of mark"},
	}
	for _, tt := range tests {
		log, err := ParseGCTrace(strings.NewReader(tt.input))
		if err == nil || log != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v, want %q", tt.name, log, err, tt.want)
		}
	}
	broken := errors.New("broken pipe")
	if _, err := ParseGCTrace(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error of the reader: %v", err)
	}
	log, err := ParseGCTrace(io.MultiReader(strings.NewReader(line(1, "0.1")), iotest.ErrReader(broken)))
	if err != nil || len(log.Cycles) != 1 || len(log.Warnings) != 1 {
		t.Errorf("error after a line: %+v, %v", log, err)
	}
}

// Warnings are bounded however bad the log is.
func TestWarningsBounded(t *testing.T) {
	log, err := ParseGCTrace(strings.NewReader(line(1, "0.1") + strings.Repeat("gc 2 @\n", 1000)))
	if err != nil || len(log.Warnings) != maxWarnings || log.Damaged != 1000 {
		t.Errorf("%d warnings of %d, %v", len(log.Warnings), log.Damaged, err)
	}
}

// Of a log of days, the end is kept.
func TestCyclesBounded(t *testing.T) {
	var b strings.Builder
	const n = 2*maxCycles + 3
	for i := range n {
		b.WriteString(line(i+1, fmt.Sprintf("%d.0", i)))
	}
	log, err := ParseGCTrace(strings.NewReader(b.String()))
	if err != nil || len(log.Cycles) != maxCycles || log.Cycles[maxCycles-1].Number != n || log.Cycles[0].Number != n-maxCycles+1 || len(log.Warnings) != 1 {
		t.Errorf("%d cycles, warnings %v, %v", len(log.Cycles), log.Warnings, err)
	}
}

var kept [][]byte

// TestHelperCollect is the process whose log the next test reads.
func TestHelperCollect(t *testing.T) {
	if os.Getenv("GCTUNE_HELPER") == "" {
		t.Skip("runs in a process of its own")
	}
	fmt.Fprintln(os.Stderr, "not a collection")
	for i := range 4000 {
		b := make([]byte, 10<<10)
		if i%8 == 0 {
			kept = append(kept, b)
		}
	}
	// The runtime writes a cycle's line in pieces, after those who waited for the
	// cycle have gone on.
	for _, collect := range []func(){runtime.GC, debug.FreeOSMemory} {
		time.Sleep(100 * time.Millisecond)
		collect()
	}
	time.Sleep(100 * time.Millisecond)
}

func TestParseOwnRuntime(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperCollect$")
	cmd.Env = append(os.Environ(), "GCTUNE_HELPER=1", "GODEBUG=gctrace=1", "GOGC=100", "GOMEMLIMIT=off", "GOMAXPROCS=2")
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	log, err := ParseGCTrace(&out)
	if err != nil {
		t.Fatal(err)
	}
	if len(log.Warnings) != 0 || log.Damaged != 0 || log.Other == 0 || len(log.Cycles) < 3 {
		t.Fatalf("%d cycles, %d other lines, warnings %q", len(log.Cycles), log.Other, log.Warnings)
	}
	forced := 0
	for i, c := range log.Cycles {
		if c.Number != i+1 || c.Procs != 2 || c.STW <= 0 || c.Concurrent <= 0 || c.Goal <= 0 || c.HeapLive > c.HeapEnd {
			t.Errorf("cycle %d: %+v", i, c)
		}
		if c.Forced {
			forced++
		}
	}
	if last := log.Cycles[len(log.Cycles)-1]; forced != 2 || !last.Forced || last.HeapLive < 3*mib {
		t.Errorf("%d forced, last %+v", forced, last)
	}
}

// print is what the runtime prints for a cycle.
func (c Cycle) print() string {
	msec := func(d time.Duration) string { return fmt.Sprintf("%d.%06d", d/ms, d%ms) }
	s := fmt.Sprintf("gc %d @%d.%09ds %.0f%%: %s+%s+0 ms clock, 0+%s/%s/%s+0 ms cpu, %d->%d->%d MB, %d MB goal, %d MB stacks, %d MB globals, %d P",
		c.Number, c.At/time.Second, c.At%time.Second, c.CPUShare*100, msec(c.STW), msec(c.Concurrent),
		msec(c.AssistCPU), msec(c.BackCPU), msec(c.IdleCPU),
		c.HeapStart/mib, c.HeapEnd/mib, c.HeapLive/mib, c.Goal/mib, c.Stacks/mib, c.Globals/mib, c.Procs)
	if c.Forced {
		s += " (forced)"
	}
	return s
}

// Whatever is read can be printed and read again, and is in order.
func FuzzParseGCTrace(f *testing.F) {
	f.Add(line(1, "0.1") + line(2, "0.2"))
	f.Add("gc 1 @2.104s 0%: 0.018+1.3+0.076 ms clock, 0.054+0.35/1.0/3.0+0.23 ms cpu, 4->4->3 MB, 5 MB goal, 1 MB stacks, 2 MB globals, 4 P (forced)")
	f.Add("gc 100 @41.214s 2%: 0.02+19+0.09+5.6+1.1 ms clock, 0.06+19+0+0.33/4.2/0.5+3.4 ms cpu, 48->50->28 MB, 52 MB goal, 4 P\nscvg: 1\n")
	f.Add(`{"log":"gc 2 @1.5s 1% (x): 1+2+3 ms clock, 1+0/0/0+1 ms cpu, 4-\u003e5-\u003e2 MB, 5 MB goal, 8 P"}`)
	f.Fuzz(func(t *testing.T, input string) {
		log, err := ParseGCTrace(strings.NewReader(input))
		if (log == nil) == (err == nil) {
			t.Fatalf("%v, %v", log, err)
		}
		if log == nil {
			return
		}
		if log.Lines > strings.Count(input, "\n")+1 || log.Other+log.Damaged+len(log.Cycles) > log.Lines {
			t.Errorf("%+v", log)
		}
		for i, c := range log.Cycles {
			if i > 0 && (c.Number <= log.Cycles[i-1].Number || c.At < log.Cycles[i-1].At) {
				t.Errorf("cycle %d is out of order", i)
			}
			// Longer times are beyond what a float64 of milliseconds holds to the
			// nanosecond.
			if max(c.At, c.STW, c.Concurrent, c.AssistCPU, c.BackCPU, c.IdleCPU) < time.Hour {
				checkAgain(t, c)
			}
		}
	})
}

func checkAgain(t *testing.T, c Cycle) {
	t.Helper()
	again, err := ParseGCTrace(strings.NewReader(c.print()))
	if err != nil {
		t.Fatalf("%s: %v", c.print(), err)
	}
	if diff := cmp.Diff(c, again.Cycles[0]); diff != "" {
		t.Errorf("read again: %s", diff)
	}
}
