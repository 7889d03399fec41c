package source

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
)

// procTable finds processes by their sockets.
type procTable struct{ root string }

// tcpListen is the state of a listening socket in /proc/net/tcp.
const tcpListen = "0A"

// sockets calls visit with the local address and inode of every listening TCP
// socket in a table such as /proc/net/tcp.
func sockets(table []byte, visit func(address string, port int, inode string)) {
	for line := range bytes.Lines(table) {
		f := strings.Fields(string(line))
		if len(f) < 10 || f[3] != tcpListen {
			continue
		}
		address, hexPort, ok := strings.Cut(f[1], ":")
		port, err := strconv.ParseUint(hexPort, 16, 16)
		if ok && err == nil {
			visit(address, int(port), f[9])
		}
	}
}

// listening are the inodes of the sockets that listen on a port.
func (t procTable) listening(port int) []string {
	var inodes []string
	for _, name := range []string{"net/tcp", "net/tcp6"} {
		data, err := os.ReadFile(filepath.Join(t.root, name))
		if err != nil {
			continue
		}
		sockets(data, func(_ string, p int, inode string) {
			if p == port {
				inodes = append(inodes, inode)
			}
		})
	}
	return inodes
}

// unixInodes are the inodes of the sockets bound to a path.
func (t procTable) unixInodes(path string) []string {
	data, err := os.ReadFile(filepath.Join(t.root, "net/unix"))
	if err != nil {
		return nil
	}
	var inodes []string
	for line := range bytes.Lines(data) {
		// Num RefCount Protocol Flags Type St Inode Path
		f := strings.Fields(string(line))
		if len(f) >= 8 && strings.Join(f[7:], " ") == path {
			inodes = append(inodes, f[6])
		}
	}
	return inodes
}

// holders are the processes that have one of the sockets open, lowest number first.
func (t procTable) holders(inodes []string) []int {
	want := map[string]bool{}
	for _, i := range inodes {
		want["socket:["+i+"]"] = true
	}
	dirs, err := os.ReadDir(t.root)
	if err != nil {
		return nil
	}
	var pids []int
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err == nil && t.holds(pid, want) {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

func (t procTable) holds(pid int, want map[string]bool) bool {
	dir := filepath.Join(t.root, strconv.Itoa(pid), "fd")
	fds, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && want[to] {
			return true
		}
	}
	return false
}

// userHZ is the tick of /proc/PID/stat, which is 100 on every Linux that Go runs on.
const userHZ = 100

// stat is the fields of /proc/PID/stat after the name of the process, which may
// hold blanks and parentheses: the first is the state.
func (p *process) stat() []string {
	stat := string(p.read("stat"))
	return strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
}

// cpuTime is the CPU that the process has used.
func (p *process) cpuTime() (time.Duration, bool) {
	f := p.stat()
	if len(f) <= 12 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * time.Second / userHZ, err1 == nil && err2 == nil
}

func (p *process) counters() counters {
	var c counters
	c.cpu, c.known = p.cpuTime()
	if io := p.read("io"); io != nil {
		c.ioKnown = true
		c.io = evidence.IOCounts{
			ReadCalls: field(io, "syscr:"), WriteCalls: field(io, "syscw:"),
			ReadBytes: field(io, "rchar:"), WriteBytes: field(io, "wchar:"),
		}
	}
	groups, mounted := p.cgroups()
	if stat := groups.CPUStat(mounted); stat != nil {
		c.periods, c.throttled = field(stat, "nr_periods"), field(stat, "nr_throttled")
		c.stalled = time.Duration(field(stat, "throttled_usec"))*time.Microsecond + time.Duration(field(stat, "throttled_time"))
	}
	return c
}

// field is the number after a name at the start of a line, 0 when there is none.
func field(data []byte, name string) int64 {
	n, _ := strconv.ParseInt(word(data, name), 10, 64)
	return n
}

// word is the first word after a name at the start of a line.
func word(data []byte, name string) string {
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte(name)); ok {
			if f := bytes.Fields(rest); len(f) > 0 {
				return string(f[0])
			}
		}
	}
	return ""
}

func (p *process) readLimits() evidence.Limits {
	status := p.read("status")
	l := evidence.Limits{
		NumCPU:  countCPUs(word(status, "Cpus_allowed_list:")),
		RSS:     field(status, "VmRSS:") << 10,
		Threads: int(field(status, "Threads:")),
	}
	if fds, err := os.ReadDir(p.file("fd")); err == nil {
		l.FDs = len(fds)
	}
	l.FDLimit = field(p.read("limits"), "Max open files")
	groups, mounted := p.cgroups()
	memory := groups.Memory(mounted)
	l.CPUQuota, l.MemoryLimit, l.MemoryUsed = groups.CPUQuota(mounted), memory.Limit(), memory.Used
	l.Memory = p.memoryUse(status, groups.Memory(mounted))
	p.environment(&l)
	return l
}

// environment is what the process was given to tune the runtime with.
func (p *process) environment(l *evidence.Limits) {
	environ, err := os.ReadFile(p.file("environ"))
	if err != nil {
		return
	}
	l.EnvKnown = true
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		// Only what tunes the runtime: the rest may be secret.
		name, value, _ := strings.Cut(string(entry), "=")
		switch name {
		case "GOGC":
			l.GOGC = value
		case "GOMEMLIMIT":
			l.GOMEMLIMIT = value
		case "GODEBUG":
			l.GODEBUG = value
		case "GOMAXPROCS":
			l.GOMAXPROCS, _ = strconv.Atoi(value)
		}
	}
}

// countCPUs counts a list such as 0-3,8.
func countCPUs(list string) int {
	n := 0
	for part := range strings.SplitSeq(list, ",") {
		var from, to int
		switch k, _ := fmt.Sscanf(part, "%d-%d", &from, &to); {
		case k == 1:
			n++
		case k == 2 && to >= from:
			n += to - from + 1
		}
	}
	return n
}
