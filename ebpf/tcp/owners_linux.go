package tcp

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/sockets"
	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/profile/symbol"
)

// image is what names the code of one process.
type image struct {
	id         string          // which executable it is
	process    *attach.Process // nil: it is no Go program, or does not let us look
	classifier symbol.Classifier
}

// images are those of a network namespace whose connections were seen.
type images struct {
	byPID  map[int]*image
	hidden int // processes whose sockets nobody tells us
}

// maxImages is how many executables are kept open.
const maxImages = 64

// of is the program of a process, nil when its code cannot be named.
func (p *images) of(pid int) *image {
	id, err := imageOf(pid)
	if err != nil {
		return nil
	}
	g := p.byPID[pid]
	if g != nil && g.id == id {
		return g
	}
	if g == nil && len(p.byPID) >= maxImages {
		p.close()
	}
	if g != nil && g.process != nil {
		_ = g.process.Close()
	}
	process, err := attach.Open(pid)
	if err != nil {
		process = nil
	}
	g = p.keep(pid, process)
	g.id = id
	return g
}

func (p *images) keep(pid int, process *attach.Process) *image {
	g := &image{process: process}
	if process != nil {
		if b := process.Build(); b != nil {
			g.classifier.Main = b.Main.Path
		}
	}
	p.byPID[pid] = g
	return g
}

// notes is what is known in part of the processes of a namespace.
func (p *images) notes(whole, numbered bool) []string {
	if !whole {
		return nil
	}
	notes := []string{"all processes of this network namespace are watched"}
	if p.hidden > 0 {
		notes = append(notes, fmt.Sprintf("%d of them do not let themselves be looked at: of connections that were there before the probe it is not known that they are theirs (run goperf as root, or with CAP_SYS_PTRACE)", p.hidden))
	}
	if !numbered {
		notes = append(notes, "goperf is in a PID namespace, where processes have other numbers: connections opened while the probe ran are told by the name of the process alone")
	}
	return notes
}

// imageOf tells executables apart, also those that one process runs in turn.
func imageOf(pid int) (string, error) {
	var st unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d/exe", pid), &st); err != nil {
		return "", err
	}
	return fmt.Sprint(st.Dev, st.Ino, st.Ctim), nil
}

func (p *images) close() {
	for _, g := range p.byPID {
		if g.process != nil {
			_ = g.process.Close()
		}
	}
	clear(p.byPID)
}

// nameOf is the function that a stack is known by, and the stack.
func (g *image) nameOf(s stacks.Stack) (code, stack string) {
	if g == nil || g.process == nil {
		return "", ""
	}
	frames := stacks.Names(g.process, s)
	code = ownCode(frames, g.classifier)
	return code, way(frames, code, g.classifier)
}

// holders are all processes of the namespace, and what they hold.
func (s *session) holders() (map[uint32]handle, []holder, error) {
	held := map[uint32]handle{}
	if !s.whole {
		byInode, open, err := sockets.Held(s.pid)
		if err != nil {
			return nil, nil, err
		}
		limit, err := sockets.Limit(s.pid)
		for inode, fd := range byInode {
			held[inode] = handle{fd: fd}
		}
		return held, []holder{{fds: open, limit: limit}}, err
	}
	var all []holder
	hidden, err := s.namespace.Holders(func(pid int, byInode map[uint32]int, open int) {
		name := ownerName(comm(pid), uint32(pid))
		limit, err := sockets.Limit(pid)
		if err != nil {
			return // it has just ended
		}
		all = append(all, holder{owner: name, fds: open, limit: limit})
		for inode, fd := range byInode {
			if _, shared := held[inode]; !shared { // by a child, mostly
				held[inode] = handle{owner: name, fd: fd}
			}
		}
	})
	s.images.hidden = max(s.images.hidden, hidden)
	return held, all, err
}

// comm is what the kernel calls a process.
func comm(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(strings.TrimSpace(string(b)), "\uFFFD")
}
