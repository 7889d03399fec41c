//go:build linux

// Command switches makes two threads wait for each other over pipes on one CPU,
// to measure what a context switch costs. It waits for "go N" on standard input,
// makes 2·N switches, and prints the CPU time of the process as JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// one reads or writes a byte, without the scheduler of Go.
func one(call uintptr, fd int) {
	var b [1]byte
	_, _, _ = unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&b)), 1)
}

func pin() {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(0)
	_ = unix.SchedSetaffinity(0, &set)
}

func cpu() int64 {
	var r unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &r)
	return r.Utime.Nano() + r.Stime.Nano()
}

func main() {
	runtime.GOMAXPROCS(4)
	var there, back [2]int
	if unix.Pipe(there[:]) != nil || unix.Pipe(back[:]) != nil {
		os.Exit(1)
	}
	go func() {
		pin()
		for {
			one(unix.SYS_READ, there[0])
			one(unix.SYS_WRITE, back[1])
		}
	}()
	pin()
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() {
		var n int
		if _, err := fmt.Sscanf(in.Text(), "go %d", &n); err != nil {
			fmt.Fprintln(os.Stderr, "want: go N")
			os.Exit(2)
		}
		before := cpu()
		for range n {
			one(unix.SYS_WRITE, there[1])
			one(unix.SYS_READ, back[0])
		}
		if json.NewEncoder(os.Stdout).Encode(cpu()-before) != nil {
			os.Exit(1)
		}
	}
}
