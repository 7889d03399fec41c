package goproc_test

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/internal/goprog"
)

// nobody is a user without any privilege.
const nobody = 65534

// dumpAs runs this test binary as a dump of one process by another user.
const dumpAs = "GOPERF_TEST_DUMP_PID"

func TestMain(m *testing.M) {
	if pid, err := strconv.Atoi(os.Getenv(dumpAs)); err == nil {
		os.Exit(dumpHelper(pid))
	}
	os.Exit(m.Run())
}

// dumpHelper prints how many goroutines with stacks it found, or why none.
func dumpHelper(pid int) int {
	p, err := goproc.Open(pid)
	if err == nil {
		var d *goproc.Dump
		if d, err = p.Dump(true); err == nil {
			n := 0
			for i := range d.Goroutines {
				if len(d.Goroutines[i].Stack) > 1 {
					n++
				}
			}
			os.Stdout.WriteString(strconv.Itoa(n))
			return 0
		}
	}
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		err = errors.New(err.Error() + " | " + h.Hint())
	}
	os.Stdout.WriteString(err.Error())
	return 0
}

// Without any capability a user reads processes of its own, and is told what
// it takes to read those of others.
func TestUnprivileged(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can start processes of another user")
	}
	dir, err := os.MkdirTemp("", "goproc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	exe := copyTo(t, dir, goprog.Compile(t, crowd, goprog.Build{Strip: true, PIE: true}), "crowd")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	helper := copyTo(t, dir, self, "helper")

	as := func(pid int) string {
		t.Helper()
		cmd := exec.Command(helper)
		cmd.Env = append(os.Environ(), dumpAs+"="+strconv.Itoa(pid))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		cmd.Dir = "/"
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}

	startAs := func(who *syscall.Credential) *target {
		cmd := exec.Command(exe)
		cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Credential: who}
		return run(t, cmd)
	}
	own := startAs(&syscall.Credential{Uid: nobody, Gid: nobody})
	if n, err := strconv.Atoi(as(own.cmd.Process.Pid)); err != nil || n < 18 {
		t.Errorf("its own process: %d goroutines with stacks: %v", n, err)
	}
	other := startAs(nil)
	if said := as(other.cmd.Process.Pid); !strings.Contains(said, "belongs to user 0") || !strings.Contains(said, "CAP_SYS_PTRACE") || strings.Contains(said, "\n") {
		t.Errorf("a process of another user: %q", said)
	}
}
