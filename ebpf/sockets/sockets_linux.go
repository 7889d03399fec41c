package sockets

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/probe"
)

// Namespace is the network namespace of a process.
type Namespace struct {
	Inode                  uint32 // its number
	FirstPort, LastPort    int    // local ports that connections get by themselves
	netlink, pid, sequence int
	buffer                 []byte
}

// Open looks into the network namespace of a process; 0 is the thread that calls.
// In another one than its own it needs CAP_SYS_ADMIN.
func Open(pid int) (*Namespace, error) {
	theirs, err := inodeOf(directory(pid) + "/ns/net")
	if err != nil {
		return nil, fmt.Errorf("pid:%d: network namespace: %w", pid, plain(err))
	}
	own, err := inodeOf("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	n := &Namespace{Inode: theirs, netlink: -1, pid: pid, buffer: make([]byte, 1<<16)}
	if own == theirs {
		err = n.open()
	} else {
		err = n.openInside()
	}
	if err != nil {
		return nil, err
	}
	return n, nil
}

// openInside opens from a thread that goes into the namespace and ends there.
func (n *Namespace) openInside() error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread goes with the goroutine
		done <- n.enter()
	}()
	return <-done
}

func (n *Namespace) enter() error {
	f, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", n.pid))
	if err != nil {
		return fmt.Errorf("pid:%d: network namespace: %w", n.pid, plain(err))
	}
	defer f.Close()
	if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
		return probe.Refuse(fmt.Sprintf("pid:%d is in another network namespace, and looking into it needs CAP_SYS_ADMIN", n.pid),
			"run goperf as root, or inside of the container", err)
	}
	return n.open()
}

func (n *Namespace) open() (err error) {
	n.FirstPort, n.LastPort = 32768, 60999 // the kernel's default
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		_, _ = fmt.Sscan(string(text), &n.FirstPort, &n.LastPort)
	}
	n.netlink, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return probe.Refuse("the kernel does not tell its sockets (NETLINK_SOCK_DIAG)", "it takes a kernel built with CONFIG_INET_DIAG", err)
	}
	return nil
}

// Close lets go of the namespace.
func (n *Namespace) Close() error { return unix.Close(n.netlink) }

// Sockets visits the TCP sockets of the namespace, those in TIME_WAIT included.
func (n *Namespace) Sockets(visit func(*Socket)) error {
	for _, family := range []byte{afInet, afInet6} {
		err := n.dump(family, visit)
		if errors.Is(err, unix.ENOENT) {
			return probe.Refuse("the kernel does not tell its TCP sockets (sock_diag): its module tcp_diag is not loaded", "modprobe tcp_diag", err)
		}
		if err != nil {
			return fmt.Errorf("sockets of the network namespace of %s: %w", directory(n.pid), err)
		}
	}
	return nil
}

// request is struct nlmsghdr and struct inet_diag_req_v2 for a dump.
func (n *Namespace) request(family byte) []byte {
	const size = unix.SizeofNlMsghdr + 56
	const byFamily = 20 // SOCK_DIAG_BY_FAMILY
	b := make([]byte, size)
	binary.NativeEndian.PutUint32(b, size)
	binary.NativeEndian.PutUint16(b[4:], byFamily)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(b[8:], uint32(n.sequence))
	b[16], b[17], b[18] = family, unix.IPPROTO_TCP, 1<<(attrInfo-1)|1<<(attrMemory-1)
	binary.NativeEndian.PutUint32(b[20:], 1<<12-1) // all states
	return b
}

func (n *Namespace) dump(family byte, visit func(*Socket)) error {
	n.sequence++
	if err := unix.Sendto(n.netlink, n.request(family), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	for {
		got, _, err := unix.Recvfrom(n.netlink, n.buffer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		done, err := n.messages(n.buffer[:got], visit)
		if done || err != nil {
			return err
		}
	}
}

// messages reads one datagram of a dump and says whether it was the last.
func (n *Namespace) messages(b []byte, visit func(*Socket)) (done bool, err error) {
	for len(b) >= unix.SizeofNlMsghdr {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > len(b) {
			return true, fmt.Errorf("netlink: a message of %d bytes in %d", size, len(b))
		}
		message := b[unix.SizeofNlMsghdr:size]
		ours := binary.NativeEndian.Uint32(b[8:]) == uint32(n.sequence)
		switch kind := binary.NativeEndian.Uint16(b[4:]); {
		case !ours: // the rest of a dump that was given up
		case kind == unix.NLMSG_DONE:
			return true, nil
		case kind == unix.NLMSG_ERROR && len(message) >= 4:
			if code := int32(binary.NativeEndian.Uint32(message)); code != 0 {
				return true, unix.Errno(-code)
			}
		case kind > unix.NLMSG_ERROR:
			s, err := decode(message)
			if err != nil {
				return true, err
			}
			visit(&s)
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return false, nil
}

// Held is the descriptors of a process that are sockets, by the number of the
// socket, and how many descriptors it has in all.
func Held(pid int) (byInode map[uint32]int, open int, err error) {
	path := fmt.Sprintf("/proc/%d/fd", pid)
	dir, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("pid:%d: open files: %w", pid, plain(err))
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, 0, fmt.Errorf("pid:%d: open files: %w", pid, plain(err))
	}
	byInode = map[uint32]int{}
	var link [64]byte
	for _, name := range names {
		n, err := unix.Readlinkat(int(dir.Fd()), name, link[:])
		if err != nil { // closed meanwhile
			continue
		}
		number, ok := strings.CutPrefix(string(link[:n]), "socket:[")
		if !ok {
			continue
		}
		inode, err1 := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 32)
		fd, err2 := strconv.Atoi(name)
		if err1 == nil && err2 == nil {
			byInode[uint32(inode)] = fd
		}
	}
	return byInode, len(names), nil
}

// Limit is how many descriptors a process may have (RLIMIT_NOFILE, soft).
func Limit(pid int) (int, error) {
	var r unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &r); err == nil {
		return int(min(r.Cur, 1<<31-1)), nil
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		return 0, fmt.Errorf("pid:%d: limits: %w", pid, plain(err))
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			return strconv.Atoi(strings.Fields(rest + " 0")[0])
		}
	}
	return 0, fmt.Errorf("pid:%d: limits: do not name open files", pid)
}

func directory(pid int) string {
	if pid == 0 {
		return "/proc/thread-self"
	}
	return fmt.Sprintf("/proc/%d", pid)
}

func inodeOf(path string) (uint32, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return 0, err
	}
	return uint32(st.Ino), nil
}

// plain is an error without the path in it.
func plain(err error) error {
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// ReadCounters reads the counters of the network namespace of a process, or of
// the thread that calls.
func ReadCounters(pid int) (Counters, error) {
	text, err := os.ReadFile(directory(pid) + "/net/netstat")
	if err != nil {
		return Counters{}, fmt.Errorf("pid:%d: counters of the network: %w", pid, plain(err))
	}
	return parseCounters(string(text))
}
