package source

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// ErrTarget is in the chain of every error that says that a target is not
// written in a form that goperf reads, or names nothing.
var ErrTarget = errors.New("target")

// hostPort is host:port, [v6]:port or :port, with an optional path. A letter
// alone before the colon is a drive.
var hostPort = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[A-Za-z0-9_][A-Za-z0-9._-]+|\[[0-9A-Fa-f:.%a-z]+\])?:[0-9]{1,5}(?:/.*)?$`)
})

// IsDemo says that a target is the demonstration service, of which nothing is lost.
func IsDemo(target string) bool { return target == kindDemo || strings.HasPrefix(target, kindDemo+":") }

// Parse reads one target:
//
//	http://host:port[/prefix]  https://...   a service that serves net/http/pprof
//	host:port  :6060                         the same, by http
//	unix:///path[:/prefix]                   the same, on a unix socket
//	pid:N                                    the process on this machine, by its pprof port or its memory
//	FILE                                     a profile, trace, gctrace log, text page or .goperf bundle
//	DIR                                      all of those in a directory
//	-                                        one of those on standard input
//	demo  demo:SICKNESS                      the demonstration service
//
// A file or directory of that name wins over host:port.
func Parse(target string, deps Deps) (Source, error) {
	deps = deps.filled()
	switch {
	case target == "":
		return nil, bad(target, "is empty", "give a URL, host:port, a file or demo")
	case target == "-":
		return stdinSource{deps}, nil
	case IsDemo(target):
		return parseDemo(target, deps)
	case strings.HasPrefix(target, "unix:"):
		return parseUnix(target, deps)
	case strings.HasPrefix(target, "pid:"):
		return parsePID(target, deps)
	case strings.HasPrefix(target, "pod:"):
		return nil, parsePod(target)
	case strings.Contains(target, "://"):
		return parseURL(target, target, deps)
	}
	_, err := os.Stat(deps.path(target))
	if err == nil {
		return Files([]string{target}, deps), nil
	}
	if hostPort().MatchString(target) {
		full := "http://" + target
		if strings.HasPrefix(target, ":") {
			full = "http://localhost" + target
		}
		return parseURL(target, full, deps)
	}
	return nil, noFile(target, err)
}

func bad(target, why, hint string) error {
	return withHint(fmt.Errorf("%w %q: %s", ErrTarget, target, why), hint)
}

func noFile(target string, err error) error {
	if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w %q: %w", ErrTarget, target, reason(err))
	}
	if n, numErr := strconv.Atoi(target); numErr == nil && n > 0 {
		return bad(target, "there is no such file", fmt.Sprintf("for a service write :%s, for a process pid:%s", target, target))
	}
	return bad(target, "there is no such file", "for a service write host:port or http://host:port")
}

func parseDemo(target string, deps Deps) (Source, error) {
	if deps.Demo == nil {
		return nil, bad(target, "there is no demonstration service in this program", "")
	}
	_, sickness, _ := strings.Cut(target, ":")
	return demoSource{target: target, sickness: sickness, deps: deps}, nil
}

func parseUnix(target string, deps Deps) (Source, error) {
	rest := strings.TrimPrefix(strings.TrimPrefix(target, "unix:"), "//") // curl and docker write one slash, too
	if !strings.HasPrefix(rest, "/") {
		return nil, bad(target, "names no socket", "a unix socket is written unix:///path/to/socket or unix:///path/to/socket:/prefix")
	}
	socket, prefix, _ := strings.Cut(rest, ":")
	if prefix != "" && !strings.HasPrefix(prefix, "/") {
		return nil, bad(target, "what comes after the socket's colon is not a path", "write unix:///path/to/socket:/prefix")
	}
	base := &url.URL{Scheme: "http", Host: "localhost", Path: prefix}
	return &urlSource{target: target, kind: kindURL, base: base, socket: socket, deps: deps}, nil
}

func parsePID(target string, deps Deps) (Source, error) {
	pid, err := strconv.Atoi(strings.TrimPrefix(target, "pid:"))
	if err != nil || pid <= 0 {
		return nil, bad(target, "has no process number", "a process is written pid:N")
	}
	return pidSource{target: target, pid: pid, deps: deps}, nil
}

func parsePod(target string) error {
	namespace, name, ok := strings.Cut(strings.TrimPrefix(target, "pod:"), "/")
	if !ok || namespace == "" || name == "" {
		return bad(target, "names no pod", "a pod is written pod:NAMESPACE/NAME")
	}
	return bad(target, "pods are not reached directly yet", fmt.Sprintf(
		"run kubectl port-forward -n %s pod/%s 6060:PORT with the port that serves pprof, and give :6060", namespace, name))
}

func parseURL(target, full string, deps Deps) (Source, error) {
	u, err := url.Parse(full)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // without the URL, which may hold a password
		}
		return nil, fmt.Errorf("%w: is no URL: %w", ErrTarget, err)
	}
	if _, secret := u.User.Password(); secret {
		target = u.Redacted()
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, bad(target, "the scheme is not http, https or unix", "")
	case u.Hostname() == "":
		return nil, bad(target, "there is no host", "write http://host:port")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return nil, bad(target, "the port is not between 1 and 65535", "")
		}
	}
	return &urlSource{target: target, kind: kindURL, base: u, deps: deps}, nil
}
