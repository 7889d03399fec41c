package attach

import (
	"fmt"
	"os"
)

// initialNamespace is the inode of the first PID namespace (PROC_PID_INIT_INO
// of linux/proc_ns.h).
const initialNamespace = "pid:[4026531836]"

// HostPID is the number of a process in the initial PID namespace, which is what
// programs in the kernel compare with.
func HostPID(pid int) (uint32, error) {
	own, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return 0, fmt.Errorf("own PID namespace: %w", err)
	}
	if own == initialNamespace {
		return uint32(pid), nil
	}
	return 0, fmt.Errorf("pid:%d: goperf runs in a PID namespace of its own (%s)", pid, own)
}
