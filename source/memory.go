package source

import (
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/goperf/goperf/cgroup"
	"github.com/goperf/goperf/evidence"
)

// memoryUse is what the kernel says of the memory of the process and of what
// shares its limit.
func (p *process) memoryUse(status []byte, group cgroup.Memory) evidence.MemoryUse {
	kib := func(data []byte, name string) int64 { return field(data, name) << 10 }
	m := evidence.MemoryUse{
		Highest: kib(status, "VmHWM:"), Anon: kib(status, "RssAnon:"), File: kib(status, "RssFile:"), Shared: kib(status, "RssShmem:"),
		Swap: kib(status, "VmSwap:"), Huge: kib(p.read("smaps_rollup"), "AnonHugePages:"), High: group.High, Started: p.started(),
	}
	m.Peak = p.peak
	if group.Limit() > 0 {
		m.Others = max(0, group.Held-m.Anon-m.Shared)
	}
	return m
}

// started is when the process began: field 22 of stat in ticks after boot.
func (p *process) started() time.Time {
	f := p.stat()
	if len(f) < 20 {
		return time.Time{}
	}
	ticks, err := strconv.ParseInt(f[19], 10, 64)
	machine, _ := os.ReadFile(filepath.Join(p.proc, "stat")) // without it the start is not known
	boot := field(machine, "btime ")
	if err != nil || boot == 0 {
		return time.Time{}
	}
	return time.Unix(boot+ticks/userHZ, ticks%userHZ*int64(time.Second)/userHZ).UTC()
}
