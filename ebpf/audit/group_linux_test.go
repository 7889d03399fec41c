package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// testGroup is a control group for a test.
type testGroup struct{ dir string }

// cgroupOfTest makes a control group where the machine lets it, of version 2 or 1.
func cgroupOfTest(t *testing.T) testGroup {
	t.Helper()
	var err error
	for _, root := range []string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup", "/sys/fs/cgroup/memory"} {
		if _, missing := os.Stat(filepath.Join(root, "cgroup.procs")); missing != nil {
			continue
		}
		g := testGroup{filepath.Join(root, fmt.Sprintf("goperf-test-%d", os.Getpid()))}
		if err = os.Mkdir(g.dir, 0o755); err != nil {
			continue
		}
		// Registered before the programs are started, so it runs when they have ended.
		t.Cleanup(func() { _ = os.Remove(g.dir) })
		return g
	}
	t.Skipf("no control group can be made here: %v", err)
	return testGroup{}
}

func (g testGroup) take(t *testing.T, pid int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
		t.Fatal(err)
	}
}
