package probetest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Delay is what the kernel accounts to the threads of a process: seconds in the
// run queue, and how often they got a CPU.
func Delay(t testing.TB, pid int) (seconds, times float64) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %d threads", err, len(files))
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue // the thread ended
		}
		var ran, waited, slices float64
		if _, err := fmt.Sscan(string(data), &ran, &waited, &slices); err != nil {
			t.Skipf("this kernel does not account run-queue delays: %s: %q", f, data)
		}
		seconds += waited / 1e9
		times += slices
	}
	return seconds, times
}
