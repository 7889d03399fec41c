package source

import (
	_ "embed"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/internal/goprog"
)

//go:embed testdata/voiceless.go.txt
var voiceless string

// startSilent runs a program that serves nothing and gives its number.
func startSilent(t *testing.T, args ...string) int {
	t.Helper()
	return probetest.Run(t, goprog.Compile(t, voiceless, goprog.Build{Strip: true}), args...).PID
}

// A process that serves nothing is known by its memory: several profiles and
// texts of its goroutines, its build and its limits; the rest are gaps.
func TestCollectFromMemory(t *testing.T) {
	pid := startSilent(t)
	src, err := Parse("pid:"+strconv.Itoa(pid), Deps{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := src.Collect(t.Context(), Plan{Duration: time.Second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	set := evidence.Decode(c)
	if n := len(set.Profiles[evidence.Goroutine]); n != looks {
		t.Fatalf("%d goroutine profiles, not %d: %+v", n, looks, c.Gaps)
	}
	first, last := set.Profiles[evidence.Goroutine][0], set.Profiles[evidence.Goroutine][looks-1]
	if first.Total(0) < 10 || last.Total(0) <= first.Total(0) {
		t.Errorf("%d goroutines, then %d, of a program that leaks them", first.Total(0), last.Total(0))
	}
	if len(set.Goroutines) != 2 || set.Build.GoVersion == "" || set.Host.Threads == 0 {
		t.Errorf("%d texts, built by %q, %d threads", len(set.Goroutines), set.Build.GoVersion, set.Host.Threads)
	}
	states := map[string]int{}
	for _, g := range set.Goroutines[0].Goroutines {
		states[g.State]++
		if g.State == "sync.Mutex.Lock" && (len(g.Frames) == 0 || g.CreatedBy.Function != "main.main") {
			t.Errorf("a goroutine without frames or creator: %+v", g)
		}
	}
	if states["sync.Mutex.Lock"] != 8 || states["chan receive"] == 0 {
		t.Errorf("states %v", states)
	}
	var missing []string
	for _, g := range c.Gaps {
		missing = append(missing, string(g.Want))
		if !strings.Contains(g.Why, "listens on no TCP port") {
			t.Errorf("gap %+v", g)
		}
	}
	if got := strings.Join(missing, " "); got != "cpu heap mutex block trace" {
		t.Errorf("gaps: %s", got)
	}
	if len(c.Asked) != looks || !strings.Contains(c.Asked[0].What, "process_vm_readv") {
		t.Errorf("asked: %+v", c.Asked)
	}
}

// What is no Go process is said in one line, with both reasons.
func TestCollectFromMemoryOfOthers(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	src, err := Parse("pid:"+strconv.Itoa(cmd.Process.Pid), Deps{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = src.Collect(t.Context(), Plan{Duration: time.Second}, nil)
	if err == nil || !strings.Contains(err.Error(), "listens on no TCP port") || !strings.Contains(err.Error(), "not a Go executable") || hint(err) == "" {
		t.Errorf("Collect: %v (hint %q)", err, hint(err))
	}
}
