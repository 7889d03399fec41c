// Package cgroup reads what the Linux control groups around a process allow it
// and what they use: version 1, version 2 and both at once, nested groups, and
// memory.high, which stalls a process long before memory.max kills it.
//
// The package is pure: it reads the file system that it is handed, the one that
// is mounted at /sys/fs/cgroup.
package cgroup

import (
	"bytes"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// Groups are the control groups of one process: one path in version 2, one for
// each controller in version 1.
type Groups struct {
	v2 string            // "" when version 2 has no part in it
	v1 map[string]string // by controller
}

// Parse reads /proc/PID/cgroup: 0::/path in version 2, 4:cpu,cpuacct:/path in
// version 1. Lines of another form are left out.
func Parse(data []byte) Groups {
	g := Groups{v1: map[string]string{}}
	for line := range bytes.Lines(data) {
		parts := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if parts[0] == "0" && parts[1] == "" {
			g.v2 = path.Clean("/" + parts[2])
			continue
		}
		for controller := range strings.SplitSeq(parts[1], ",") {
			g.v1[controller] = path.Clean("/" + parts[2])
		}
	}
	return g
}

// Memory is what the groups around a process allow and use, in bytes.
type Memory struct {
	Version int    // of the hierarchy that knows of memory; 0 is none
	Max     int64  // smallest hard limit of the group and those around it; 0 is none
	High    int64  // smallest memory.high of version 2, above which the kernel stalls what allocates; 0 is none
	Group   string // the group that sets Limit, the innermost one without a limit
	Used    int64  // of the innermost group, page cache included
	Held    int64  // of Group, by all its processes: anonymous and shared memory, which cannot be reclaimed
}

// Limit is what the process may use before it is stalled or killed; 0 is no limit.
func (m Memory) Limit() int64 {
	if m.High > 0 && (m.Max == 0 || m.High < m.Max) {
		return m.High
	}
	return m.Max
}

// noLimit is where version 1 stops meaning a limit: the kernel prints the
// largest number of pages when there is none.
const noLimit = math.MaxInt64 &^ (1<<20 - 1)

// Memory reads the limits on memory. Where both versions have some, the
// smallest counts.
func (g Groups) Memory(fsys fs.FS) Memory {
	m := g.memory2(fsys)
	old := g.memory1(fsys)
	if m.Version == 0 || old.Version != 0 && old.Limit() > 0 && (m.Limit() == 0 || old.Limit() < m.Limit()) {
		return old
	}
	return m
}

func (g Groups) memory2(fsys fs.FS) Memory {
	h := hierarchy{fsys, "", g.v2}
	m := Memory{Group: g.v2}
	least := int64(noLimit)
	h.up("memory.max", func(group string, data []byte) {
		m.Version = 2
		lower(&m.Max, &least, &m.Group, group, data)
	})
	h.up("memory.high", func(group string, data []byte) { lower(&m.High, &least, &m.Group, group, data) })
	if used := h.nearest("memory.current"); used != nil {
		m.Version = 2
		m.Used = number(used)
	}
	stat := h.read(m.Group, "memory.stat")
	m.Held = statField(stat, "anon") + statField(stat, "shmem")
	return m
}

func (g Groups) memory1(fsys fs.FS) Memory {
	h := hierarchy{fsys, "memory", g.v1["memory"]}
	m := Memory{Group: h.group}
	least := int64(noLimit)
	h.up("memory.limit_in_bytes", func(group string, data []byte) {
		m.Version = 1
		lower(&m.Max, &least, &m.Group, group, data)
	})
	if used := h.nearest("memory.usage_in_bytes"); used != nil {
		m.Version = 1
		m.Used = number(used)
	}
	stat := h.read(m.Group, "memory.stat")
	m.Held = statField(stat, "total_rss") + statField(stat, "total_shmem")
	return m
}

// lower takes over a limit that is smaller than what was seen of its kind, and
// the group when it is the smallest of all. "max" and nonsense are no limit.
func lower(limit, least *int64, name *string, group string, data []byte) {
	n := number(data)
	if n <= 0 || n >= noLimit {
		return
	}
	if *limit == 0 || n < *limit {
		*limit = n
	}
	if n < *least {
		*least, *name = n, group
	}
}

// CPUStat is cpu.stat of the innermost group.
func (g Groups) CPUStat(fsys fs.FS) []byte {
	if data := (hierarchy{fsys, "", g.v2}).nearest("cpu.stat"); bytes.Contains(data, []byte("nr_periods")) {
		return data
	}
	return hierarchy{fsys, "cpu", g.v1["cpu"]}.nearest("cpu.stat")
}

// CPUQuota is the smallest quota of the groups around the process, in cores; 0 is none.
func (g Groups) CPUQuota(fsys fs.FS) float64 {
	least := math.Inf(1)
	hierarchy{fsys, "", g.v2}.up("cpu.max", func(_ string, data []byte) {
		f := bytes.Fields(data) // "max 100000" or "200000 100000"
		if len(f) == 2 {
			least = min(least, ratio(f[0], f[1]))
		}
	})
	old := hierarchy{fsys, "cpu", g.v1["cpu"]}
	old.up("cpu.cfs_quota_us", func(group string, data []byte) {
		least = min(least, ratio(data, old.read(group, "cpu.cfs_period_us")))
	})
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

func ratio(quota, period []byte) float64 {
	q, p := number(quota), number(period)
	if q <= 0 || p <= 0 {
		return math.Inf(1)
	}
	return float64(q) / float64(p)
}

func number(data []byte) int64 {
	n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// statField is a value of memory.stat.
func statField(stat []byte, name string) int64 {
	for line := range bytes.Lines(stat) {
		if key, value, ok := bytes.Cut(line, []byte(" ")); ok && string(key) == name {
			return number(value)
		}
	}
	return 0
}
