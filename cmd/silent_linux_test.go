package cmd

import (
	"bytes"
	"slices"
	"strconv"
	"testing"

	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/internal/goprog"
	"github.com/goperf/goperf/report"
)

// sickInSilence is a program without an endpoint whose goroutines accumulate
// and of which eight wait for one lock.
const sickInSilence = `package main

import (
	"fmt"
	"sync"
	"time"
)

type store struct{ mu sync.Mutex }

func (s *store) update() { s.mu.Lock(); defer s.mu.Unlock() }

func wait(ch chan int) { <-ch }

func main() {
	var s store
	s.mu.Lock()
	for i := 0; i < 8; i++ {
		go s.update()
	}
	time.Sleep(50 * time.Millisecond)
	fmt.Println("ready")
	ch := make(chan int)
	for range time.Tick(10 * time.Millisecond) {
		for i := 0; i < 4; i++ {
			go wait(ch)
		}
	}
}
`

// startSick runs it and gives its number.
func startSick(t *testing.T) int {
	t.Helper()
	return probetest.Run(t, goprog.Compile(t, sickInSilence, goprog.Build{Strip: true})).PID
}

// A process without an endpoint is diagnosed from its memory, and a saved
// bundle of it gives the same findings.
func TestAnalyzeWithoutEndpoint(t *testing.T) {
	pid := "pid:" + strconv.Itoa(startSick(t))
	bundle := t.TempDir() + "/silent.goperf"
	live := findingsOf(t, "analyze", pid, "--duration", "1s", "-f", "json", "--save", bundle)
	for _, want := range []string{"goroutine-leak main.wait", "lock-contention main.(*store).update"} {
		if !slices.Contains(live, want) {
			t.Errorf("no finding %q in %q", want, live)
		}
	}
	if saved := findingsOf(t, "analyze", bundle, "-f", "json"); !slices.Equal(saved, live) {
		t.Errorf("of the bundle %q, live %q", saved, live)
	}
}

// findingsOf runs goperf and gives rule and culprit of each finding.
func findingsOf(t *testing.T, args ...string) []string {
	t.Helper()
	r, err := report.Decode(outputOf(t, args...))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range r.Findings {
		what := f.Rule
		for _, at := range f.Where[:min(len(f.Where), 1)] { // what the machine does to a process is nowhere in it
			what += " " + at.Function
		}
		all = append(all, what)
	}
	return all
}

// outputOf runs goperf and gives what it prints.
func outputOf(t *testing.T, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := Main(t.Context(), testEnv(&stdout, &stderr), args); status != 0 {
		t.Fatalf("goperf %q: status %d: %s", args, status, stderr.String())
	}
	return stdout.Bytes()
}

// The goroutines of a process are printed in every form.
func TestProbeGoroutines(t *testing.T) {
	pid := "pid:" + strconv.Itoa(startSick(t))
	for format, want := range map[string]string{
		"text":     "\n8  sync.Mutex.Lock, started in main.main (",
		"full":     "[sync.Mutex.Lock]:\n",
		"markdown": "| 8 | &lt; 1 min? | sync.Mutex.Lock | main.(\\*store).update |",
	} {
		if out := outputOf(t, "probe", "goroutines", pid, "-f", format); !bytes.Contains(out, []byte(want)) {
			t.Errorf("-f %s: no %q in\n%s", format, want, out)
		}
	}
	r, err := report.Decode(outputOf(t, "probe", "goroutines", pid, "-f", "json"))
	if err != nil || !r.Unjudged || len(r.Exhibits) != 1 {
		t.Errorf("-f json: %+v, %v", r, err)
	}
	file := t.TempDir() + "/goroutines.pb.gz"
	outputOf(t, "probe", "goroutines", pid, "-o", file)
	if top := outputOf(t, "top", file, "--cum", "--tagfocus", "state=sync.Mutex.Lock"); !bytes.Contains(top, []byte("main.(*store).update")) {
		t.Errorf("top of the profile:\n%s", top)
	}
}

// The wall probe needs no kernel's help.
func TestProbeWall(t *testing.T) {
	pid := "pid:" + strconv.Itoa(startSick(t))
	r, err := report.Decode(outputOf(t, "probe", "wall", pid, "--duration", "500ms", "-f", "json"))
	if err != nil || !r.Unjudged {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, e := range r.Exhibits {
		if e.ID == "wall-goroutine-time-by-state" {
			return
		}
	}
	t.Errorf("no time by state in %+v", r.Exhibits)
}
