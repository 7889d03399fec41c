package audit

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
)

// namer names the stacks of the target. Its zero value names none.
type namer struct {
	process *attach.Process
	folder  *stacks.Folder
	classes symbol.Classifier
	known   map[uint64]named
}

type named struct {
	function string
	stack    []string
}

func newNamer(p *attach.Process) *namer {
	return &namer{
		process: p, classes: symbol.Classifier{Main: p.Main()}, known: map[uint64]named{},
		folder: stacks.NewFolder(p, nil, nil, profile.ValueType{Type: "events", Unit: "count"}),
	}
}

// name is the frames of a stack, and the function that is the program's own, or
// else a library's, nearest to the leaf.
func (n *namer) name(id uint64, c *attach.Collection) named {
	if n.process == nil || id == 0 {
		return named{}
	}
	if out, ok := n.known[id]; ok {
		return out
	}
	s, err := stacks.DecodeStack(c.Look("stacks", word(id)))
	if err != nil {
		return named{} // counted as lost by the program
	}
	var out named
	best := symbol.Native
	for i, pc := range n.folder.Addresses(s) {
		if i > 0 {
			pc-- // a return address is that of the next instruction
		}
		for _, f := range n.process.Frames(pc) {
			out.stack = append(out.stack, fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line))
			if class := n.classes.Of(f.Function); class < best {
				best, out.function = class, f.Function
			}
		}
	}
	n.known[id] = out
	return out
}

func (n *namer) labels(id uint64, c *attach.Collection) map[string]string {
	if n.process == nil || id == 0 {
		return nil
	}
	l, err := stacks.DecodeLabels(c.Look("label_sets", word(id)), n.process.Constant)
	if err != nil {
		return nil
	}
	all := map[string]string{}
	for _, label := range l.List {
		all[label.Key] = label.Str
	}
	return all
}

func word(v uint64) []byte { return binary.NativeEndian.AppendUint64(nil, v) }

// event is a record without what the policy says of it.
func (s *session) event(r *record) Event {
	e := Event{
		Time: wall(r.at), Kind: r.kind.Name(), Args: r.args, Result: resultName(r.result),
		PID: int(r.pid), Process: r.comm, Goroutine: r.goid,
	}
	if r.flags&flagOwnStack != 0 {
		n := s.names.name(r.stack, s.kernel)
		e.Function, e.Stack, e.Labels = n.function, n.stack, s.names.labels(r.labels, s.kernel)
	}
	return e
}

// wall is the time of day of a moment on CLOCK_MONOTONIC.
func wall(at uint64) time.Time {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return time.Now()
	}
	return time.Now().Add(time.Duration(int64(at) - now.Nano()))
}

// resultName is "ok" or the name of the error.
func resultName(result int64) string {
	if result >= 0 || result < -4095 {
		return "ok"
	}
	if name := unix.ErrnoName(unix.Errno(-result)); name != "" {
		return name
	}
	return "error " + strconv.FormatInt(-result, 10)
}

// directory is what the path of a record is relative to, "" when the process, or
// its descriptor, is gone or stands for another one.
func (s *session) directory(r *record) string {
	if strings.HasPrefix(r.path, "/") {
		return ""
	}
	pid, ok := s.here(r.pid)
	if !ok {
		return ""
	}
	link := fmt.Sprintf("/proc/%d/cwd", pid)
	if r.dir != atCWD {
		link = fmt.Sprintf("/proc/%d/fd/%d", pid, r.dir)
	}
	dir, err := os.Readlink(link)
	if err != nil || !strings.HasPrefix(dir, "/") {
		return ""
	}
	var now unix.Stat_t
	if unix.Stat(link, &now) != nil || now.Ino != r.inode {
		return "" // it is another one by now
	}
	return strings.TrimSuffix(dir, " (deleted)")
}

// here is the number that a process has in this PID namespace.
func (s *session) here(host uint32) (pid int, ok bool) {
	switch {
	case s.host == host:
		return s.target.PID, true
	case attach.InitialNamespace():
		return int(host), true
	}
	return 0, false
}

// children are the processes that one has started.
func children(pid int) []int {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	var all []int
	for _, t := range tasks {
		list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		if err != nil {
			continue
		}
		for f := range strings.FieldsSeq(string(list)) {
			if child, err := strconv.Atoi(f); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}
