package source

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"

	"github.com/goperf/goperf/evidence"
)

// pidSource is a process on this machine: by the port on which it serves
// net/http/pprof, or by its memory when it serves none.
type pidSource struct {
	target string
	pid    int
	deps   Deps
}

// Collect implements [Source].
func (p pidSource) Collect(ctx context.Context, want Plan, progress func(Progress)) (*evidence.Capture, error) {
	if p.deps.Proc == "" {
		return nil, withHint(fmt.Errorf("%s: processes are looked at on Linux only", p.target), "give the URL of its pprof port")
	}
	addresses, err := p.addresses()
	if err != nil {
		return nil, err
	}
	var tried []string
	for _, a := range addresses {
		base := &url.URL{Scheme: "http", Host: a}
		u := &urlSource{target: p.target, kind: kindPID, base: base, deps: p.deps}
		capture, err := u.Collect(ctx, want, progress)
		if err == nil {
			capture.Target.PID = p.pid
			return capture, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		tried = append(tried, a)
	}
	why := fmt.Errorf("%s: the process listens on no TCP port", p.target)
	if len(tried) > 0 {
		why = fmt.Errorf("%s: no profiles are served on %v", p.target, tried)
	}
	return p.fromMemory(ctx, want, progress, why)
}

// addresses are where the process listens, loopback first.
func (p pidSource) addresses() ([]string, error) {
	proc := &process{pid: p.pid, proc: p.deps.Proc}
	fds, err := os.ReadDir(proc.file("fd"))
	switch {
	case os.IsNotExist(err):
		return nil, withHint(fmt.Errorf("%s: there is no such process", p.target), "pgrep -l NAME finds its number; it may have ended, or run in another container")
	case os.IsPermission(err):
		return nil, withHint(fmt.Errorf("%s: the process belongs to another user", p.target), "run goperf as that user or as root, or give the URL of its pprof port")
	case err != nil:
		return nil, fmt.Errorf("%s: %w", p.target, reason(err))
	}
	open := map[string]bool{}
	for _, fd := range fds {
		if to, err := os.Readlink(proc.file("fd/" + fd.Name())); err == nil {
			open[to] = true
		}
	}
	var loopback, other []string
	for _, name := range []string{"net/tcp", "net/tcp6"} {
		// The process's own table: it may live in another network.
		sockets(proc.read(name), func(address string, port int, inode string) {
			if !open["socket:["+inode+"]"] {
				return
			}
			ip := socketIP(address)
			if ip == nil {
				return
			}
			any := ip.IsUnspecified()
			if any {
				ip = net.IPv4(127, 0, 0, 1)
			}
			a := net.JoinHostPort(ip.String(), strconv.Itoa(port))
			if ip.IsLoopback() && !any {
				loopback = append(loopback, a)
			} else {
				other = append(other, a)
			}
		})
	}
	all := append(loopback, other...)
	return slices.Compact(all), nil
}

// socketIP reads an address of /proc/net/tcp: words of four bytes in the
// machine's order, which is little-endian wherever goperf is built for.
func socketIP(hex string) net.IP {
	if len(hex) != 8 && len(hex) != 32 {
		return nil
	}
	ip := make(net.IP, 0, len(hex)/2)
	for w := 0; w < len(hex); w += 8 {
		v, err := strconv.ParseUint(hex[w:w+8], 16, 32)
		if err != nil {
			return nil
		}
		ip = append(ip, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	return ip
}
