package probetest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Build compiles a package of this module, without symbol table and debug
// information when the flags say so, and returns the executable. Where there is
// no compiler (.ci/kernels) it lies in "programs" beside the test.
func Build(t testing.TB, pkg string, flags ...string) string {
	t.Helper()
	if self, err := os.Executable(); err == nil {
		built := filepath.Join(filepath.Dir(self), "programs", filepath.Base(pkg))
		if _, err := os.Stat(built); err == nil {
			return built
		}
	}
	exe := filepath.Join(t.TempDir(), filepath.Base(pkg))
	args := append(append([]string{"build", "-o", exe}, flags...), "github.com/goperf/goperf/"+pkg)
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return exe
}

// Program is a process that does what it is told line by line.
type Program struct {
	PID int
	t   testing.TB
	in  io.WriteCloser
	out *bufio.Scanner
}

// Run starts a program and waits for its first line. It ends with the test.
func Run(t testing.TB, exe string, args ...string) *Program {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), exe, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	p := &Program{PID: cmd.Process.Pid, t: t, in: in, out: bufio.NewScanner(out)}
	p.line()
	return p
}

// Tell sends a line.
func (p *Program) Tell(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// Truth reads the line with which the program says what it did.
func (p *Program) Truth(into any) {
	p.t.Helper()
	line := p.line()
	if err := json.Unmarshal([]byte(line), into); err != nil {
		p.t.Fatalf("%q: %v", line, err)
	}
}

func (p *Program) line() string {
	p.t.Helper()
	if !p.out.Scan() {
		p.t.Fatalf("the program ended: %v", p.out.Err())
	}
	return p.out.Text()
}
