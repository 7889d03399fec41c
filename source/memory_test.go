package source

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/evidence"
)

// TestMemoryUse reads what the kernel says of a process beside another one in a
// group that an outer group limits.
func TestMemoryUse(t *testing.T) {
	t.Parallel()
	group := t.TempDir()
	write(t, filepath.Join(group, "pods/memory.max"), "1073741824\n")
	write(t, filepath.Join(group, "pods/memory.high"), "max\n")
	write(t, filepath.Join(group, "pods/shop/memory.stat"), "anon 52428800\nfile 999999\nkernel_stack 1048576\nshmem 0\n")
	write(t, filepath.Join(group, "pods/shop/memory.max"), "max\n")
	write(t, filepath.Join(group, "pods/shop/memory.high"), "943718400\n")
	root := fakeProc(t, 77, 6060, map[string]string{
		"status":       "VmHWM:\t 40960 kB\nVmRSS:\t 30720 kB\nRssAnon:\t 20480 kB\nRssFile:\t 10240 kB\nRssShmem:\t 0 kB\nVmSwap:\t 4 kB\nThreads:\t7\n",
		"smaps_rollup": "AnonHugePages:      2048 kB\n",
		"stat":         "77 (sh op) ) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 7 0 150",
		"cgroup":       "0::/pods/shop\n",
	})
	write(t, filepath.Join(root, "stat"), "cpu 1 2 3\nbtime 1000\n")
	p := &process{pid: 77, proc: root, cgroup: group, now: time.Now}
	p.look()
	groups, mounted := p.cgroups()
	want := evidence.MemoryUse{
		Peak: 30 << 20, Highest: 40 << 20, Anon: 20 << 20, File: 10 << 20, Swap: 4 << 10, Huge: 2 << 20, High: 900 << 20,
		Others: 30 << 20, Started: time.Unix(1001, 5e8).UTC(),
	}
	if diff := cmp.Diff(want, p.memoryUse(p.read("status"), groups.Memory(mounted))); diff != "" {
		t.Error(diff)
	}
}

// CPU counts between looks during which nothing was written for this tool.
func TestQuiet(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	ticks := []tick{{at(0), 0}, {at(1), 1e8}, {at(2), 3e8}, {at(3), 1e9}, {at(4), 11e8}}
	cpu, window := quiet(ticks, []span{{at(2), at(3)}})
	if cpu != 4e8 || window != 3*time.Second {
		t.Errorf("%v in %v, want 400ms in 3s", cpu, window)
	}
	if _, window := quiet(ticks, []span{{at(0), at(9)}}); window != 0 {
		t.Errorf("%v of quiet in none", window)
	}
}
