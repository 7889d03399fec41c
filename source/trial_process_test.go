package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A process is known again by what it runs, also when its number came again.
func TestFollower(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	runs := func(pid int, exe, args string, started int) {
		dir := filepath.Join(root, fmt.Sprint(pid))
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "cmdline"), strings.ReplaceAll(args, " ", "\x00")+"\x00")
		write(t, filepath.Join(dir, "stat"), fmt.Sprintf("%d (a) b) S %s%d 0", pid, strings.Repeat("0 ", 18), started))
		if err := os.Symlink(exe, filepath.Join(dir, "exe")); err != nil {
			skipOnWindows(t, err)
		}
	}
	runs(10, "/bin/shop", "shop -a", 100)
	runs(11, "/bin/shop", "shop -a", 200) // a sibling
	runs(12, "/bin/bank", "shop -a", 300)
	f := pidSource{target: "pid:10", pid: 10, deps: Deps{Proc: root}}.follow()
	for _, step := range []struct {
		what     string
		pid      int
		exe, cmd string
		started  int
		want     int
	}{
		{"other arguments", 20, "/bin/shop", "shop -b", 400, 0},
		{"another program", 21, "/bin/bank", "shop -a", 401, 0},
		{"the same one again", 10, "/bin/shop", "shop -a", 100, 0},
		{"a binary that is replaced while it runs", 22, "/bin/shop (deleted)", "shop -a", 402, 22},
		{"the number comes again", 10, "/bin/shop", "shop -a", 403, 10},
	} {
		runs(step.pid, step.exe, step.cmd, step.started)
		if got := f.next(); got != step.want {
			t.Errorf("%s: process %d, want %d", step.what, got, step.want)
		}
	}
}
