package cmd

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strconv"
	"testing"

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

// A process without an endpoint is diagnosed from its memory, and a saved
// bundle of it gives the same findings.
func TestAnalyzeWithoutEndpoint(t *testing.T) {
	target := exec.Command(goprog.Compile(t, sickInSilence, goprog.Build{Strip: true}))
	out, err := target.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	defer target.Wait()
	defer target.Process.Kill()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the program said %q: %v", line, err)
	}
	bundle := t.TempDir() + "/silent.goperf"
	live := findingsOf(t, "analyze", "pid:"+strconv.Itoa(target.Process.Pid), "--duration", "1s", "-f", "json", "--save", bundle)
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
	var stdout, stderr bytes.Buffer
	if status := Main(t.Context(), testEnv(&stdout, &stderr), args); status != 0 {
		t.Fatalf("goperf %q: status %d: %s", args, status, stderr.String())
	}
	r, err := report.Decode(stdout.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.Rule+" "+f.Where[0].Function)
	}
	return all
}
