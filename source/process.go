package source

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/goperf/goperf/cgroup"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
)

// process is the target's process on this machine, read through the proc file
// system. Nothing is written and nothing is sent to it.
type process struct {
	pid    int
	proc   string // the mounted proc file system
	cgroup string
	now    func() time.Time

	began  time.Time
	before counters
	peak   int64           // largest RSS seen, B
	ticks  []tick          // of its CPU clock, while the collector is watched
	served []span          // when it was busy with answers to this tool
	uses   []kernel.Use    // over the window
	limits evidence.Limits // filled by finish
}

// counters grow over the life of a process; what a window took is a difference.
type counters struct {
	known     bool
	cpu       time.Duration
	io        evidence.IOCounts
	ioKnown   bool
	periods   int64
	throttled int64
	stalled   time.Duration
}

func (p *process) file(name string) string {
	return filepath.Join(p.proc, strconv.Itoa(p.pid), name)
}

func (p *process) read(name string) []byte {
	data, err := os.ReadFile(p.file(name))
	if err != nil {
		return nil
	}
	return data
}

// cgroups are the process's control groups, and the file system that describes
// them; nil when there is none.
func (p *process) cgroups() (cgroup.Groups, fs.FS) {
	var mounted fs.FS
	if p.cgroup != "" {
		mounted = os.DirFS(p.cgroup)
	}
	return cgroup.Parse(p.read("cgroup")), mounted
}

// findProcess looks for the process that answers, when the target is on this machine.
func (s *session) findProcess() {
	const hint = "run goperf on the target's machine to learn limits, throttling and build settings"
	note := func(why, hint string) {
		s.gap(evidence.HostLimits, why, hint)
		s.gap(evidence.BuildInfo, why, hint)
	}
	if s.deps.Proc == "" {
		note("processes are looked at on Linux only", "")
		return
	}
	if !s.isLocal() {
		note("the target is not on this machine", hint)
		return
	}
	pids, err := s.listeners()
	if err != nil {
		note(err.Error(), "run goperf as the user that runs the service, or as root")
		return
	}
	args, known := s.args()
	for _, pid := range pids {
		p := &process{pid: pid, proc: s.deps.Proc, cgroup: s.deps.Cgroup, now: s.deps.Now}
		if known && !bytes.Equal(bytes.TrimRight(p.read("cmdline"), "\x00"), args) {
			continue
		}
		s.local = p
		s.mu.Lock()
		s.capture.Target.PID = pid
		s.mu.Unlock()
		s.buildInfo(p)
		return
	}
	name := bytes.TrimSpace((&process{pid: pids[0], proc: s.deps.Proc}).read("comm"))
	note(fmt.Sprintf("process %d (%s) listens on the port, but another program answers", pids[0], cutText(string(name))), hint)
}

// args is the command line as the target tells it.
func (s *session) args() ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.capture.Blobs {
		if b.Kind == evidence.Cmdline {
			return bytes.TrimRight(b.Data, "\x00"), true
		}
	}
	return nil, false
}

func (s *session) isLocal() bool {
	if s.socket != "" {
		return true
	}
	host := s.offer.pprof.Hostname()
	ip := net.ParseIP(host)
	if strings.EqualFold(host, "localhost") || ip.IsLoopback() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil || ip == nil {
		return false
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(ip) {
			return true
		}
	}
	return false
}

// listeners are the processes that hold the target's listening socket.
func (s *session) listeners() ([]int, error) {
	t := procTable{s.deps.Proc}
	var inodes []string
	if s.socket != "" {
		inodes = t.unixInodes(s.socket)
	} else {
		port := s.offer.pprof.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[s.offer.pprof.Scheme]
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			return nil, err
		}
		inodes = t.listening(n)
	}
	if len(inodes) == 0 {
		return nil, errors.New("no process of this machine's network listens on the target's port: it may be in a container or behind a tunnel")
	}
	pids := t.holders(inodes)
	if len(pids) == 0 {
		return nil, errors.New("the process that listens on the target's port belongs to another user")
	}
	return pids, nil
}

func (s *session) buildInfo(p *process) {
	from := s.deps.Now()
	info, err := buildinfo.ReadFile(p.file("exe"))
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrPermission) {
			hint = "run goperf as the user that runs the service, or as root"
		}
		s.gap(evidence.BuildInfo, fmt.Sprintf("the binary of process %d cannot be read: %s", p.pid, shortErr(reason(err))), hint)
		return
	}
	s.add(evidence.Blob{Kind: evidence.BuildInfo, Name: s.name(evidence.BuildInfo, ".txt"), From: from, To: s.deps.Now(), Data: []byte(info.String())})
}

// reason is what the system said, without the path.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// start notes the counters as the window starts.
func (p *process) start() {
	p.began = p.now()
	p.before = p.counters()
}

// finish reads the limits, and what the counters grew by.
func (p *process) finish() {
	l := p.readLimits()
	after := p.counters()
	if p.before.known && after.known {
		l.Window = p.now().Sub(p.began)
		l.CPUTime = after.cpu - p.before.cpu
		if cpu, window := quiet(p.ticks, p.served); window > l.Window/3 {
			l.CPUTime, l.Window = cpu, window
		}
		l.Periods = after.periods - p.before.periods
		l.Throttled = after.throttled - p.before.throttled
		l.ThrottledFor = after.stalled - p.before.stalled
		if p.before.ioKnown && after.ioKnown {
			l.IO = evidence.IOCounts{
				ReadCalls: after.io.ReadCalls - p.before.io.ReadCalls, WriteCalls: after.io.WriteCalls - p.before.io.WriteCalls,
				ReadBytes: after.io.ReadBytes - p.before.io.ReadBytes, WriteBytes: after.io.WriteBytes - p.before.io.WriteBytes,
			}
		}
	}
	p.limits = l
}

// hostLimits keeps what was read around the process.
func (s *session) hostLimits() {
	p := s.local
	if p == nil {
		return
	}
	if p.limits.Threads == 0 {
		s.gap(evidence.HostLimits, fmt.Sprintf("process %d cannot be read any more: it ended", p.pid), "")
		return
	}
	data, err := json.Marshal(p.limits)
	if err != nil {
		s.gap(evidence.HostLimits, err.Error(), "")
		return
	}
	s.add(evidence.Blob{Kind: evidence.HostLimits, Name: s.name(evidence.HostLimits, ".json"), From: p.began, To: s.deps.Now(), Data: data})
}
