package source

import (
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
)

// What is looked at after a collection is the process and the page that counts
// its goroutines, until it is gone.
func TestWatch(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	server := httptest.NewServer(mux)
	defer server.Close()
	src, err := Parse(server.URL, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	c := &evidence.Capture{}
	if runtime.GOOS == "linux" {
		c.Target.PID = os.Getpid()
	}
	w := NewWatch(src, c, Plan{})
	defer w.Close()
	for range 2 {
		u, err := w.Look(t.Context())
		if err != nil || u.Goroutines < 2 || u.At.IsZero() {
			t.Fatalf("%+v, %v", u, err)
		}
		if local := u.RSS > 1<<20 && u.Threads > 1 && u.FDs > 2; local != (runtime.GOOS == "linux") {
			t.Errorf("%+v", u)
		}
	}
	if runtime.GOOS == "linux" {
		started := w.started
		w.started = started.Add(-time.Hour)
		if _, err := w.Look(t.Context()); err == nil || !strings.Contains(err.Error(), "another one answers now") {
			t.Errorf("of a service that was started anew: %v", err)
		}
		w.started = started
	}
	if n := len(w.session.client.requests()); n > 1 {
		t.Errorf("%d requests are remembered: a log that grows for as long as somebody looks on", n)
	}
	server.Close()
	if _, err := w.Look(t.Context()); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("of a server that is gone: %v", err)
	}
}

// A process that ended is told, also when another one has its number.
func TestWatchEnded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processes are looked at on Linux only")
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := NewWatch(pidSource{pid: cmd.Process.Pid, deps: Deps{}.filled()}, &evidence.Capture{Target: evidence.Target{PID: cmd.Process.Pid}}, Plan{})
	if u, err := w.Look(t.Context()); err != nil || u.Threads != 1 {
		t.Fatalf("%+v, %v", u, err)
	}
	_ = cmd.Process.Kill()
	ended := func() bool { // as seen while nobody has waited for it: a zombie
		_, err := w.Look(t.Context())
		return err != nil
	}
	for range 10_000 {
		if ended() {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if !ended() {
		t.Error("a zombie passes for a process that lives")
	}
	_ = cmd.Wait()
	if _, err := w.Look(t.Context()); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("of a process that is gone: %v", err)
	}
	w.local.pid, w.started = os.Getpid(), w.started.Add(-time.Hour)
	if _, err := w.Look(t.Context()); err == nil {
		t.Error("another process under the number passes for the one that was looked at")
	}
}

// A window has the use of the process once a second.
func TestUseInWindow(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processes are looked at on Linux only")
	}
	s := &session{local: &process{pid: os.Getpid(), proc: "/proc", now: time.Now}, counts: map[evidence.Kind]int{}}
	stop := s.lookOn()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		s.mu.Lock()
		n := len(s.local.uses)
		s.mu.Unlock()
		if n > 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("one look in a minute")
		}
	}
	stop()
	if Holds(&s.capture) {
		t.Error("the use of a process passes for evidence from which something follows")
	}
	uses := evidence.Decode(&s.capture).Usage()
	if len(uses) < 2 || uses[1].RSS < 1<<20 || uses[1].FDs < 3 || uses[1].CPU < uses[0].CPU || !uses[1].At.After(uses[0].At) {
		t.Errorf("%+v", uses)
	}
}
