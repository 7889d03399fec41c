package attach

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/cilium/ebpf/link"
)

// initialNamespace is the inode of the first PID namespace (PROC_PID_INIT_INO
// of linux/proc_ns.h).
const initialNamespace = "pid:[4026531836]"

// HostPID is the number of a process in the initial PID namespace, which is what
// programs in the kernel compare with, by its number in the namespace of this
// process.
func HostPID(pid int) (uint32, error) {
	if InitialNamespace() {
		return uint32(pid), nil
	}
	return findHostPID(pid)
}

// InitialNamespace says whether the numbers that this process sees are those of
// the initial PID namespace.
func InitialNamespace() bool {
	own, err := os.Readlink("/proc/self/ns/pid")
	return err == nil && own == initialNamespace
}

// findHostPID asks the kernel, which goes through the processes of this
// namespace.
func findHostPID(pid int) (uint32, error) {
	spec, err := loadHost()
	if err != nil {
		return 0, err
	}
	c, err := Load(spec, map[string]any{"wanted": uint32(pid)})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	it, err := link.AttachIter(link.IterOptions{Program: c.programs["find_task"]})
	if err != nil {
		return 0, explain("looking for the process in the initial PID namespace", err)
	}
	c.attached = append(c.attached, it)
	r, err := it.Open()
	if err != nil {
		return 0, explain("looking for the process in the initial PID namespace", err)
	}
	defer r.Close()
	found, err := io.ReadAll(io.LimitReader(r, 4))
	if err != nil {
		return 0, fmt.Errorf("pid:%d: %w", pid, err)
	}
	if len(found) < 4 {
		return 0, fmt.Errorf("pid:%d: the kernel knows no such process in this PID namespace", pid)
	}
	return binary.NativeEndian.Uint32(found), nil
}
