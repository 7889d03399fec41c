package cmd

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/goperf/goperf/ebpf/probe"
)

// healthyMachine answers every question with yes.
func healthyMachine() machine {
	return machine{
		goos:   "linux",
		getenv: func(string) string { return "" },
		readFile: func(name string) ([]byte, error) {
			switch name {
			case "/proc/self/status":
				return []byte("Name:\tgoperf\nCapEff:\t000001ffffffffff\n"), nil
			case "/proc/self/cgroup":
				return []byte("0::/shop.service\n"), nil
			}
			return []byte("2\n"), nil
		},
		stat:     func(string) error { return nil },
		lookPath: func(string) (string, error) { return "/usr/bin/go", nil },
		run: func(_ context.Context, _ string, args ...string) (string, error) {
			if args[len(args)-1] == "GOMODCACHE" {
				return "/root/go/pkg/mod\n", nil
			}
			return "go1.26.8\n/usr/local/go\n", nil
		},
		listen:       func(context.Context) (string, error) { return "127.0.0.1:4711", nil },
		openPerf:     func() error { return nil },
		createBPFMap: func() error { return nil },
	}
}

func TestDoctorOnAHealthyMachine(t *testing.T) {
	for _, a := range examine(t.Context(), healthyMachine(), doctorChecks()) {
		if a.Answer != yes || a.Detail == "" || a.Gives == "" {
			t.Errorf("%s: %q (%s), want yes and what was seen", a.Check, a.Answer, a.Detail)
		}
	}
}

func TestDoctorSaysWhyNot(t *testing.T) {
	missing := &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}
	odd := errors.New("input/output error")
	status := func(text string) func(string) ([]byte, error) {
		return func(string) ([]byte, error) { return []byte(text), nil }
	}
	for _, test := range []struct {
		name, check  string
		change       func(*machine)
		answer, says string
	}{
		{"no loopback", "loopback", func(m *machine) { m.listen = func(context.Context) (string, error) { return "", syscall.EACCES } }, no, "permission denied"},
		{"no go", "Go toolchain", func(m *machine) { m.lookPath = func(string) (string, error) { return "", errors.New("nowhere") } }, no, "PATH"},
		{"broken go", "Go toolchain", func(m *machine) {
			m.run = func(context.Context, string, ...string) (string, error) { return "", odd }
		}, couldNotSay, "input/output"},
		{"go without source", "Go toolchain", func(m *machine) { m.stat = func(string) error { return missing } }, no, "source"},
		{"no module cache", "module cache", func(m *machine) { m.stat = func(string) error { return missing } }, no, "does not exist"},
		{"odd module cache", "module cache", func(m *machine) { m.stat = func(string) error { return odd } }, couldNotSay, "input/output"},
		{"no name for the module cache", "module cache", func(m *machine) {
			m.lookPath = func(string) (string, error) { return "", errors.New("nowhere") }
		}, couldNotSay, "GOMODCACHE"},
		{"hidden processes", "/proc, others", func(m *machine) {
			m.readFile = func(string) ([]byte, error) {
				return nil, &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}
			}
		}, no, "permission denied"},
		{"not linux", "/proc, own", func(m *machine) { m.goos = "darwin" }, no, "darwin"},
		{"cgroup not mounted", "cgroup", func(m *machine) {
			m.stat = func(string) error { return missing }
			read := m.readFile
			m.readFile = func(name string) ([]byte, error) {
				if strings.HasPrefix(name, "/sys/") {
					return nil, missing
				}
				return read(name)
			}
		}, no, "/sys/fs/cgroup"},
		{"perf forbidden", "perf events", func(m *machine) { m.openPerf = func() error { return syscall.EACCES } }, no, "perf_event_paranoid is 2"},
		{"perf not there", "perf events", func(m *machine) { m.openPerf = func() error { return syscall.ENOSYS } }, no, "does not have it"},
		{"perf unclear", "perf events", func(m *machine) { m.openPerf = func() error { return syscall.EMFILE } }, couldNotSay, "too many"},
		{"no capabilities", "eBPF", func(m *machine) { m.readFile = status("CapEff:\t0000000000000000\n") }, no, "CAP_BPF"},
		{"bpf without perfmon", "eBPF", func(m *machine) { m.readFile = status("CapEff:\t0000008000000000\n") }, no, "CAP_PERFMON"},
		{"capabilities not told", "eBPF", func(m *machine) { m.readFile = status("Name:\tgoperf\n") }, couldNotSay, "CapEff"},
		{"seccomp", "eBPF", func(m *machine) { m.createBPFMap = func() error { return syscall.EPERM } }, no, "in spite of"},
		{"no type information", "eBPF", func(m *machine) { m.stat = func(string) error { return missing } }, no, "btf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := healthyMachine()
			test.change(&m)
			for _, a := range examine(t.Context(), m, doctorChecks()) {
				if a.Check != test.check {
					continue
				}
				if a.Answer != test.answer || !strings.Contains(a.Detail, test.says) {
					t.Errorf("%s: %q (%s), want %q with %q", a.Check, a.Answer, a.Detail, test.answer, test.says)
				}
				return
			}
			t.Fatalf("there is no check %q", test.check)
		})
	}
}

func TestModuleCacheWithoutToolchain(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"GOMODCACHE": "/cache", "GOPATH": "/gopath", "HOME": "/home/u"}, "/cache"},
		{map[string]string{"GOPATH": "/gopath", "HOME": "/home/u"}, "/gopath/pkg/mod"},
		{map[string]string{"HOME": "/home/u"}, "/home/u/go/pkg/mod"},
	} {
		m := healthyMachine()
		m.lookPath = func(string) (string, error) { return "", errors.New("nowhere") }
		m.getenv = func(name string) string { return test.env[name] }
		if got, _ := moduleCache(t.Context(), m); got != test.want {
			t.Errorf("with %v: %q, want %q", test.env, got, test.want)
		}
	}
}

// A probe that runs in part is neither a yes nor a no, and says what is lost.
func TestAskProbeInPart(t *testing.T) {
	cause := probe.Refuse("needs CAP_BPF", "run goperf as root", nil)
	a := askProbe(probe.Probe{Supported: func() error { return probe.InPart("latency is not seen", cause) }})
	if a.Answer != inPart || a.Detail != "latency is not seen: needs CAP_BPF" || a.Hint != "run goperf as root" {
		t.Errorf("%+v", a)
	}
	var b strings.Builder
	if err := writeAnswers(&b, []answer{{Check: "probe tcp", Answer: inPart, Detail: a.Detail, Gives: "all"}}); err != nil || strings.Contains(b.String(), "without it") {
		t.Errorf("%v: %s", err, b.String())
	}
}
