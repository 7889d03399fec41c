package goproc_test

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/internal/goprog"
)

//go:embed testdata/crowd.go.txt
var crowd string

// toolchains are those that are tested in every run, besides the one that runs
// the test; GOPERF_TOOLCHAINS names more (make test-toolchains).
func toolchains() []string {
	return append([]string{"", "go1.22.12", "go1.24.9"}, strings.Fields(os.Getenv("GOPERF_TOOLCHAINS"))...)
}

// target is a running program that can be asked what its runtime knows.
type target struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(t testing.TB, exe string, args ...string) *target {
	t.Helper()
	return run(t, exec.Command(exe, args...))
}

// run starts a program that says when it is ready.
func run(t testing.TB, cmd *exec.Cmd) *target {
	t.Helper()
	p := &target{cmd: cmd}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = os.Stderr
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	if line, err := p.out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the program said %q: %v", line, err)
	}
	return p
}

// dump is what the program's own runtime says.
func (p *target) dump(t *testing.T) []told {
	t.Helper()
	fmt.Fprintln(p.in, "dump")
	var text strings.Builder
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == "END\n" {
			return parse(text.String())
		}
		text.WriteString(line)
	}
}

// told is a goroutine of a debug=2 page.
type told struct {
	id, parent uint64
	state      string
	calls      []string // "main.f:12", without those of the runtime
	creator    string
}

var header = regexp.MustCompile(`^goroutine (\d+) \[([^],]*)[^]]*\]:`)

func parse(page string) []told {
	var all []told
	for block := range strings.SplitSeq(page, "\n\n") {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		m := header.FindStringSubmatch(lines[0])
		if m == nil {
			continue
		}
		g := told{state: m[2]}
		g.id, _ = strconv.ParseUint(m[1], 10, 64)
		for i := 1; i+1 < len(lines); i += 2 {
			if strings.HasPrefix(lines[i], "...") {
				i--
				continue
			}
			name, _, _ := strings.Cut(lines[i+1], " +")
			line := name[strings.LastIndexByte(name, ':')+1:]
			if by, ok := strings.CutPrefix(lines[i], "created by "); ok {
				by, in, _ := strings.Cut(by, " in goroutine ")
				g.creator = by + ":" + line
				g.parent, _ = strconv.ParseUint(in, 10, 64)
				continue
			}
			fn := lines[i][:strings.LastIndexByte(lines[i], '(')]
			if !strings.HasPrefix(fn, "runtime.") {
				g.calls = append(g.calls, fn+":"+line)
			}
		}
		all = append(all, g)
	}
	return all
}

// seen is the same of a goroutine that goperf read.
func seen(p *goproc.Process, g *goproc.Goroutine) told {
	s := told{id: g.ID, parent: g.Parent, state: g.State()}
	for _, pc := range g.Stack {
		for _, f := range p.CallFrames(pc) {
			if !strings.HasPrefix(f.Func, "runtime.") {
				s.calls = append(s.calls, f.Func+":"+strconv.Itoa(f.Line))
			}
		}
	}
	if fs := p.CallFrames(g.Creator); len(fs) > 0 {
		last := fs[len(fs)-1]
		s.creator = last.Func + ":" + strconv.Itoa(fs[0].Line)
	}
	return s
}

func TestDumpSaysWhatTheRuntimeSays(t *testing.T) {
	linuxOnly(t)
	for _, toolchain := range toolchains() {
		for _, b := range goprog.Shapes(toolchain) {
			if toolchain != "" && (b.External && !b.PIE || !b.Strip) {
				continue
			}
			t.Run(b.Name(), func(t *testing.T) {
				t.Parallel()
				target := start(t, goprog.Compile(t, crowd, b))
				p, err := goproc.Open(target.cmd.Process.Pid)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				for range 2 { // the second time with what is remembered
					d, err := p.Dump(true)
					if err != nil {
						t.Fatal(err)
					}
					compare(t, p, d, target.dump(t))
				}
			})
		}
	}
}

func linuxOnly(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: only Linux lets processes be read")
	}
}

func compare(t *testing.T, p *goproc.Process, d *goproc.Dump, want []told) {
	t.Helper()
	got := map[uint64]*goproc.Goroutine{}
	users := 0
	for i := range d.Goroutines {
		g := &d.Goroutines[i]
		got[g.ID] = g
		if !g.System {
			users++
		}
	}
	if users != len(want) || len(want) < 18 {
		t.Errorf("%d goroutines that are not the runtime's, it lists %d", users, len(want))
	}
	if d.Torn > 0 || d.Unreadable > 0 {
		t.Errorf("%d torn, %d unreadable of goroutines that do nothing", d.Torn, d.Unreadable)
	}
	labelled := 0
	for _, w := range want {
		g := got[w.id]
		if g == nil {
			t.Errorf("goroutine %d is missing", w.id)
			continue
		}
		if w.id == 1 {
			continue // it writes the page
		}
		s := seen(p, g)
		if len(w.calls) >= 90 { // the page leaves out what is in the middle
			w.calls, s.calls = w.calls[:40], s.calls[:40]
		}
		if s.state != w.state || !slices.Equal(s.calls, w.calls) || s.creator != w.creator || w.parent != 0 && s.parent != w.parent {
			t.Errorf("goroutine %d: %+v, the runtime says %+v", w.id, s, w)
		}
		for _, l := range g.Labels {
			if l.Key == "path" && l.Value == "/receive" && len(g.Labels) == 2 && g.Labels[1].Key == "tenant" {
				labelled++
			}
		}
	}
	if labelled != 3 {
		t.Errorf("%d goroutines with the labels of three", labelled)
	}
}

func TestDumpOfRunning(t *testing.T) {
	linuxOnly(t)
	target := start(t, goprog.Compile(t, crowd, goprog.Build{Strip: true}), "1", "spin")
	p, err := goproc.Open(target.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	d, err := p.Dump(false)
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Goroutines {
		g := &d.Goroutines[i]
		if f := p.Frames(g.Start); len(f) == 0 || f[0].Func != "main.spin" {
			continue
		}
		if g.Status == goproc.Running && g.Stack != nil {
			t.Errorf("a running goroutine has a stack in memory: %+v", g)
		}
		return
	}
	t.Error("main.spin is not listed")
}

func TestOpenRefuses(t *testing.T) {
	linuxOnly(t)
	sleep := exec.Command("sleep", "60")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	defer sleep.Wait()
	defer sleep.Process.Kill()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		pid  int
		want error
	}{
		"vanished":      {gone.Process.Pid, goproc.ErrVanished},
		"no go":         {sleep.Process.Pid, gosym.ErrNotGo},
		"kernel thread": {2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := goproc.Open(c.pid)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Fatalf("Open: %v, want %v", err, c.want)
			}
			var h interface{ Hint() string }
			if !errors.As(err, &h) || h.Hint() == "" || strings.Contains(err.Error()+h.Hint(), "\n") {
				t.Errorf("%q has no hint, or more than one line", err)
			}
		})
	}
}

// The target may end at any moment.
func TestDumpOfVanished(t *testing.T) {
	linuxOnly(t)
	target := start(t, goprog.Compile(t, crowd, goprog.Build{Strip: true}))
	p, err := goproc.Open(target.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	target.cmd.Process.Kill()
	// It has ended when its output has, and nobody has waited for it yet.
	_, _ = io.Copy(io.Discard, target.out)
	for _, when := range []string{"ended", "waited for"} {
		if _, err := p.Dump(false); !errors.Is(err, goproc.ErrVanished) {
			t.Errorf("%s: Dump: %v, want %v", when, err, goproc.ErrVanished)
		}
		target.cmd.Wait()
	}
}

// A binary that was replaced by a newer one while it runs is read as it was.
func TestOpenDeleted(t *testing.T) {
	linuxOnly(t)
	exe := goprog.Compile(t, crowd, goprog.Build{Strip: true})
	target := start(t, exe)
	if err := os.Remove(exe); err != nil {
		t.Fatal(err)
	}
	p, err := goproc.Open(target.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	d, err := p.Dump(false)
	if err != nil {
		t.Fatal(err)
	}
	compareCount(t, d, 18)
}

func compareCount(t *testing.T, d *goproc.Dump, least int) {
	t.Helper()
	n := 0
	for i := range d.Goroutines {
		if !d.Goroutines[i].System && len(d.Goroutines[i].Stack) > 1 {
			n++
		}
	}
	if n < least {
		t.Errorf("%d goroutines with stacks, at least %d have one", n, least)
	}
}

// copyTo puts an executable where every user can run it.
func copyTo(t *testing.T, dir, from, name string) string {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, name)
	if err := os.WriteFile(to, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}
