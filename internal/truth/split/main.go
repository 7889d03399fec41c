//go:build linux

// Command split burns CPU time in known shares, under pprof labels, for tests
// of profilers. It waits for "go SECONDS" on standard input, burns that much CPU
// time of one thread, prints what each share really took as JSON, and waits for
// the next line.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"golang.org/x/sys/unix"
)

// phases are the functions and their shares of the time.
var phases = []struct {
	name  string
	share float64
	work  func(*worker)
}{
	{"leaf", 0.5, (*worker).callsLeaf},
	{"hash", 0.3, (*worker).hash},
	{"fib", 0.2, func(w *worker) { w.sink += fib(18) }},
}

// worker keeps results, so that nothing is computed in vain.
type worker struct {
	sink uint64
	text [4096]byte
}

// callsLeaf calls a function without a frame, which walks by frame pointers
// take for a part of whoever called callsLeaf.
//
//go:noinline
func (w *worker) callsLeaf() {
	for range 16 {
		w.sink += leaf(w.sink)
	}
}

//go:noinline
func leaf(x uint64) uint64 {
	for i := range uint64(4000) {
		x = x*6364136223846793005 + i
	}
	return x
}

//go:noinline
func (w *worker) hash() {
	sum := sha256.Sum256(w.text[:])
	w.sink += uint64(sum[0])
}

func fib(n int) uint64 {
	if n < 2 {
		return uint64(n)
	}
	return fib(n-1) + fib(n-2)
}

// used is the CPU time of this thread.
func used() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		panic(err)
	}
	return time.Duration(ts.Nano())
}

// burn goes round the phases in slices of a millisecond, so that no share
// depends on when the machine was busy.
func burn(total time.Duration) map[string]float64 {
	w := &worker{}
	took := map[string]float64{}
	const slice = 10 * time.Millisecond
	for begin := used(); used()-begin < total; {
		for _, p := range phases {
			pprof.Do(context.Background(), pprof.Labels("phase", p.name, "n", fmt.Sprint(int(total/time.Second))), func(context.Context) {
				at := used()
				for used()-at < time.Duration(p.share*float64(slice)) {
					p.work(w)
				}
				took[p.name] += (used() - at).Seconds()
			})
		}
	}
	return took
}

func main() {
	runtime.LockOSThread()
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() {
		var seconds float64
		if _, err := fmt.Sscanf(in.Text(), "go %g", &seconds); err != nil {
			fmt.Fprintln(os.Stderr, "want: go SECONDS")
			os.Exit(2)
		}
		if err := json.NewEncoder(os.Stdout).Encode(burn(time.Duration(seconds * float64(time.Second)))); err != nil {
			os.Exit(1)
		}
	}
}
