package attach

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/ebpf/probe"
)

func TestMissing(t *testing.T) {
	for _, c := range []struct {
		caps         uint64
		major, minor int
		want         []string
	}{
		{0, 6, 1, []string{"CAP_BPF", "CAP_PERFMON"}},
		{1 << capBPF, 6, 1, []string{"CAP_PERFMON"}},
		{1<<capBPF | 1<<capPerfmon, 6, 1, nil},
		{1 << capSysAdmin, 6, 1, nil},
		{1<<capBPF | 1<<capPerfmon, 5, 4, []string{"CAP_SYS_ADMIN"}},
		{1 << capSysAdmin, 5, 4, nil},
	} {
		if d := cmp.Diff(c.want, missing(c.caps, c.major, c.minor)); d != "" {
			t.Errorf("capabilities %#x on %d.%d: %s", c.caps, c.major, c.minor, d)
		}
	}
}

// A refusal names what is missing, is conclusive, and never speaks of MEMLOCK
// where the kernel does not count it.
func TestExplainPermission(t *testing.T) {
	cause := errors.New("map create: operation not permitted (MEMLOCK may be too low, consider rlimit.RemoveMemlock)")
	for _, c := range []struct {
		missing      []string
		major, minor int
		want         string
	}{
		{[]string{"CAP_BPF", "CAP_PERFMON"}, 6, 18, "needs CAP_BPF and CAP_PERFMON"},
		{nil, 6, 18, "in spite of the capabilities"},
		{nil, 5, 10, "RLIMIT_MEMLOCK"},
	} {
		err := explainPermission("loading", cause, c.missing, c.major, c.minor)
		if !errors.Is(err, probe.ErrNotSupported) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v on %d.%d: %v", c.missing, c.major, c.minor, err)
		}
		if c.major == 6 && strings.Contains(err.Error(), "MEMLOCK") {
			t.Errorf("%d.%d: speaks of MEMLOCK: %v", c.major, c.minor, err)
		}
	}
}

func TestVerifierSays(t *testing.T) {
	got := verifierSays([]string{"0: R1=ctx()", "R4 is not a scalar", "processed 145 insns (limit 1000000)", "stack depth 128", ""})
	if got != "R4 is not a scalar" {
		t.Errorf("%q", got)
	}
	if got := verifierSays(nil); got == "" {
		t.Error("silence has no words")
	}
}

func TestParseCPUs(t *testing.T) {
	if got, err := parseCPUs("0-2,5,7-7"); err != nil || cmp.Diff([]int{0, 1, 2, 5, 7}, got) != "" {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "a", "3-1", "0-99999999", "1,", "-1"} {
		if got, err := parseCPUs(bad); err == nil {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}

func TestOpen(t *testing.T) {
	p, err := Open(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	start, end := p.Text()
	if start == 0 || end <= start {
		t.Errorf("text from %#x to %#x", start, end)
	}
	here, _, _, _ := runtime.Caller(0)
	if got := p.Frames(uint64(here))[0].Function; !strings.HasSuffix(got, "attach.TestOpen") {
		t.Errorf("the function at this line is called %q", got)
	}
	for name, want := range map[int]string{1 << 30: "no such process"} {
		if _, err := Open(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("pid %d: %v, want %q", name, err, want)
		}
	}
}

func TestOpenOfWhatIsNotGo(t *testing.T) {
	sleep, err := os.StartProcess("/bin/sleep", []string{"sleep", "60"}, &os.ProcAttr{})
	if errors.Is(err, unix.ENOENT) {
		t.Skip("SKIPPED: there is no /bin/sleep to look at")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sleep.Kill(); _, _ = sleep.Wait() }()
	if _, err := Open(sleep.Pid); err == nil || !errors.Is(err, gosym.ErrNotGo) {
		t.Errorf("sleep: %v", err)
	}
}

// TestHostPID starts itself in a PID namespace of its own, where it is number 1,
// and asks for the number that it has outside.
func TestHostPID(t *testing.T) {
	if os.Getenv("GOPERF_TEST_HOST_PID") != "" {
		host, err := findHostPID(os.Getpid())
		fmt.Println(os.Getpid(), host, err)
		return
	}
	if got, err := findHostPID(os.Getpid()); errors.Is(err, probe.ErrNotSupported) {
		t.Skipf("needs to load BPF programs: %v", err)
	} else if own, _ := os.Readlink("/proc/self/ns/pid"); err != nil || own == initialNamespace && int(got) != os.Getpid() {
		t.Fatalf("this process is %d, found %d, %v", os.Getpid(), got, err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestHostPID$")
	cmd.Env = append(os.Environ(), "GOPERF_TEST_HOST_PID=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); errors.Is(err, unix.EPERM) && os.Getuid() != 0 {
		t.Skip("SKIPPED: only root may make PID namespaces")
	} else if err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if own, _ := os.Readlink("/proc/self/ns/pid"); own != initialNamespace {
		t.Skip("SKIPPED: the outer test does not run in the initial PID namespace, so it does not know the number")
	}
	if want := fmt.Sprintf("1 %d <nil>\n", pid); !strings.HasPrefix(out.String(), want) {
		t.Errorf("the process in the namespace says %q, want %q", out.String(), want)
	}
}
