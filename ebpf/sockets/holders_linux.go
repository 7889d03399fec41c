package sockets

import (
	"fmt"
	"os"
	"strconv"
)

// Holders visits the processes that live in the namespace, with their descriptors
// as [Held] tells them. hidden is how many processes do not let themselves be
// looked at: those of other users, without CAP_SYS_PTRACE.
func (n *Namespace) Holders(visit func(pid int, byInode map[uint32]int, open int)) (hidden int, err error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		inode, err := inodeOf(fmt.Sprintf("/proc/%d/ns/net", pid))
		if os.IsPermission(err) {
			hidden++
		}
		if err != nil || inode != n.Inode {
			continue // ended meanwhile, or elsewhere
		}
		held, open, err := Held(pid)
		if err != nil {
			continue
		}
		visit(pid, held, open)
	}
	return hidden, nil
}
