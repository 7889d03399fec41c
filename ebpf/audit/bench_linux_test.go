package audit

import (
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/audit/policy"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkUnrelated measures what the probe adds to a system call that it does
// not look at, of a process that it does not look at.
func BenchmarkUnrelated(b *testing.B) {
	other := probetest.Run(b, probetest.Build(b, "internal/truth/attempts"))
	cost(b, other.PID, 400_000, func() { _, _, _ = unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0) })
}

// BenchmarkOther measures the same of an open of a process that it does not look at.
func BenchmarkOther(b *testing.B) {
	other := probetest.Run(b, probetest.Build(b, "internal/truth/attempts"))
	cost(b, other.PID, 50_000, open)
}

// BenchmarkAllowed measures the same of an open that the policy allows, of the target.
func BenchmarkAllowed(b *testing.B) { cost(b, unix.Getpid(), 50_000, open) }

func open() {
	if fd, err := unix.Open("/etc/hosts", unix.O_RDONLY, 0); err == nil {
		_ = unix.Close(fd)
	}
}

// cost takes turns with and without the probe; the median of the differences in
// CPU time counts.
func cost(b *testing.B, pid, n int, call func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := policy.Parse("p", []byte("open: {deny: [/etc/shadow, /root/]}\nexec: {allow: [/bin/]}\nconnect: {allow: [10.0.0.0/8]}"))
	if err != nil {
		b.Fatal(err)
	}
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
	var added, plain []float64
	for b.Loop() {
		without := per()
		s, err := Probe(Options{Policy: p}).Start(b.Context(), probe.Target{PID: pid})
		if err != nil {
			b.Fatal(err)
		}
		with := per()
		if _, err := s.Finish(); err != nil {
			b.Fatal(err)
		}
		added, plain = append(added, with-without), append(plain, without)
	}
	slices.Sort(added)
	slices.Sort(plain)
	b.ReportMetric(added[len(added)/2], "added-ns/call")
	b.ReportMetric(plain[len(plain)/2], "ns/call")
}
