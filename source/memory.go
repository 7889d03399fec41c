package source

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
)

// memoryUse is what the kernel says of the memory of the process and the groups around it.
func (p *process) memoryUse(status []byte, g cgroups) evidence.MemoryUse {
	kib := func(data []byte, name string) int64 { return field(data, name) << 10 }
	m := evidence.MemoryUse{
		Highest: kib(status, "VmHWM:"), Anon: kib(status, "RssAnon:"), File: kib(status, "RssFile:"), Shared: kib(status, "RssShmem:"),
		Swap: kib(status, "VmSwap:"), Huge: kib(p.read("smaps_rollup"), "AnonHugePages:"), High: g.memoryHigh(), Started: p.started(),
	}
	m.Peak = p.peak
	if unmovable := g.unmovable(); unmovable > 0 {
		m.Others = max(0, unmovable-m.Anon-m.Shared)
	}
	return m
}

// memoryHigh is the least memory.high around the process, 0 when there is none.
func (g cgroups) memoryHigh() int64 {
	least := int64(0)
	up(g.root, g.v2, "memory.high", func(data []byte) {
		n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
		if err == nil && n > 0 && (least == 0 || n < least) {
			least = n
		}
	})
	return least
}

// unmovable is memory in the limited group that the kernel cannot give back: of
// all its processes, and the kernel's own for them. 0 when nothing is limited.
func (g cgroups) unmovable() int64 {
	if dir := limitedBy(g.root, g.v2, "memory.max"); dir != "" {
		var sum int64
		for _, name := range []string{"anon ", "shmem ", "kernel_stack ", "pagetables ", "percpu ", "sock ", "slab_unreclaimable "} {
			sum += field(readFileOrNil(filepath.Join(dir, "memory.stat")), name)
		}
		return sum
	}
	if dir := limitedBy(g.controller("memory"), g.v1["memory"], "memory.limit_in_bytes"); dir != "" {
		stat := readFileOrNil(filepath.Join(dir, "memory.stat"))
		return field(stat, "total_rss ") + field(stat, "total_shmem ") + field(readFileOrNil(filepath.Join(dir, "memory.kmem.usage_in_bytes")), "")
	}
	return 0
}

func readFileOrNil(name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	return data
}

// limitedBy is the directory of the group with the least limit, "" when none has one.
func limitedBy(root, group, file string) string {
	if root == "" || group == "" {
		return ""
	}
	least, dir := int64(noLimit), ""
	for {
		at := filepath.Join(root, group)
		n, err := strconv.ParseInt(string(bytes.TrimSpace(readFileOrNil(filepath.Join(at, file)))), 10, 64)
		if err == nil && n > 0 && n < least {
			least, dir = n, at
		}
		if group == "/" {
			return dir
		}
		group = path.Dir(group)
	}
}

// started is when the process began: field 22 of stat in ticks after boot.
func (p *process) started() time.Time {
	stat := string(p.read("stat"))
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // a name may hold anything
	if len(f) < 20 {
		return time.Time{}
	}
	ticks, err := strconv.ParseInt(f[19], 10, 64)
	boot := field(readFileOrNil(filepath.Join(p.proc, "stat")), "btime ")
	if err != nil || boot == 0 {
		return time.Time{}
	}
	return time.Unix(boot+ticks/userHZ, ticks%userHZ*int64(time.Second)/userHZ).UTC()
}
