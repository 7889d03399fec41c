package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/internal/folded"
)

// tmuxServer is a terminal of its own, with nobody's configuration.
type tmuxServer struct {
	t    *testing.T
	name string
}

func (s tmuxServer) run(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-L", s.name, "-f", os.DevNull}, args...)...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "NO_COLOR=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// await waits until the screen holds text, and returns it.
func (s tmuxServer) await(want string) string {
	s.t.Helper()
	re := regexp.MustCompile(want)
	var screen string
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if screen = s.run("capture-pane", "-p", "-t", "goperf"); re.MatchString(screen) {
			return screen
		}
	}
	s.t.Fatalf("the screen does not come to show %q:\n%s", want, screen)
	return ""
}

func (s tmuxServer) keys(keys ...string) {
	s.t.Helper()
	s.run(append([]string{"send-keys", "-t", "goperf"}, keys...)...)
}

// The terminal UI in a real terminal, from the first frame to what the shell gets
// back.
func TestTUIInTmux(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getuid() == 0 {
			t.Fatal("no tmux: make setup installs it")
		}
		t.Skip("no tmux: the terminal UI is not tested in a real terminal (make setup installs it, as root)")
	}
	t.Parallel()
	dir := t.TempDir()
	enc, err := folded.Encode(`
main.main:12;example.com/shop/price.Quote:14;regexp.MustCompile:9;regexp.compile:4 70
main.main:12;example.com/shop/price.Quote:15;encoding/json.Marshal:4 10
runtime.gcBgMarkWorker:3 20
`, "cpu", time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC), 0)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "cpu.pb.gz")
	if err := os.WriteFile(file, enc.Data, 0o644); err != nil {
		t.Fatal(err)
	}
	goperf := filepath.Join(dir, "goperf")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, goperf); err != nil { // testscript.Main goes by the name
		t.Fatal(err)
	}
	s := tmuxServer{t, fmt.Sprintf("goperf-test-%d", os.Getpid())}
	s.run("new-session", "-d", "-s", "goperf", "-x", "100", "-y", "30", "cd "+dir+"; "+goperf+" tui cpu.pb.gz; echo the end: $?; exec sleep 120")
	defer s.run("kill-server")

	s.await(`1 Overview`)
	s.keys("2")
	s.await(`regexp\.compile +70%`)
	s.keys("/")
	s.keys("-l", "json|quote")
	s.await(`2 functions, 800ms, 80% of all`)
	s.keys("Enter", "n")
	s.await(`match 1 of 1`)
	s.keys("c")
	s.await(`callers: who spends it: 1`)
	s.run("resize-window", "-t", "goperf", "-x", "40", "-y", "10")
	s.await(`needs 60x16, this is 40x10`)
	s.run("resize-window", "-t", "goperf", "-x", "120", "-y", "36")
	s.await(`callees: where it goes: 2`)
	s.keys("e")
	s.await(`write to goperf\.svg`)
	s.keys("Enter")
	s.await(`wrote goperf\.svg`)
	if svg, err := os.ReadFile(filepath.Join(dir, "goperf.svg")); err != nil || !strings.HasPrefix(string(svg), "<svg") {
		t.Errorf("the picture: %v", err)
	}
	s.keys("q")
	s.await(`the end: 0`)
}
