// Package probetest is how tests of probes ask whether they can run: a skip
// that cannot hide a bug.
package probetest

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/goperf/goperf/ebpf/probe"
)

// The bits of CapEff in /proc/PID/status, from linux/capability.h.
const (
	capPerfmon = 38
	capBPF     = 39
)

// Need skips a test where the probe cannot run, and says why. It fails the test
// instead where the probe has to run: with the capabilities, type information
// of the kernel, and no conclusive no.
func Need(t testing.TB, p probe.Probe) {
	t.Helper()
	err := p.Supported()
	if err == nil {
		return
	}
	if !errors.Is(err, probe.ErrNotSupported) {
		t.Fatalf("%s: could not tell whether it runs here: %v", p.Name, err)
	}
	if runtime.GOOS == "linux" && capable() {
		t.Fatalf("%s: this machine has the capabilities and type information, and yet: %v", p.Name, err)
	}
	t.Skipf("%s: %v", p.Name, err)
}

// Emulated says that the machine is an emulated one, as .ci/kernels starts them:
// its clocks do not run alike and its instructions have other costs, so that
// counts are held there and times hardly.
func Emulated() bool { return os.Getenv("GOPERF_EMULATED") != "" }

// Since says whether the kernel is of this version or newer.
func Since(t testing.TB, major, minor int) bool {
	t.Helper()
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return false
	}
	var haveMajor, haveMinor int
	_, _ = fmt.Sscanf(string(release), "%d.%d", &haveMajor, &haveMinor)
	return haveMajor > major || haveMajor == major && haveMinor >= minor
}

// capable says whether this process may load tracing programs on a kernel that
// describes its types.
func capable() bool {
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil {
		return false
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(status)) {
		if hex, ok := strings.CutPrefix(line, "CapEff:"); ok {
			caps, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			return err == nil && caps>>capPerfmon&1 == 1 && caps>>capBPF&1 == 1
		}
	}
	return false
}
