package attach

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/probe"
)

// The bits of CapEff in /proc/PID/status, from linux/capability.h.
const (
	capSysAdmin = 21
	capPerfmon  = 38
	capBPF      = 39
)

// Capabilities are the effective ones of this process, as bits.
func capabilities() (uint64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if hex, ok := strings.CutPrefix(line, "CapEff:"); ok {
			return strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
		}
	}
	return 0, errors.New("/proc/self/status: has no CapEff")
}

// missing names what tracing programs need and this process lacks. CAP_SYS_ADMIN
// stands for both, and is the only way before 5.8.
func missing(caps uint64, major, minor int) []string {
	has := func(bit int) bool { return caps>>bit&1 == 1 }
	if has(capSysAdmin) {
		return nil
	}
	if older(major, minor, 5, 8) {
		return []string{"CAP_SYS_ADMIN"}
	}
	var names []string
	if !has(capBPF) {
		names = append(names, "CAP_BPF")
	}
	if !has(capPerfmon) {
		names = append(names, "CAP_PERFMON")
	}
	return names
}

func older(major, minor, thanMajor, thanMinor int) bool {
	return major < thanMajor || major == thanMajor && minor < thanMinor
}

// release is the version of the running kernel, 0 when it says something else.
func release() (major, minor int) {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return 0, 0
	}
	_, _ = fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor)
	return major, minor
}

const typesFile = "/sys/kernel/btf/vmlinux"

// explain says why the kernel refuses, as far as that can be told. What cilium
// adds to EPERM ("MEMLOCK may be too low") is wrong on every kernel since 5.11.
func explain(doing string, err error) error {
	major, minor := release()
	caps, capsErr := capabilities()
	if _, noTypes := os.Stat(typesFile); errors.Is(noTypes, fs.ErrNotExist) {
		return probe.Refuse(doing+": this kernel does not describe its types ("+typesFile+" is not there)",
			"it takes a kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of the large distributions are since 2021", err)
	}
	var verifier *ebpf.VerifierError
	switch {
	case errors.As(err, &verifier) && len(verifier.Log) > 0:
		return fmt.Errorf("%s: the kernel's verifier does not accept it: %s", doing, verifierSays(verifier.Log))
	case errors.Is(err, fs.ErrPermission) && capsErr == nil:
		return explainPermission(doing, err, missing(caps, major, minor), major, minor)
	case errors.Is(err, unix.ENOSYS):
		return probe.Refuse(doing+": the kernel does not have BPF", "it takes a kernel built with CONFIG_BPF_SYSCALL=y", err)
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.ENOENT):
		return probe.Refuse(fmt.Sprintf("%s: kernel %d.%d does not have it: %v", doing, major, minor, root(err)), "", err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func explainPermission(doing string, err error, missing []string, major, minor int) error {
	if len(missing) > 0 {
		all := "cap_bpf,cap_perfmon"
		if older(major, minor, 5, 8) {
			all = "cap_sys_admin"
		}
		return probe.Refuse(doing+": needs "+strings.Join(missing, " and "),
			"run goperf as root, or allow it once: sudo setcap "+all+"+ep $(command -v goperf)", err)
	}
	if older(major, minor, 5, 11) {
		return probe.Refuse(doing+": kernels before 5.11 count BPF memory against RLIMIT_MEMLOCK, and it cannot be raised here",
			"ulimit -l unlimited, or run with CAP_SYS_RESOURCE", err)
	}
	return probe.Refuse(doing+": the kernel forbids it in spite of the capabilities",
		"a seccomp profile, a user namespace or a locked-down kernel does that: run outside of the container, and see /sys/kernel/security/lockdown", err)
}

// verifierSays is the last word of the verifier that is about the program.
func verifierSays(log []string) string {
	for i := len(log) - 1; i >= 0; i-- {
		line := strings.TrimSpace(log[i])
		if line != "" && !strings.HasPrefix(line, "processed ") && !strings.HasPrefix(line, "stack depth") {
			return line
		}
	}
	return "it does not say why"
}

// root is the innermost error of a chain.
func root(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// raiseMemlock lifts the limit that kernels before 5.11 count BPF memory
// against. A refusal shows when something is loaded.
func raiseMemlock() {
	if major, minor := release(); older(major, minor, 5, 11) {
		_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY})
	}
}
