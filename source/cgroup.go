package source

import (
	"bytes"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroups are the control groups of one process: one path in version 2, one for
// each controller in version 1.
type cgroups struct {
	root string
	v2   string            // "" when version 2 has no part in it
	v1   map[string]string // by controller
}

func (p *process) cgroups() cgroups {
	g := cgroups{root: p.cgroup, v1: map[string]string{}}
	for line := range bytes.Lines(p.read("cgroup")) {
		// 0::/path in version 2, 4:cpu,cpuacct:/path in version 1
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

// up calls visit with a file in the group and in each group around it. A path
// that does not exist here belongs to another mount namespace: then the root of
// what is mounted is the group.
func up(root, group, file string, visit func(data []byte)) {
	if root == "" || group == "" {
		return
	}
	for {
		if data, err := os.ReadFile(filepath.Join(root, group, file)); err == nil {
			visit(data)
		}
		if group == "/" {
			return
		}
		group = path.Dir(group)
	}
}

// nearest is the file in the innermost group that has it.
func nearest(root, group, file string) []byte {
	var found []byte
	up(root, group, file, func(data []byte) {
		if found == nil {
			found = data
		}
	})
	return found
}

func (g cgroups) controller(name string) string { return filepath.Join(g.root, name) }

// cpuStat is cpu.stat of the innermost group.
func (g cgroups) cpuStat() []byte {
	if data := nearest(g.root, g.v2, "cpu.stat"); bytes.Contains(data, []byte("nr_periods")) {
		return data
	}
	return nearest(g.controller("cpu"), g.v1["cpu"], "cpu.stat")
}

// cpuQuota is the smallest quota of the groups around the process, in cores; 0 is none.
func (g cgroups) cpuQuota() float64 {
	least := math.Inf(1)
	up(g.root, g.v2, "cpu.max", func(data []byte) {
		f := bytes.Fields(data) // "max 100000" or "200000 100000"
		if len(f) == 2 {
			least = min(least, ratio(string(f[0]), string(f[1])))
		}
	})
	up(g.controller("cpu"), g.v1["cpu"], "cpu.cfs_quota_us", func(data []byte) {
		period := nearest(g.controller("cpu"), g.v1["cpu"], "cpu.cfs_period_us")
		least = min(least, ratio(string(bytes.TrimSpace(data)), string(bytes.TrimSpace(period))))
	})
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

func ratio(quota, period string) float64 {
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 {
		return math.Inf(1)
	}
	return q / p
}

// noLimit is where version 1 stops meaning a limit: the kernel prints the
// largest number of pages when there is none.
const noLimit = math.MaxInt64 &^ (1<<20 - 1)

// memoryLimit is the smallest limit of the groups around the process in bytes; 0 is none.
func (g cgroups) memoryLimit() int64 {
	least := int64(noLimit)
	take := func(data []byte) {
		n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
		if err == nil && n > 0 {
			least = min(least, n)
		}
	}
	up(g.root, g.v2, "memory.max", take)
	up(g.controller("memory"), g.v1["memory"], "memory.limit_in_bytes", take)
	if least >= noLimit {
		return 0
	}
	return least
}

func (g cgroups) memoryUsed() int64 {
	data := nearest(g.root, g.v2, "memory.current")
	if data == nil {
		data = nearest(g.controller("memory"), g.v1["memory"], "memory.usage_in_bytes")
	}
	n, _ := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	return n
}
