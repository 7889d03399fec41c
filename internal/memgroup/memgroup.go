// Package memgroup runs programs in a memory control group of their own, as a
// container does, so that tests can see who is killed. It needs Linux, root, and
// a cgroup file system that can be written to.
package memgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrUnavailable says that this machine does not let the caller make groups.
var ErrUnavailable = errors.New("no memory control group can be made here")

// Group is a control group with a limit on memory.
type Group struct {
	dir    string
	events string // file with the number of kills
}

const mounted = "/sys/fs/cgroup"

// New makes a group that holds at most limit bytes, without swap. The error is
// ErrUnavailable where that takes another machine or another user.
func New(limit int64) (*Group, error) {
	parent, file, swap, events := filepath.Join(mounted, "memory"), "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control"
	if _, err := os.Stat(filepath.Join(mounted, "cgroup.controllers")); err == nil {
		parent, file, swap, events = mounted, "memory.max", "memory.swap.max", "memory.events"
		_ = os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+memory"), 0) // or it is on already, or the limit's file is missing
	} else if _, err := os.Stat(filepath.Join(parent, file)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	dir, err := os.MkdirTemp(parent, "goperf-")
	if err != nil {
		return nil, unavailable(err)
	}
	g := &Group{dir: dir, events: events}
	if err := g.write(file, limit); err != nil {
		return nil, errors.Join(unavailable(err), g.Close())
	}
	if swap == "memory.swap.max" {
		limit = 0
	}
	_ = g.write(swap, limit) // not there without swap accounting
	return g, nil
}

func unavailable(err error) error {
	for _, why := range []error{fs.ErrPermission, fs.ErrNotExist, syscall.EROFS} {
		if errors.Is(err, why) {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	return err
}

func (g *Group) write(file string, n int64) error {
	return os.WriteFile(filepath.Join(g.dir, file), strconv.AppendInt(nil, n, 10), 0)
}

// Wrap is what stands before the words of a command that is to run in the group.
func (g *Group) Wrap() []string {
	return []string{"sh", "-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(g.dir, "cgroup.procs")}
}

// Killed is how many processes of the group were killed because it was full.
func (g *Group) Killed() (int, error) {
	data, err := os.ReadFile(filepath.Join(g.dir, g.events))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if n, ok := strings.CutPrefix(line, "oom_kill "); ok {
			return strconv.Atoi(strings.TrimSpace(n))
		}
	}
	return 0, fmt.Errorf("%s: no oom_kill", g.events)
}

// Close removes the group. Its processes must have ended.
func (g *Group) Close() error {
	var err error
	for range 100 { // the kernel takes a moment to let go of the last process
		if err = syscall.Rmdir(g.dir); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%s: remove: %w", g.dir, err)
}
