//go:build linux

// Command blocks waits in known ways, for tests of what measures waiting. It
// waits for "go N" on standard input; then one thread after the other sleeps in
// nanosleep, waits on a futex, reads from a pipe and receives from a socket, N
// times each. It prints as JSON how often each thread left its CPU and for how
// long, by the kernel's own account of it (getrusage, and the wall clock less
// the thread's CPU clock), and waits for the next line.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Truth is what one way of waiting took.
type Truth struct {
	Switches  int64   // the thread left its CPU
	Voluntary int64   // because it waited
	Seconds   float64 // it was off its CPU
}

// None of what is measured has a prologue in which the scheduler of Go could
// stop it; the test turns off the other way (GODEBUG=asyncpreemptoff=1).

//go:noinline
//go:nosplit
func nanosleep(int) {
	ts := unix.NsecToTimespec(int64(3 * time.Millisecond))
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
}

//go:noinline
//go:nosplit
func futex(int) {
	var word uint32
	ts := unix.NsecToTimespec(int64(4 * time.Millisecond))
	const waitPrivate = 0x80
	_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), waitPrivate, 0, uintptr(unsafe.Pointer(&ts)), 0, 0)
}

//go:noinline
//go:nosplit
func receive(fd int) {
	var b [1]byte
	_, _, _ = unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b)), 1)
}

// feed writes a byte every few milliseconds, n times.
func feed(fd, n int, every time.Duration) {
	for range n {
		time.Sleep(every)
		if _, err := unix.Write(fd, []byte{1}); err != nil {
			return
		}
	}
}

func pipe() (read, write int) {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		panic(err)
	}
	return p[0], p[1]
}

func socketpair() (read, write int) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		panic(err)
	}
	return p[0], p[1]
}

// clocks are the wall clock, this thread's CPU clock and its switches.
type clocks struct {
	wall, cpu unix.Timespec
	used      unix.Rusage
}

//go:nosplit
func (c *clocks) read() {
	_, _, _ = unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&c.wall)), 0)
	_, _, _ = unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_THREAD_CPUTIME_ID, uintptr(unsafe.Pointer(&c.cpu)), 0)
	_, _, _ = unix.RawSyscall(unix.SYS_GETRUSAGE, unix.RUSAGE_THREAD, uintptr(unsafe.Pointer(&c.used)), 0)
}

// repeat reads the clocks before and after: on the way back, Go's scheduler may
// give the processor to somebody else.
//
//go:nosplit
func repeat(n, fd int, do func(int), before, after *clocks) {
	before.read()
	for range n {
		do(fd)
	}
	after.read()
}

// measure does it n times on a thread of its own. The system calls are raw, so
// that the thread keeps its processor and no scheduler of Go's takes part.
func measure(n int, kind string, fd int, do func(int)) Truth {
	done := make(chan Truth)
	go pprof.Do(context.Background(), pprof.Labels("kind", kind), func(context.Context) {
		runtime.LockOSThread()
		var before, after clocks
		repeat(n, fd, do, &before, &after)
		away := after.wall.Nano() - before.wall.Nano() - (after.cpu.Nano() - before.cpu.Nano())
		done <- Truth{
			Switches:  after.used.Nvcsw + after.used.Nivcsw - before.used.Nvcsw - before.used.Nivcsw,
			Voluntary: after.used.Nvcsw - before.used.Nvcsw,
			Seconds:   float64(away) / 1e9,
		}
	})
	return <-done
}

func run(n int) map[string]Truth {
	all := map[string]Truth{}
	all["nanosleep"] = measure(n, "nanosleep", 0, nanosleep)
	all["futex"] = measure(n, "futex", 0, futex)
	read, write := pipe()
	go feed(write, n, 3*time.Millisecond)
	all["pipe"] = measure(n, "pipe", read, receive)
	read, write = socketpair()
	go feed(write, n, 4*time.Millisecond)
	all["socket"] = measure(n, "socket", read, receive)
	return all
}

func main() {
	runtime.GOMAXPROCS(8) // a thread that waits keeps its processor
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() {
		var n int
		if _, err := fmt.Sscanf(in.Text(), "go %d", &n); err != nil {
			fmt.Fprintln(os.Stderr, "want: go N")
			os.Exit(2)
		}
		if err := json.NewEncoder(os.Stdout).Encode(run(n)); err != nil {
			os.Exit(1)
		}
	}
}
