package source

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/evidence"
)

// fakeProc is a proc file system with one process, which listens on a port.
func fakeProc(t *testing.T, pid, port int, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	table := fmt.Sprintf("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"+
		"   0: 0100007F:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1\n"+
		"   1: 0100007F:%04X 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1\n", port, port)
	write(t, filepath.Join(root, "net/tcp"), table)
	dir := filepath.Join(root, strconv.Itoa(pid))
	write(t, filepath.Join(dir, "net/tcp"), table)
	write(t, filepath.Join(dir, "fd/.keep"), "")
	if err := os.Symlink("socket:[4242]", filepath.Join(dir, "fd/3")); err != nil {
		skipOnWindows(t, err)
	}
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return root
}

const fakeStatus = "Name:\tshop\nVmRSS:\t  2048 kB\nThreads:\t7\nCpus_allowed_list:\t0-2,8\n"

func TestHostLimits(t *testing.T) {
	t.Parallel()
	group := t.TempDir()
	write(t, filepath.Join(group, "pods/cpu.max"), "150000 100000\n")
	write(t, filepath.Join(group, "pods/shop/cpu.max"), "max 100000\n")
	write(t, filepath.Join(group, "pods/shop/memory.max"), "1073741824\n")
	write(t, filepath.Join(group, "pods/memory.max"), "max\n")
	write(t, filepath.Join(group, "pods/shop/memory.current"), "1000000\n")
	write(t, filepath.Join(group, "pods/shop/cpu.stat"), "usage_usec 5\nnr_periods 100\nnr_throttled 10\nthrottled_usec 3000000\n")
	root := fakeProc(t, 77, 6060, map[string]string{
		"status":  fakeStatus,
		"stat":    "77 (sh op) (x) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 7 0 100",
		"io":      "rchar: 1000\nwchar: 500\nsyscr: 10\nsyscw: 5\n",
		"limits":  "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 4096                 files     \n",
		"environ": "PATH=/bin\x00GOGC=50\x00SECRET=x\x00GOMEMLIMIT=900MiB\x00GODEBUG=a=1\x00GOMAXPROCS=3\x00",
		"cgroup":  "0::/pods/shop\n",
	})
	now := time.Unix(1000, 0)
	p := &process{pid: 77, proc: root, cgroup: group, now: func() time.Time { return now }}
	p.start()
	now = now.Add(10 * time.Second)
	write(t, filepath.Join(root, "77/stat"), "77 (sh op) (x) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0 20 0 7 0 100")
	write(t, filepath.Join(root, "77/io"), "rchar: 1500\nwchar: 700\nsyscr: 30\nsyscw: 6\n")
	write(t, filepath.Join(group, "pods/shop/cpu.stat"), "nr_periods 200\nnr_throttled 60\nthrottled_usec 5000000\n")
	p.finish()
	want := evidence.Limits{
		NumCPU: 4, GOMAXPROCS: 3, CPUQuota: 1.5, MemoryLimit: 1 << 30, MemoryUsed: 1_000_000, RSS: 2 << 20, Threads: 7, FDs: 2, FDLimit: 1024,
		Periods: 100, Throttled: 50, ThrottledFor: 2 * time.Second, CPUTime: 2 * time.Second,
		IO: evidence.IOCounts{ReadCalls: 20, WriteCalls: 1, ReadBytes: 500, WriteBytes: 200}, Window: 10 * time.Second,
		GOGC: "50", GOMEMLIMIT: "900MiB", GODEBUG: "a=1", EnvKnown: true,
	}
	if diff := cmp.Diff(want, p.limits); diff != "" {
		t.Error(diff)
	}
}

// TestCgroupV1 reads the older files, where a process is throttled in other words.
func TestCgroupV1(t *testing.T) {
	t.Parallel()
	root := fakeProc(t, 77, 6060, map[string]string{"cgroup": "4:cpu,cpuacct:/docker/abc\n"})
	group := t.TempDir()
	write(t, filepath.Join(group, "cpu/cpu.stat"), "nr_periods 8\nnr_throttled 4\nthrottled_time 2000\n")
	p := &process{pid: 77, proc: root, cgroup: group, now: time.Now}
	if c := p.counters(); c.periods != 8 || c.throttled != 4 || c.stalled != 2000 {
		t.Errorf("counters %+v", c)
	}
}

func TestCountCPUs(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]int{"": 0, "0": 1, "0-1": 2, "0-3,8,10-11": 7, "3-1": 0, "x": 0} {
		if got := countCPUs(list); got != want {
			t.Errorf("%q: %d, want %d", list, got, want)
		}
	}
}

// TestAnotherProgram does not take a tunnel's process for the target.
func TestAnotherProgram(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(&target{})
	t.Cleanup(s.Close)
	deps := testDeps()
	deps.Proc = fakeProc(t, 77, s.Listener.Addr().(*net.TCPAddr).Port, map[string]string{"cmdline": "kubectl\x00port-forward\x00", "comm": "kubectl\n", "status": fakeStatus})
	c, err := mustParse(t, s.URL, deps).Collect(t.Context(), quietly(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantGap(t, c, evidence.HostLimits, "process 77 (kubectl) listens on the port, but another program answers")
	if c.Target.PID != 0 || len(blobs(c, evidence.HostLimits)) != 0 {
		t.Errorf("target %+v", c.Target)
	}
	deps.Proc = fakeProc(t, 77, s.Listener.Addr().(*net.TCPAddr).Port, map[string]string{"cmdline": strings.Join(os.Args, "\x00") + "\x00", "status": fakeStatus})
	c, err = mustParse(t, s.URL, deps).Collect(t.Context(), quietly(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Target.PID != 77 || len(blobs(c, evidence.HostLimits)) != 1 {
		t.Errorf("target %+v, %s", c.Target, gaps(c, evidence.HostLimits))
	}
	wantGap(t, c, evidence.BuildInfo, "the binary of process 77 cannot be read")
}

// TestPID finds the port of a process.
func TestPID(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(&target{})
	t.Cleanup(s.Close)
	deps := testDeps()
	deps.Proc = fakeProc(t, 77, s.Listener.Addr().(*net.TCPAddr).Port, nil)
	c, err := mustParse(t, "pid:77", deps).Collect(t.Context(), quietly(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Target.Kind != "pid" || c.Target.PID != 77 || c.Target.Name != "pid:77" || len(blobs(c, evidence.CPU)) == 0 {
		t.Errorf("target %+v, gaps %v", c.Target, c.Gaps)
	}
	if _, err := mustParse(t, "pid:78", deps).Collect(t.Context(), quietly(), nil); err == nil || !strings.Contains(err.Error(), "pid:78: there is no such process") {
		t.Error(err)
	}
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	deps.Proc = fakeProc(t, 77, other.Listener.Addr().(*net.TCPAddr).Port, nil)
	if _, err := mustParse(t, "pid:77", deps).Collect(t.Context(), quietly(), nil); err == nil || !strings.Contains(err.Error(), "no profiles are served on") {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(deps.Proc, "77/fd/3")); err != nil {
		t.Fatal(err)
	}
	if _, err := mustParse(t, "pid:77", deps).Collect(t.Context(), quietly(), nil); err == nil || !strings.Contains(err.Error(), "listens on no TCP port") {
		t.Error(err)
	}
}

// TestOwnSocket finds this process by its unix socket in the real proc file system.
func TestOwnSocket(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	dir, err := os.MkdirTemp("", "goperf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "with blank")
	l, err := net.Listen("unix", socket)
	if err != nil {
		skipOnWindows(t, err)
	}
	defer l.Close()
	table := procTable{"/proc"}
	inodes := table.unixInodes(socket)
	if len(inodes) != 1 {
		t.Fatalf("inodes %v", inodes)
	}
	if pids := table.holders(inodes); len(pids) != 1 || pids[0] != os.Getpid() {
		t.Errorf("pids %v, want %d", pids, os.Getpid())
	}
}

func TestSocketIP(t *testing.T) {
	t.Parallel()
	for hex, want := range map[string]string{
		"0100007F":                         "127.0.0.1",
		"00000000":                         "0.0.0.0",
		"00000000000000000000000001000000": "::1",
		"0000000000000000FFFF00000100007F": "127.0.0.1",
		"01":                               "<nil>",
		"ZZ00007F":                         "<nil>",
	} {
		if got := socketIP(hex).String(); got != want {
			t.Errorf("%s: %s, want %s", hex, got, want)
		}
	}
}

// skipOnWindows skips where unix sockets and symbolic links may be forbidden, and
// fails where they have to work.
func skipOnWindows(t *testing.T, err error) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip(err)
	}
	t.Fatal(err)
}
