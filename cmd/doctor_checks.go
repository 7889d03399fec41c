package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goperf/goperf/ebpf/probe"
)

// check is one thing that a source of evidence needs.
type check struct {
	name  string
	gives string // the evidence that needs it
	ask   func(context.Context, machine) answer
}

func doctorChecks() []check {
	return []check{
		{"loopback", "goperf analyze demo", askLoopback},
		{"Go toolchain", "source of the standard library in findings", askToolchain},
		{"module cache", "source of dependencies in findings", askModuleCache},
		{"/proc, own", "limits, RSS and threads of your own local services", askProcOwn},
		{"/proc, others", "environment (GOGC, GOMEMLIMIT) of other users' services", askProcOthers},
		{"cgroup", "CPU quota, throttling and memory limit", askCgroup},
		{"perf events", "sampling by the kernel", askPerf},
		{"eBPF", "probes in the kernel", askBPF},
	}
}

// probeChecks try each probe on this process.
func probeChecks(probes []probe.Probe) []check {
	checks := make([]check, len(probes))
	for i, p := range probes {
		checks[i] = check{"probe " + p.Name, "goperf probe " + p.Name, func(context.Context, machine) answer { return askProbe(p) }}
	}
	return checks
}

func askLoopback(ctx context.Context, m machine) answer {
	addr, err := m.listen(ctx)
	if err != nil {
		return answer{Answer: no, Detail: err.Error(), Hint: "allow listening on 127.0.0.1"}
	}
	return answer{Answer: yes, Detail: "listened on " + addr}
}

func askToolchain(ctx context.Context, m machine) answer {
	path, err := m.lookPath("go")
	if err != nil {
		return answer{Answer: no, Detail: "go: not in PATH", Hint: "install Go from https://go.dev/dl/ or add it to PATH"}
	}
	out, err := m.run(ctx, path, "env", "GOVERSION", "GOROOT")
	if err != nil {
		return answer{Answer: couldNotSay, Detail: fmt.Sprintf("%s env: %v", path, err)}
	}
	version, root, _ := strings.Cut(strings.TrimSpace(out), "\n")
	src := filepath.Join(root, "src", "runtime")
	if err := m.stat(src); err != nil {
		return answer{Answer: no, Detail: fmt.Sprintf("%s has no source: %v", version, err), Hint: "install the Go distribution with its src directory"}
	}
	return answer{Answer: yes, Detail: fmt.Sprintf("%s, source in %s", version, root)}
}

func askModuleCache(ctx context.Context, m machine) answer {
	dir, from := moduleCache(ctx, m)
	if dir == "" {
		return answer{Answer: couldNotSay, Detail: "neither go env nor GOMODCACHE, GOPATH or HOME names it"}
	}
	err := m.stat(dir)
	switch {
	case err == nil:
		return answer{Answer: yes, Detail: dir + " (" + from + ")"}
	case errors.Is(err, fs.ErrNotExist):
		return answer{Answer: no, Detail: dir + ": does not exist", Hint: "go mod download in the service's module fills it"}
	case errors.Is(err, fs.ErrPermission):
		return answer{Answer: no, Detail: dir + ": permission denied"}
	}
	return answer{Answer: couldNotSay, Detail: err.Error()}
}

// moduleCache asks the toolchain and, without one, follows its rule: GOMODCACHE,
// else pkg/mod in the first directory of GOPATH, else in ~/go.
func moduleCache(ctx context.Context, m machine) (dir, from string) {
	if path, err := m.lookPath("go"); err == nil {
		if out, err := m.run(ctx, path, "env", "GOMODCACHE"); err == nil && strings.TrimSpace(out) != "" {
			return strings.TrimSpace(out), "go env GOMODCACHE"
		}
	}
	if dir := m.getenv("GOMODCACHE"); dir != "" {
		return dir, "GOMODCACHE"
	}
	if list := filepath.SplitList(m.getenv("GOPATH")); len(list) > 0 {
		return filepath.Join(list[0], "pkg", "mod"), "GOPATH"
	}
	if home := m.getenv("HOME"); home != "" {
		return filepath.Join(home, "go", "pkg", "mod"), "HOME"
	}
	return "", ""
}

func askProcOwn(_ context.Context, m machine) answer {
	if m.goos != "linux" {
		return notOn(m, "/proc")
	}
	_, err := m.readFile("/proc/self/status")
	return readable("/proc/self/status", err, "mount /proc")
}

// askProcOthers reads a file of process 1, which belongs to root unless goperf
// runs in a container of its own.
func askProcOthers(_ context.Context, m machine) answer {
	if m.goos != "linux" {
		return notOn(m, "/proc")
	}
	_, err := m.readFile("/proc/1/environ")
	return readable("/proc/1/environ", err, "run goperf as root, or with CAP_SYS_PTRACE, or as the service's user")
}

// askCgroup wants the file system of version 2, or the two controllers of
// version 1 that hold the limits.
func askCgroup(_ context.Context, m machine) answer {
	if m.goos != "linux" {
		return notOn(m, "cgroup")
	}
	own, err := m.readFile("/proc/self/cgroup")
	if err != nil {
		return readable("/proc/self/cgroup", err, "mount /proc")
	}
	if _, err := m.readFile("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		return answer{Answer: yes, Detail: "version 2, this process is in " + cgroupPath(string(own))}
	}
	if m.stat("/sys/fs/cgroup/cpu") == nil && m.stat("/sys/fs/cgroup/memory") == nil {
		return answer{Answer: yes, Detail: "version 1, cpu and memory in /sys/fs/cgroup"}
	}
	return answer{Answer: no, Detail: "/sys/fs/cgroup: neither version 2 nor cpu and memory of version 1", Hint: "mount the cgroup file system"}
}

func cgroupPath(own string) string {
	for line := range strings.Lines(own) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return path
		}
	}
	return "a cgroup that /proc/self/cgroup does not name"
}

// readable turns the outcome of reading a file into an answer.
func readable(name string, err error, hint string) answer {
	switch {
	case err == nil:
		return answer{Answer: yes, Detail: name + " can be read"}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist):
		return answer{Answer: no, Detail: fmt.Sprintf("%s: %v", name, reason(err)), Hint: hint}
	}
	return answer{Answer: couldNotSay, Detail: fmt.Sprintf("%s: %v", name, reason(err))}
}

func notOn(m machine, what string) answer {
	return answer{Answer: no, Detail: m.goos + " has no " + what, Hint: "run goperf on the Linux machine of the service"}
}

func askPerf(_ context.Context, m machine) answer {
	if m.goos != "linux" {
		return notOn(m, "perf_event_open")
	}
	err := m.openPerf()
	level := "unknown"
	if b, readErr := m.readFile("/proc/sys/kernel/perf_event_paranoid"); readErr == nil {
		level = strings.TrimSpace(string(b))
	}
	switch {
	case err == nil:
		return answer{Answer: yes, Detail: "perf_event_open works, kernel.perf_event_paranoid is " + level}
	case errors.Is(err, fs.ErrPermission):
		return answer{
			Answer: no, Detail: fmt.Sprintf("perf_event_open: %v, kernel.perf_event_paranoid is %s", err, level),
			Hint: "run as root or with CAP_PERFMON; in a container, allow perf_event_open in its seccomp profile",
		}
	case errors.Is(err, errors.ErrUnsupported):
		return answer{Answer: no, Detail: "perf_event_open: the kernel does not have it"}
	}
	return answer{Answer: couldNotSay, Detail: "perf_event_open: " + err.Error()}
}

// The bits of CapEff in /proc/PID/status, from linux/capability.h.
const (
	capSysAdmin = 21
	capPerfmon  = 38
	capBPF      = 39
)

// askBPF wants the capabilities, a kernel that accepts a map from this process
// (a seccomp profile or a user namespace makes capabilities worthless) and type
// information, without which one program does not fit many kernels.
func askBPF(_ context.Context, m machine) answer {
	if m.goos != "linux" {
		return notOn(m, "eBPF")
	}
	status, err := m.readFile("/proc/self/status")
	if err != nil {
		return answer{Answer: couldNotSay, Detail: fmt.Sprintf("/proc/self/status: %v", reason(err))}
	}
	caps, err := effectiveCapabilities(string(status))
	if err != nil {
		return answer{Answer: couldNotSay, Detail: "/proc/self/status: " + err.Error()}
	}
	has := func(bit int) bool { return caps>>bit&1 == 1 }
	if !has(capSysAdmin) && (!has(capBPF) || !has(capPerfmon)) {
		return answer{Answer: no, Detail: "neither CAP_SYS_ADMIN nor CAP_BPF with CAP_PERFMON", Hint: "run as root or with these capabilities"}
	}
	switch err := m.createBPFMap(); {
	case errors.Is(err, fs.ErrPermission):
		return answer{Answer: no, Detail: fmt.Sprintf("bpf: %v in spite of the capabilities", err), Hint: "a seccomp profile or a user namespace forbids it; run outside the container"}
	case errors.Is(err, errors.ErrUnsupported):
		return answer{Answer: no, Detail: "bpf: the kernel does not have it"}
	case err != nil:
		return answer{Answer: couldNotSay, Detail: "bpf: " + err.Error()}
	}
	if err := m.stat("/sys/kernel/btf/vmlinux"); err != nil {
		return answer{Answer: no, Detail: "/sys/kernel/btf/vmlinux: not there", Hint: "a kernel built with CONFIG_DEBUG_INFO_BTF"}
	}
	return answer{Answer: yes, Detail: "capabilities, bpf and type information are there"}
}

func effectiveCapabilities(status string) (uint64, error) {
	for line := range strings.Lines(status) {
		if hex, ok := strings.CutPrefix(line, "CapEff:"); ok {
			return strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
		}
	}
	return 0, errors.New("has no CapEff")
}
