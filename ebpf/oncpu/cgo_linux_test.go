package oncpu

import (
	"slices"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/internal/goprog"
)

// inC spends its time in C code that uses the frame pointer for something else.
const inC = `package main

/*
#cgo CFLAGS: -O2 -fomit-frame-pointer
static volatile unsigned long sum;
static unsigned long __attribute__((noinline)) spin(unsigned long n) {
	for (unsigned long i = 0; i < n; i++)
		__asm__ volatile("mov %0, %%rbp\n\tadd %%rbp, %1" : : "r"(i | 1), "m"(sum) : "rbp", "memory");
	return sum;
}
*/
import "C"

import "fmt"

//go:noinline
func callsC() { C.spin(1e6) }

func main() {
	fmt.Println("ready")
	for {
		callsC()
	}
}
`

// Time in C code counts for the Go code that called it, also where the C code has
// no frame pointers.
func TestCallerOfC(t *testing.T) {
	probetest.Need(t, Probe(Options{}))
	target := probetest.Run(t, goprog.Compile(t, inC, goprog.Build{Strip: true, External: true}))
	s, err := Probe(Options{Hertz: 997}).Start(t.Context(), probe.Target{PID: target.PID})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if n, _ := s.Seen(); n >= 100 {
			break
		}
	}
	m, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	var all, called int64
	for i := range m.Profile.NumSamples() {
		n := m.Profile.Value(i, 0)
		all += n
		if stack := names(m.Profile, i); slices.Contains(stack, "main.callsC") && slices.Contains(stack, "main.main") {
			called += n
		}
	}
	if all < 100 || called < all*9/10 {
		t.Errorf("%d of %d samples have the Go caller", called, all)
	}
}
