package goproc_test

import (
	"strconv"
	"testing"

	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/internal/goprog"
)

// One dump of a crowd: the first of a process, with all it must find, and the
// next ones, of which most stacks are known. Read CPU time per dump beside it
// (user and system of this process), because the machine may be shared.
func BenchmarkDump(b *testing.B) {
	linuxOnly(b)
	exe := goprog.Compile(b, crowd, goprog.Build{Strip: true})
	for _, n := range []int{10_000, 100_000} {
		target := start(b, exe, strconv.Itoa(n/4))
		for _, again := range []bool{false, true} {
			name := strconv.Itoa(n) + "/first"
			if again {
				name = strconv.Itoa(n) + "/again"
			}
			b.Run(name, func(b *testing.B) { benchDump(b, target.cmd.Process.Pid, n, again) })
		}
		target.cmd.Process.Kill()
	}
}

func benchDump(b *testing.B, pid, n int, again bool) {
	open := func() *goproc.Process {
		p, err := goproc.Open(pid)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	kept := open()
	defer kept.Close()
	if _, err := kept.Dump(false); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	from := cpuTime()
	for b.Loop() {
		p := kept
		if !again {
			p = open()
		}
		d, err := p.Dump(false)
		if err != nil {
			b.Fatal(err)
		}
		if len(d.Goroutines) < n || d.Torn > 0 {
			b.Fatalf("%d goroutines, %d torn", len(d.Goroutines), d.Torn)
		}
		if !again {
			p.Close()
		}
	}
	b.ReportMetric(float64((cpuTime()-from).Nanoseconds())/float64(b.N), "cpu-ns/op")
}
