//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a subject that runs under its load.
type process struct {
	cmd *exec.Cmd
	deployment
	base   string // of net/http/pprof
	output log
	ended  chan struct{}
	loaded chan error
	stop   context.CancelFunc
}

// launch starts a subject with a setting, puts it under load, and waits until
// both have warmed up. Wrap, when given, says what starts it.
func (l *lab) launch(ctx context.Context, s subject, setting string, wrap ...string) (*process, error) {
	dir, err := os.MkdirTemp(l.work, "run-")
	if err != nil {
		return nil, err
	}
	p := &process{ended: make(chan struct{}), loaded: make(chan error, 1)}
	if p.deployment, err = deploy(ctx, s, dir); err != nil {
		return nil, err
	}
	argv := append(append(wrap, l.binary(s)), s.args(p.deployment)...)
	ctx, p.stop = context.WithCancel(ctx)
	p.cmd = exec.CommandContext(ctx, argv[0], argv[1:]...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.Env = append(os.Environ(), append(environment(setting), "GODEBUG=gctrace=1")...)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	p.base = s.pprof(p.deployment)
	if err := p.ready(ctx); err != nil {
		p.close()
		return nil, err
	}
	warm := make(chan struct{})
	go func() { p.loaded <- s.drive(ctx, p.deployment, sync.OnceFunc(func() { close(warm) })) }()
	select {
	case <-warm:
	case err := <-p.loaded:
		p.close()
		return nil, fmt.Errorf("load: %w", err)
	case <-time.After(time.Minute):
		p.close()
		return nil, errors.New("load: not ready after a minute")
	case <-p.ended:
		return p, nil // the caller finds out
	}
	pause(ctx, l.warm/2)
	// What filling the heap has left behind is no part of what is measured.
	if _, err := get(ctx, p.base+"/debug/pprof/heap?gc=1"); err != nil && p.alive() {
		p.close()
		return nil, err
	}
	pause(ctx, l.warm)
	return p, nil
}

// environment is a setting of the form of --grid: 100, off/600MiB.
func environment(setting string) []string {
	gogc, limit, _ := strings.Cut(setting, "/")
	if limit == "" {
		limit = "off"
	}
	return []string{"GOGC=" + gogc, "GOMEMLIMIT=" + limit}
}

// ready waits until the subject serves its profiles.
func (p *process) ready(ctx context.Context) error {
	var last error
	for range 600 {
		select {
		case <-p.ended:
			return fmt.Errorf("ended: %v: %s", p.cmd.ProcessState, tail(p.output.String()))
		default:
		}
		if _, last = get(ctx, p.base+"/debug/pprof/heap?debug=1"); last == nil {
			return nil
		}
		if !pause(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
	return fmt.Errorf("not ready: %w", last)
}

// log is what a subject prints. It may be read while the subject runs.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(data)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// underLoad says why the load has ended, when it has.
func (p *process) underLoad() error {
	select {
	case err := <-p.loaded:
		if err == nil {
			return errors.New("the load has ended")
		}
		return fmt.Errorf("load: %w", err)
	default:
		return nil
	}
}

func (p *process) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// close ends the subject and removes what it wrote.
func (p *process) close() {
	p.stop()
	<-p.ended
	_ = os.RemoveAll(p.dir)
}

func tail(text string) string {
	if len(text) > 600 {
		text = text[len(text)-600:]
	}
	return strings.TrimSpace(text)
}

func get(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return do(r)
}

func do(r *http.Request) ([]byte, error) {
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s: %s: %s", r.URL.Path, response.Status, tail(string(body)))
	}
	return body, nil
}

// pause waits, and says whether to go on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
