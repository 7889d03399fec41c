package audit

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/attach"
)

// loadGroup looks at the processes of a control group and of those below it. The
// kernel tells for version 2; in one of version 1 they are listed and followed.
func (s *session) loadGroup(dir string) (err error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("cgroup:%s: %w", dir, err)
	}
	second := fs.Type == unix.CGROUP2_SUPER_MAGIC
	if !second && fs.Type != unix.CGROUP_SUPER_MAGIC {
		return &groupError{dir}
	}
	if s.kernel, err = load(attach.Options(nil, map[string]bool{"by_group": second})); err != nil {
		return err
	}
	if second {
		return s.kernel.Group("group", dir)
	}
	if err := s.kernel.Tracing("on_fork", "on_exit"); err != nil {
		return err
	}
	return s.includeGroup(dir)
}

func (s *session) includeGroup(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "cgroup.procs" {
			return nil // a group that has gone meanwhile
		}
		f, err := os.Open(path)
		if err != nil {
			return nil
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			pid, err := strconv.Atoi(lines.Text())
			if err != nil {
				continue
			}
			host, err := attach.HostPID(pid)
			if err != nil {
				continue // it has ended
			}
			if err := s.kernel.Set("members", binary.NativeEndian.AppendUint32(nil, host), []byte{1}); err != nil {
				return err
			}
		}
		return nil
	})
}

// groupError says that a directory is no control group.
type groupError struct{ dir string }

func (e *groupError) Error() string { return "cgroup:" + e.dir + ": is no control group" }

// Hint is what to try.
func (e *groupError) Hint() string {
	return "give its directory, for example cgroup:/sys/fs/cgroup/system.slice/shop.service"
}
