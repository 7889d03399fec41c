package tcp

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/goperf/goperf/ebpf/sockets"
)

// handle is the descriptor by which a process has a socket.
type handle struct {
	owner string // "" when one process is watched
	fd    int    // -1: not known
}

// holder is a process with descriptors.
type holder struct {
	owner      string
	fds, limit int
}

// use is how many descriptors a process had over time.
type use struct {
	fds   series
	limit int
	seen  int // the look that saw it last
}

// ownerName is how a process is called among others.
func ownerName(comm string, pid uint32) string {
	switch {
	case pid == 0:
		return comm
	case comm == "":
		comm = "pid:"
	}
	return fmt.Sprintf("%s[%d]", comm, pid)
}

// owned is code of a process: one of them may not be known.
func owned(owner, code string) string {
	if owner == "" || code == "" {
		return owner + code
	}
	return owner + " " + code
}

// owning is something that a process has.
func owning(what, owner string) string {
	if owner == "" {
		return what
	}
	return what + " of " + owner
}

// handleOf is by which descriptor a socket is held, and whether by one of those
// that are watched: of a whole namespace all are, known or not.
func (t *tracker) handleOf(s *sockets.Socket) (handle, bool) {
	if h, known := t.look.held[s.Inode]; known && s.Inode != 0 {
		return h, true
	}
	return handle{fd: -1}, t.whole && s.Inode != 0
}

// holds notes how many descriptors each process has. Those that have ended are
// forgotten.
func (t *tracker) holds(all []holder) {
	for _, h := range all {
		u := t.uses[h.owner]
		if u == nil && len(t.uses) >= maxPeers {
			continue
		}
		if u == nil {
			u = &use{}
			t.uses[h.owner] = u
		}
		u.limit, u.seen = h.limit, t.looks
		u.fds.add(t.look.since, float64(h.fds))
	}
	maps.DeleteFunc(t.uses, func(_ string, u *use) bool { return t.whole && u.seen != t.looks })
}

// fullest is the processes by what share of their descriptors they use.
func (t *tracker) fullest() []string {
	share := func(name string) float64 { return t.uses[name].fds.last() / float64(max(t.uses[name].limit, 1)) }
	return slices.SortedFunc(maps.Keys(t.uses), func(a, b string) int { return cmp.Or(cmp.Compare(share(b), share(a)), cmp.Compare(a, b)) })
}

func (t *tracker) judgeDescriptors() {
	for owner, u := range t.uses {
		if u.limit <= 0 || u.seen != t.looks {
			continue
		}
		used := u.fds.last()
		after, grows := u.fds.runsOut(float64(u.limit))
		_, more := u.fds.growth()
		subject := owning("file descriptors", owner)
		text := fmt.Sprintf("%.0f of %d %s are open", used, u.limit, subject)
		switch {
		case used > full*float64(u.limit):
			t.raise(Descriptors, subject, "", used, text)
		case grows && after < t.limits.Ahead && more >= minGrowth:
			t.raise(Descriptors, subject, "", used, fmt.Sprintf("%s, and all of them in about %s", text, short(after)))
		}
	}
}
