package source

import (
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/goperf/goperf/ebpf/probe"
)

const (
	defaultDuration = 30 * time.Second
	defaultTimeout  = 20 * time.Second
)

// filled is d with the real world where d says nothing.
func (d Deps) filled() Deps {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.After == nil {
		d.After = time.After
	}
	if d.Dial == nil {
		d.Dial = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
	if d.Getenv == nil {
		d.Getenv = func(string) string { return "" }
	}
	if runtime.GOOS == "linux" {
		if d.Proc == "" {
			d.Proc = "/proc"
		}
		if d.Cgroup == "" {
			d.Cgroup = "/sys/fs/cgroup"
		}
	}
	return d
}

// path is the file that the user means by name.
func (d Deps) path(name string) string {
	if d.Dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(d.Dir, name)
}

// filled is p with the defaults where p says nothing.
func (p Plan) filled() Plan {
	if p.Duration <= 0 {
		p.Duration = defaultDuration
	}
	// The target takes whole seconds only.
	p.Duration = max(p.Duration.Round(time.Second), time.Second)
	if p.TraceLength <= 0 {
		p.TraceLength = time.Second
		switch {
		case p.Collector:
			p.TraceLength = min(6*time.Second, max(p.Duration/5, time.Second)).Truncate(time.Second)
		case p.Duration >= 10*time.Second:
			p.TraceLength = 2 * time.Second
		}
	}
	p.TraceLength = min(p.TraceLength, p.Duration)
	if p.Timeout <= 0 {
		p.Timeout = defaultTimeout
	}
	if p.GoroutineText == "" {
		p.GoroutineText = WhenAuto
	}
	if p.Only != "" {
		p.NoTrace, p.GoroutineText, p.NoSyntax = true, WhenNever, true
		p.Probes = slices.DeleteFunc(slices.Clone(p.Probes), func(b probe.Probe) bool { return probeKind(b.Name) != p.Only })
	}
	if p.Collector {
		p.GC, p.GoroutineText, p.NoSyntax = WhenNever, WhenNever, true
	}
	if p.GC == "" {
		p.GC = WhenAuto
	}
	return p
}
