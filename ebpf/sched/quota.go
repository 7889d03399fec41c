package sched

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// quotaOf reads what the CPU quota did to the cgroup of a process so far. It is
// false when the cgroup has no quota or cannot be found.
func quotaOf(cgroups, root string) (throttling, bool) {
	for line := range strings.Lines(cgroups) {
		// 4:cpu,cpuacct:/shop in version 1, 0::/shop in version 2
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, path, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		dir := root
		if controllers != "" {
			if !strings.Contains(","+controllers+",", ",cpu,") {
				continue
			}
			dir = filepath.Join(root, controllers)
		}
		// In a container the path is that of the host, and the root is the cgroup.
		for _, p := range []string{filepath.Join(dir, path), dir} {
			if data, err := os.ReadFile(filepath.Join(p, "cpu.stat")); err == nil {
				if t, ok := parseStat(string(data)); ok {
					return t, true
				}
			}
		}
	}
	return throttling{}, false
}

func parseStat(text string) (throttling, bool) {
	var t throttling
	known := false
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "nr_periods":
			t.periods, known = n, true
		case "nr_throttled":
			t.throttled = n
		case "throttled_usec": // version 2
			t.stalled = time.Duration(n) * time.Microsecond
		case "throttled_time": // version 1, ns
			t.stalled = time.Duration(n)
		}
	}
	return t, known
}
