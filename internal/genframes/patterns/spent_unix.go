//go:build unix

package main

import (
	"syscall"
	"time"
)

// spent is the CPU time of this process: on a busy machine the clock on the
// wall says little about how many samples there are.
func spent() time.Duration {
	var r syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
