package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/advise"
	"github.com/goperf/goperf/gctune/handler"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/source"
)

// service is internal/gcload with a small heap and many collections.
type service struct {
	binary, address string
	pid             int
	stop            func()
}

func (s *service) start(t *testing.T, gogc string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	listen := "127.0.0.1:0"
	if s.address != "" {
		listen = s.address
	}
	c := exec.CommandContext(ctx, s.binary, append([]string{"-load", "steady", "-live", "0.06", "-listen", listen}, args...)...)
	c.Env = append(os.Environ(), "GOGC="+gogc, "GOMEMLIMIT=off")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = c.Process.Pid
	line := make([]byte, 100)
	n, _ := out.Read(line)
	s.address = strings.TrimSpace(strings.TrimPrefix(string(line[:n]), "listening on "))
	s.stop = sync.OnceFunc(func() {
		cancel()
		_ = c.Wait()
	})
	t.Cleanup(s.stop)
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{binary: filepath.Join(t.TempDir(), "gcload")}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", s.binary, "../internal/gcload").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return s
}

// state is what the service says of its setting.
func (s *service) state(t *testing.T) handler.State {
	t.Helper()
	response, err := http.Get("http://" + s.address + "/debug/gctune")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var state handler.State
	if err := json.NewDecoder(response.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

// studied is a study of a log: what is verified needs not be what was observed.
func studied(t *testing.T, wants gcWants) (*evidence.Set, *advise.Study) {
	t.Helper()
	var log strings.Builder
	for i := 1; i <= 40; i++ {
		fmt.Fprintf(&log, "gc %d @%.3fs 4%%: 0.03+4+0.02 ms clock, 0.06+1.0/3/2+0.04 ms cpu, 23->24->12 MB, 24 MB goal, 0 MB stacks, 0 MB globals, 2 P\n", i, 0.3*float64(i))
	}
	name := filepath.Join(t.TempDir(), "gc.log")
	if err := os.WriteFile(name, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	capture, err := source.Files([]string{name}, source.Deps{}).Collect(t.Context(), source.Plan{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	set := evidence.Decode(capture)
	study, err := makeStudy(set, wants, gcOthers{})
	if err != nil || !study.Advice.Advised {
		t.Fatalf("%v, %+v", err, study)
	}
	return set, study
}

// watcher is standard error, and calls somebody when a word passes.
type watcher struct {
	mu    sync.Mutex
	text  strings.Builder
	calls map[string]func()
}

func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	for word, call := range w.calls {
		if strings.Contains(w.text.String(), word) {
			delete(w.calls, word)
			go call()
		}
	}
	return len(p), nil
}

func (w *watcher) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// verified runs the second half of goperf gc --verify.
func verified(t *testing.T, env Env, target string) (table string, err error) {
	t.Helper()
	opts := gcOptions{target: &targetOptions{duration: 3 * time.Second, goroutines: "never", gc: "never", collector: true}, settle: 500 * time.Millisecond}
	wants := gcWants{terms: pacer.Terms{Container: 512 * pacer.MiB, Policy: pacer.Balanced, Price: 0.13, Load: 1, Burst: 1}}
	set, study := studied(t, wants)
	targets := []string{target}
	v, err := opts.verification(t.Context(), env, targets)
	if err != nil {
		t.Fatal(err)
	}
	defer v.trial.Close()
	r, _, err := opts.verifyOn(t.Context(), env, targets, wants, set, study, v)
	if r == nil {
		return "", err
	}
	return r.Exhibits[0].ID + ": " + r.Exhibits[0].Title, err
}

func TestVerifyTries(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.start(t, "100")
	stderr := &watcher{}
	table, err := verified(t, testEnv(io.Discard, stderr), s.address)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(table, "compare: Predicted from GOGC=100 GOMEMLIMIT=off, actual at GOGC=") || !strings.Contains(table, "MiB") {
		t.Error(table)
	}
	if text := stderr.String(); !strings.Contains(text, "is tried on the service, for 3.5s\n") || !strings.Contains(text, "has its own setting again\n") {
		t.Error(text)
	}
	if now := s.state(t); now.Setting.GOGC != 100 || now.Trial != nil || now.Setting.MemoryLimit != nil {
		t.Errorf("left: %+v", now)
	}
}

// TestVerifyInterrupted takes the setting back when the user has enough.
func TestVerifyInterrupted(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.start(t, "100")
	interrupt := make(chan struct{})
	stderr := &watcher{calls: map[string]func(){"is tried": func() { close(interrupt) }}}
	env := testEnv(io.Discard, stderr)
	env.Interruptible = func(parent context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(parent)
		go func() {
			select {
			case <-interrupt:
				cancel()
			case <-ctx.Done():
			}
		}()
		return ctx, cancel
	}
	if _, err := verified(t, env, s.address); err == nil || !strings.Contains(err.Error(), "interrupted before the setting was observed") {
		t.Errorf("%v", err)
	}
	if now := s.state(t); now.Setting.GOGC != 100 || now.Trial != nil {
		t.Errorf("left: %+v", now)
	}
}

// TestVerifyRestart waits for another process at the same address.
func TestVerifyRestart(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.start(t, "100", "-handler=false")
	stderr := &watcher{calls: map[string]func(){"waiting for it": func() {
		time.Sleep(3 * time.Second) // so that more has been allocated than at a start, however it is seen
		s.stop()
		s.start(t, "200", "-handler=false")
	}}}
	table, err := verified(t, testEnv(io.Discard, stderr), s.address)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table, "actual at GOGC=200 GOMEMLIMIT=off") || !strings.Contains(stderr.String(), "it has been restarted; 500ms to settle\n") {
		t.Errorf("%s\n%s", table, stderr.String())
	}
}

// TestVerifyFollows knows a process again by its program and arguments, at another port.
func TestVerifyFollows(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("processes are looked at on Linux only")
	}
	s := newService(t)
	s.start(t, "100", "-handler=false")
	first := s.pid
	stderr := &watcher{calls: map[string]func(){"waiting for it": func() {
		s.stop()
		s.address = ""
		s.start(t, "250", "-handler=false")
	}}}
	table, err := verified(t, testEnv(io.Discard, stderr), fmt.Sprint("pid:", first))
	if err != nil {
		t.Fatal(err)
	}
	how := fmt.Sprintf("process %d runs gcload with the same arguments as process %d; its environment has GOGC=250 GOMEMLIMIT=off, not GOGC=", s.pid, first)
	if !strings.Contains(table, "actual at GOGC=250 GOMEMLIMIT=off") || !strings.Contains(stderr.String(), how) {
		t.Errorf("%s\n%s\nwant %s", table, stderr.String(), how)
	}
}

func TestVerifyNeedsService(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "gc.log")
	if err := os.WriteFile(name, []byte("gc 1 @1.000s 4%: 0.03+40+0.02 ms clock, 0.06+1.0/38/20+0.04 ms cpu, 188->191->100 MB, 201 MB goal, 0 MB stacks, 0 MB globals, 2 P\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	if status := Main(t.Context(), testEnv(io.Discard, &stderr), []string{"gc", name, "--verify"}); status != statusUsage || !strings.Contains(stderr.String(), "on a running service only\nhint: give its URL, or its process as pid:N") {
		t.Errorf("%d %s", status, stderr.String())
	}
}
