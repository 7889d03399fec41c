package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
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

// shopFile is a profile in a directory, and the program beside it.
func shopFile(t *testing.T) (dir string) {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getuid() == 0 {
			t.Fatal("no tmux: make setup installs it")
		}
		t.Skip("no tmux: the terminal UI is not tested in a real terminal (make setup installs it, as root)")
	}
	dir = t.TempDir()
	enc, err := folded.Encode(`
main.main:12;example.com/shop/price.Quote:14;regexp.MustCompile:9;regexp.compile:4 70
main.main:12;example.com/shop/price.Quote:15;encoding/json.Marshal:4 10
runtime.gcBgMarkWorker:3 20
`, "cpu", time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cpu.pb.gz"), enc.Data, 0o644); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "goperf")); err != nil { // testscript.Main goes by the name
		t.Fatal(err)
	}
	return dir
}

// The terminal UI in a real terminal, from the first frame to what the shell gets
// back.
func TestTUIInTmux(t *testing.T) {
	dir := shopFile(t)
	t.Parallel()
	s := tmuxServer{t, fmt.Sprintf("goperf-test-%d", os.Getpid())}
	s.run("new-session", "-d", "-s", "goperf", "-x", "100", "-y", "30", "cd "+dir+"; ./goperf tui cpu.pb.gz; echo the end: $?; exec sleep 120")
	defer s.run("kill-server")

	s.await(`1 Overview`)
	s.keys("2")
	s.await(`regexp\.compile +70%`)
	s.keys("/")
	s.keys("-l", "json|quote")
	s.await(`2 functions, 800ms, 80% of all`)
	s.keys("Enter", "n")
	s.await(`match \d of 2`)
	s.keys("c")
	s.await(`1 caller: who spends it`)
	s.run("resize-window", "-t", "goperf", "-x", "40", "-y", "10")
	s.await(`needs 60x16, this is 40x10`)
	s.run("resize-window", "-t", "goperf", "-x", "120", "-y", "36")
	s.await(`2 callees: where it goes`)
	s.keys("e")
	s.await(`write to goperf\.txt`)
	s.keys("Up", "Up") // in the menu of forms
	s.await(`write to goperf\.html`)
	s.keys("Up")
	s.await(`write to goperf\.svg`)
	s.keys("Enter")
	s.await(`wrote goperf\.svg`)
	if svg, err := os.ReadFile(filepath.Join(dir, "goperf.svg")); err != nil || !strings.HasPrefix(string(svg), "<svg") {
		t.Errorf("the picture: %v", err)
	}
	s.keys("q")
	s.await(`the end: 0`)
}

// A signal to end leaves the terminal as it was, and the status that shells have
// for it; ^Z gives the terminal back and fg takes it again.
func TestTUIAndSignals(t *testing.T) {
	dir := shopFile(t)
	t.Parallel()
	s := tmuxServer{t, fmt.Sprintf("goperf-signals-%d", os.Getpid())}
	s.run("new-session", "-d", "-s", "goperf", "-x", "100", "-y", "30", "cd "+dir+"; PS1='ready> ' exec sh -i")
	defer s.run("kill-server")
	s.await(`ready>`)
	s.keys("stty -g > before", "Enter")
	for _, c := range []struct {
		signal syscall.Signal
		status int
	}{{syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}, {syscall.SIGINT, 130}} {
		s.keys("clear; sh -c 'echo $$ > pid; exec ./goperf tui cpu.pb.gz'", "Enter")
		s.await(`1 Overview`)
		s.keys("C-z")
		s.await(`Stopped`)
		s.keys("fg", "Enter")
		s.await(`1 Overview`)
		s.keys("2")
		s.await(`regexp\.compile +70%`)
		text, err := os.ReadFile(filepath.Join(dir, "pid"))
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		p, err := os.FindProcess(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Signal(c.signal); err != nil {
			t.Fatal(err)
		}
		s.await(`(?s)fg.*ready>\s*$`)
		s.keys("echo status: $?; stty -g | cmp - before && echo as it was", "Enter")
		s.await(fmt.Sprintf(`(?m)^status: %d\nas it was`, c.status))
	}
}

// A pipe that nobody reads takes no picture: the second q ends the program all the
// same, and it says what is not there.
func TestTUIWritesToStuckPipe(t *testing.T) {
	dir := shopFile(t)
	t.Parallel()
	s := tmuxServer{t, fmt.Sprintf("goperf-stuck-%d", os.Getpid())}
	s.run("new-session", "-d", "-s", "goperf", "-x", "100", "-y", "30", "cd "+dir+"; mkfifo goperf.svg; ./goperf tui cpu.pb.gz; echo the end: $?; exec sleep 120")
	defer s.run("kill-server")
	s.await(`1 Overview`)
	s.keys("2")
	s.await(`regexp\.compile +70%`)
	s.keys("e")
	s.await(`write to goperf\.svg`)
	s.keys("Enter")
	s.await(`writing goperf\.svg`)
	s.keys("q")
	s.await(`quits when the file is written`)
	s.keys("q")
	s.await(`(?s)goperf\.svg: write: not finished.*the end: 2`)
}
