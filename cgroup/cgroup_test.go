package cgroup

import (
	"testing"
	"testing/fstest"
)

// tree is a mounted cgroup file system by the contents of its files.
func tree(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestMemory(t *testing.T) {
	t.Parallel()
	const unlimited = "9223372036854771712\n" // version 1, with pages of 4 KiB
	for name, c := range map[string]struct {
		cgroup string
		files  map[string]string
		want   Memory
		limit  int64
	}{
		"none":       {"", nil, Memory{}, 0},
		"nonsense":   {"0::/a\nx\n:::\n7\n", map[string]string{"a/memory.max": "12junk", "a/memory.high": "-5"}, Memory{Version: 2, Group: "/a"}, 0},
		"no limit 2": {"0::/a\n", map[string]string{"a/memory.max": "max\n", "a/memory.high": "max\n", "a/memory.current": "9"}, Memory{Version: 2, Group: "/a", Used: 9}, 0},
		"parent is smaller": {
			"0::/pods/shop\n",
			map[string]string{"pods/shop/memory.max": "800\n", "pods/memory.max": "500\n", "pods/memory.stat": "anon 300\nshmem 20\nfile 90\n", "pods/shop/memory.current": "77\n"},
			Memory{Version: 2, Max: 500, Group: "/pods", Used: 77, Held: 320},
			500,
		},
		"high below max": {
			"0::/pods/shop\n",
			map[string]string{"pods/shop/memory.max": "800\n", "pods/shop/memory.high": "600\n", "pods/memory.high": "700\n", "pods/shop/memory.stat": "anon 5\n"},
			Memory{Version: 2, Max: 800, High: 600, Group: "/pods/shop", Held: 5},
			600,
		},
		"high of a parent": {
			"0::/pods/shop\n",
			map[string]string{"pods/shop/memory.max": "800\n", "pods/memory.high": "400\n", "pods/memory.stat": "anon 6\n"},
			Memory{Version: 2, Max: 800, High: 400, Group: "/pods", Held: 6},
			400,
		},
		"namespace": { // the group is the root of what is mounted
			"0::/\n",
			map[string]string{"memory.max": "4096\n", "memory.current": "1"},
			Memory{Version: 2, Max: 4096, Group: "/", Used: 1},
			4096,
		},
		"version 1, path of the host": {
			"5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n",
			map[string]string{"memory/memory.limit_in_bytes": "1048576\n", "memory/memory.usage_in_bytes": "4096\n", "memory/memory.stat": "rss 1\ntotal_rss 3000\ntotal_shmem 10\n"},
			Memory{Version: 1, Max: 1 << 20, Group: "/", Used: 4096, Held: 3010},
			1 << 20,
		},
		"version 1, unlimited": {"5:memory:/\n", map[string]string{"memory/memory.limit_in_bytes": unlimited}, Memory{Version: 1, Group: "/"}, 0},
		"hybrid, memory in version 1": {
			"5:memory:/a\n0::/a\n",
			map[string]string{"memory/a/memory.limit_in_bytes": "700\n", "a/cgroup.procs": "1"},
			Memory{Version: 1, Max: 700, Group: "/a"},
			700,
		},
		"both, version 2 is smaller": {
			"5:memory:/a\n0::/b\n",
			map[string]string{"memory/a/memory.limit_in_bytes": "700\n", "b/memory.max": "600\n"},
			Memory{Version: 2, Max: 600, Group: "/b"},
			600,
		},
		"both, version 1 is smaller": {
			"5:memory:/a\n0::/b\n",
			map[string]string{"memory/a/memory.limit_in_bytes": "500\n", "b/memory.max": "600\n"},
			Memory{Version: 1, Max: 500, Group: "/a"},
			500,
		},
		"a path that climbs out": {"0::/../../etc\n", map[string]string{"etc/memory.max": "10"}, Memory{Version: 2, Max: 10, Group: "/etc"}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Parse([]byte(c.cgroup)).Memory(tree(c.files))
			if got != c.want || got.Limit() != c.limit {
				t.Errorf("%+v, limit %d; want %+v, limit %d", got, got.Limit(), c.want, c.limit)
			}
		})
	}
	if got := Parse([]byte("0::/a\n5:memory:/a\n")).Memory(nil); got.Version != 0 || got.Limit() != 0 {
		t.Errorf("without a file system: %+v", got)
	}
}

func TestCPU(t *testing.T) {
	t.Parallel()
	g := Parse([]byte("0::/pods/shop\n"))
	two := tree(map[string]string{"pods/cpu.max": "150000 100000\n", "pods/shop/cpu.max": "max 100000\n", "pods/shop/cpu.stat": "nr_periods 3\n"})
	if q, stat := g.CPUQuota(two), g.CPUStat(two); q != 1.5 || string(stat) != "nr_periods 3\n" {
		t.Errorf("version 2: quota %v, stat %q", q, stat)
	}
	g = Parse([]byte("4:cpu,cpuacct:/docker/abc\n"))
	one := tree(map[string]string{"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n", "cpu/cpu.stat": "nr_periods 8\n"})
	if q, stat := g.CPUQuota(one), g.CPUStat(one); q != 0.5 || string(stat) != "nr_periods 8\n" {
		t.Errorf("version 1: quota %v, stat %q", q, stat)
	}
	none := tree(map[string]string{"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"})
	if q, stat := g.CPUQuota(none), g.CPUStat(none); q != 0 || stat != nil {
		t.Errorf("no quota: %v, stat %q", q, stat)
	}
}
