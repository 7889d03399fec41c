package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/gctune/handler"
	"github.com/goperf/goperf/internal/memgroup"
)

const (
	mib  = 1 << 20
	full = 145e6 // live heap of the load plateau when it has grown, less some
)

// jailed is gcload in a memory control group.
type jailed struct {
	url   string
	ended chan struct{}
	group *memgroup.Group
}

func jail(t *testing.T, binary string, limit int64, env []string, args ...string) *jailed {
	t.Helper()
	group, err := memgroup.New(limit)
	if errors.Is(err, memgroup.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	j := &jailed{ended: make(chan struct{}), group: group}
	words := append(append(group.Wrap(), binary, "-load", "plateau"), args...)
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Env = append(os.Environ(), env...)
	c.Stderr = t.Output()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	n, _ := out.Read(line)
	j.url = "http://" + strings.TrimSpace(strings.TrimPrefix(string(line[:n]), "listening on "))
	go func() {
		_ = c.Wait()
		close(j.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-j.ended
		if err := group.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// state is what the process says of itself; false when it has ended.
func (j *jailed) state(t *testing.T) (handler.State, bool) {
	t.Helper()
	var s handler.State
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		select {
		case <-j.ended:
			return s, false
		default:
		}
		response, err := http.Get(j.url + "/debug/gctune")
		if err != nil {
			continue
		}
		err = json.NewDecoder(response.Body).Decode(&s)
		response.Body.Close()
		if err == nil {
			return s, true
		}
	}
	t.Fatal("neither ended nor answers")
	return s, false
}

// until waits for a state; false when the process has ended before.
func (j *jailed) until(t *testing.T, what string, reached func(handler.State) bool) (handler.State, bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		s, alive := j.state(t)
		if !alive || reached(s) {
			return s, alive
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: it does not come to that: %s", what, asJSON(s))
		}
	}
}

// grown waits until the live heap has grown and some more cycles have passed.
func (j *jailed) grown(t *testing.T) (handler.State, bool) {
	t.Helper()
	var since uint64
	return j.until(t, "grown", func(s handler.State) bool {
		if since == 0 && s.Heap.Live > full {
			since = s.Heap.Cycles
		}
		return since > 0 && s.Heap.Cycles >= since+4
	})
}

func asJSON(s handler.State) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// TestGuardInContainer is what the guard is for: a service whose live heap grows
// is killed by its container, or collects all the time, and neither with a guard.
func TestGuardInContainer(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "gcload")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		j := jail(t, binary, 270*mib, []string{"GOGC=100", "GOMEMLIMIT=off"})
		if s, alive := j.grown(t); alive {
			t.Errorf("it lives, with a heap goal of %d: the case is not one", s.Heap.Goal)
		}
		if n, err := j.group.Killed(); n != 1 || err != nil {
			t.Errorf("%d killed, %v", n, err)
		}
	})
	t.Run("alive", func(t *testing.T) {
		t.Parallel()
		j := jail(t, binary, 270*mib, []string{"GOGC=100", "GOMEMLIMIT=off"}, "-guard")
		_, alive := j.grown(t)
		if n, err := j.group.Killed(); !alive || n != 0 || err != nil {
			t.Fatalf("alive %v, %d killed, %v", alive, n, err)
		}
		j.until(t, "a limit with room", func(s handler.State) bool { return s.Setting.MemoryLimit != nil && *s.EffectiveGOGC >= 25 })
	})
	thrash := []string{"GOGC=off", "GOMEMLIMIT=155MiB"}
	t.Run("thrashing", func(t *testing.T) {
		t.Parallel()
		if s, alive := jail(t, binary, 500*mib, thrash).grown(t); !alive || *s.EffectiveGOGC > 10 {
			t.Errorf("alive %v: the case is not one: %s", alive, asJSON(s))
		}
	})
	t.Run("raised", func(t *testing.T) {
		t.Parallel()
		j := jail(t, binary, 500*mib, thrash, "-guard")
		if _, alive := j.grown(t); !alive {
			t.Fatal("it has ended")
		}
		j.until(t, "a limit with room", func(s handler.State) bool { return *s.Setting.MemoryLimit > 180*mib && *s.EffectiveGOGC >= 25 })
	})
}
