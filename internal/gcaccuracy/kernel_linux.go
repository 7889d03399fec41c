//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func (p *process) proc(name string) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name))
	if err != nil {
		return ""
	}
	return string(data)
}

// evict drops a program from the page cache, so that its pages are charged to the
// group that reads them next, as those of a container's program are.
func evict(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// resetPeak lets the highest RSS begin anew (proc(5), clear_refs).
func (p *process) resetPeak() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0) // a peak since the start is a bound as well
}

// kernel is the CPU time in seconds, the highest RSS in bytes, and the load average.
func (p *process) kernel() (cpu, peak, load float64) {
	stat := p.proc("stat")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) > 12 {
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		cpu = (user + system) / 100
	}
	if _, rest, ok := strings.Cut(p.proc("status"), "\nVmHWM:"); ok {
		kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		peak, _ = strconv.ParseFloat(kib, 64)
		peak *= 1024
	}
	data, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		load, _ = strconv.ParseFloat(strings.Fields(string(data))[0], 64)
	}
	return cpu, peak, load
}
