package source

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goperf/goperf/evidence"
)

// follower knows a process again after a restart: the same program with the same
// arguments, in a process that was not there before.
type follower struct {
	proc   string
	target pidSource
	exe    string
	args   []byte
	seen   map[int]string // processes of the program by when they started
}

// follow remembers what runs now.
func (p pidSource) follow() *follower {
	f := &follower{proc: p.deps.Proc, target: p, seen: map[int]string{}}
	f.exe, f.args = f.program(p.pid)
	maps.Copy(f.seen, f.running())
	f.seen[p.pid] = f.started(p.pid)
	return f
}

func (f *follower) process(pid int) *process { return &process{pid: pid, proc: f.proc} }

// program is what a process runs. A binary that was replaced on the disk is the
// same program (proc(5): " (deleted)").
func (f *follower) program(pid int) (exe string, args []byte) {
	p := f.process(pid)
	exe, _ = os.Readlink(p.file("exe"))
	return strings.TrimSuffix(exe, " (deleted)"), bytes.TrimRight(p.read("cmdline"), "\x00")
}

// started is the 22nd field of /proc/PID/stat: a number that comes again is
// another process.
func (f *follower) started(pid int) string {
	stat := string(f.process(pid).read("stat"))
	const starttime = 22 - 3 // the first two fields are cut off
	if fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]); len(fields) > starttime {
		return fields[starttime]
	}
	return ""
}

// running are the processes of the program.
func (f *follower) running() map[int]string {
	out := map[int]string{}
	dirs, err := os.ReadDir(f.proc)
	if err != nil {
		return nil
	}
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		if exe, args := f.program(pid); exe == f.exe && len(args) > 0 && bytes.Equal(args, f.args) {
			out[pid] = f.started(pid)
		}
	}
	return out
}

// next is the process that has come since, the lowest number first; 0 is none.
func (f *follower) next() int {
	found := 0
	for pid, started := range f.running() {
		if before, known := f.seen[pid]; known && before == started {
			continue
		}
		if found == 0 || pid < found {
			found = pid
		}
	}
	return found
}

// openTrial finds the service of a process, and how to know it again.
func (p pidSource) openTrial(ctx context.Context, want Plan) (*Trial, error) {
	if p.deps.Proc == "" {
		return nil, withHint(fmt.Errorf("%s: processes are looked at on Linux only", p.target), "give the URL of its pprof port")
	}
	t, err := p.trial(ctx, want)
	if err != nil {
		return nil, err
	}
	t.follow = p.follow()
	return t, nil
}

// trial is the service at the first of a process's ports that serves profiles.
func (p pidSource) trial(ctx context.Context, want Plan) (*Trial, error) {
	addresses, err := p.addresses()
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		t, err := openTrialAt(ctx, &url.URL{Scheme: "http", Host: a}, "", p.deps, want)
		if err == nil {
			return t, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
	}
	return nil, withHint(fmt.Errorf("%s: %w: no profiles are served on %v", p.target, ErrNoService, addresses), "serve net/http/pprof in it, or observe it again after a restart with --compare")
}

// restarted waits for the next process of the program that serves profiles, and
// goes on with that. The error is that of ctx.
func (f *follower) restarted(ctx context.Context, t *Trial) error {
	for {
		if pid := f.next(); pid > 0 {
			next := f.target
			next.target, next.pid = "pid:"+strconv.Itoa(pid), pid
			if again, err := next.trial(ctx, t.session.plan); err == nil {
				t.session.client.close()
				t.session, t.at, t.now = again.session, again.at, &next
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.session.deps.After(restartPoll):
		}
	}
}

// Successor is the target that names the process after a restart, and how it was
// known; "" when the target's name still holds.
func (t *Trial) Successor() (target, how string) {
	if t.now == nil {
		return "", ""
	}
	return t.now.target, fmt.Sprintf("process %d runs %s with the same arguments as process %d", t.now.pid, cutText(filepath.Base(t.follow.exe)), t.follow.target.pid)
}

// Environment is GOGC and GOMEMLIMIT as the process after a restart was given
// them; false when that cannot be read.
func (t *Trial) Environment() (gogc, limit string, known bool) {
	if t.now == nil {
		return "", "", false
	}
	p := &process{pid: t.now.pid, proc: t.now.deps.Proc}
	var l evidence.Limits
	p.environment(&l)
	return l.GOGC, l.GOMEMLIMIT, l.EnvKnown
}
