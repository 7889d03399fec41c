package audit

import (
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/audit/policy"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkUnrelated measures what the probe adds to a system call that it does
// not look at, of a process that it does not look at, beside what tracepoints of
// openat alone do on which an empty program is.
func BenchmarkUnrelated(b *testing.B) {
	other := probetest.Run(b, probetest.Build(b, "internal/truth/attempts"))
	cost(b, 400_000, func() { _, _, _ = unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0) },
		way{"probe", audited(other.PID)},
		way{"empty-enter", empty("sys_enter_openat")},
		way{"empty-enter-exit", empty("sys_enter_openat", "sys_exit_openat")},
		way{"nothing", empty()})
}

// BenchmarkOther measures the same of an open of a process that it does not look at.
func BenchmarkOther(b *testing.B) {
	other := probetest.Run(b, probetest.Build(b, "internal/truth/attempts"))
	cost(b, 50_000, open, way{"probe", audited(other.PID)})
}

// BenchmarkAllowed measures the same of an open that the policy allows, of the target.
func BenchmarkAllowed(b *testing.B) {
	cost(b, 50_000, open, way{"probe", audited(unix.Getpid())})
}

// way is something that is attached while its cost is measured.
type way struct {
	name   string
	attach func(*testing.B) (end func() error)
}

// audited is the probe with a policy.
func audited(pid int) func(*testing.B) func() error {
	return func(b *testing.B) func() error {
		p, err := policy.Parse("p", []byte("open: {deny: [/etc/shadow, /root/]}\nexec: {allow: [/bin/]}\nconnect: {allow: [10.0.0.0/8]}"))
		if err != nil {
			b.Fatal(err)
		}
		s, err := Probe(Options{Policy: p}).Start(b.Context(), probe.Target{PID: pid})
		if err != nil {
			b.Fatal(err)
		}
		return func() error {
			_, err := s.Finish()
			return err
		}
	}
}

// empty is a program that does nothing on tracepoints of system calls.
func empty(tracepoints ...string) func(*testing.B) func() error {
	return func(b *testing.B) func() error {
		var attached []io.Closer
		for _, name := range tracepoints {
			p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
				Type: ebpf.TracePoint, License: "GPL",
				Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
			})
			if err != nil {
				b.Fatal(err)
			}
			l, err := link.Tracepoint("syscalls", name, p, nil)
			if err != nil {
				b.Fatal(err)
			}
			attached = append(attached, l, p)
		}
		return func() error {
			var errs []error
			for _, c := range attached {
				errs = append(errs, c.Close())
			}
			return errors.Join(errs...)
		}
	}
}

func open() {
	if fd, err := unix.Open("/etc/hosts", unix.O_RDONLY, 0); err == nil {
		_ = unix.Close(fd)
	}
}

// cost takes turns without anything and with each of the ways, in an order that
// chance gives; the median of the differences in CPU time counts.
func cost(b *testing.B, n int, call func(), ways ...way) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	per := func() float64 {
		var before, after unix.Rusage
		_ = unix.Getrusage(unix.RUSAGE_THREAD, &before)
		for range n {
			call()
		}
		_ = unix.Getrusage(unix.RUSAGE_THREAD, &after)
		ns := func(r *unix.Rusage) int64 { return r.Utime.Nano() + r.Stime.Nano() }
		return float64(ns(&after)-ns(&before)) / float64(n)
	}
	added := make([][]float64, len(ways))
	var plain []float64
	for b.Loop() {
		for _, i := range rand.Perm(len(ways)) {
			before := per()
			end := ways[i].attach(b)
			with := per()
			if err := end(); err != nil {
				b.Fatal(err)
			}
			after := per()
			added[i], plain = append(added[i], with-(before+after)/2), append(plain, before, after)
		}
	}
	for i, w := range ways {
		slices.Sort(added[i])
		b.ReportMetric(added[i][len(added[i])/2], w.name+"-added-ns/call")
	}
	slices.Sort(plain)
	b.ReportMetric(plain[len(plain)/2], "without-ns/call")
}
