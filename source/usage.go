package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
)

// useEvery is how often the use of a process is looked at during the window.
const useEvery = time.Second

// use is what the process has taken by now; false when it cannot be read.
func (p *process) use() (kernel.Use, bool) {
	u := kernel.Use{At: p.now()}
	cpu, ok := p.cpuTime()
	if !ok {
		return u, false
	}
	status := p.read("status")
	if state := word(status, "State:"); state == "Z" || state == "X" { // it ended, and nobody has asked how
		return u, false
	}
	u.CPU, u.RSS, u.Threads, u.FDs = cpu, field(status, "VmRSS:")<<10, field(status, "Threads:"), p.openFiles()
	return u, true
}

// openFiles is how many file descriptors are open, 0 when that may not be known.
func (p *process) openFiles() (n int64) {
	dir, err := os.Open(p.file("fd"))
	if err != nil {
		return 0
	}
	defer dir.Close()
	for {
		names, err := dir.Readdirnames(4096)
		n += int64(len(names))
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return 0
			}
			return n
		}
	}
}

// lookOn looks at the use of the process until it is stopped, and keeps that.
func (s *session) lookOn() (stop func()) {
	if s.local == nil {
		return func() {}
	}
	end, done := make(chan struct{}), make(chan struct{})
	look := func() {
		if u, ok := s.local.use(); ok {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.local.uses = append(s.local.uses, u)
		}
	}
	go func() {
		defer close(done)
		ticker := time.NewTicker(useEvery)
		defer ticker.Stop()
		look()
		for {
			select {
			case <-ticker.C:
				look()
			case <-end:
				return
			}
		}
	}()
	return func() {
		close(end)
		<-done
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.local.uses) > 1 {
			_ = s.capture.SetUsage(s.local.uses) // numbers can be encoded
		}
	}
}

// Watch looks at a target whose collection has ended, for as long as somebody
// looks on. A look reads a few files of /proc and asks for the index page of the
// profiles, which counts goroutines and costs the target next to nothing.
type Watch struct {
	url     *urlSource // nil when it serves no profiles
	plan    Plan
	session *session  // with url, once it has answered
	local   *process  // nil when it is not on this machine
	started time.Time // local was: another process may get its number
}

// NewWatch looks on at what a capture is of; nil when that does not run on.
func NewWatch(of Source, c *evidence.Capture, want Plan) *Watch {
	w := &Watch{plan: want.filled()}
	var deps Deps
	switch src := of.(type) {
	case *urlSource:
		w.url, deps = src, src.deps
	case pidSource:
		deps = src.deps
	default:
		return nil
	}
	p := &process{pid: c.Target.PID, proc: deps.Proc, now: deps.Now}
	if p.pid > 0 && p.proc != "" {
		w.local, w.started = p, p.started()
	}
	if w.url == nil && w.local == nil {
		return nil
	}
	return w
}

// Look is what the target uses now; an error when it does not answer, or is gone.
func (w *Watch) Look(ctx context.Context) (kernel.Use, error) {
	var u kernel.Use
	if w.local != nil {
		var ok bool
		if u, ok = w.local.use(); !ok || !w.local.started().Equal(w.started) {
			return u, w.ended(ctx)
		}
	}
	if w.url == nil {
		return u, nil
	}
	if err := w.dial(ctx); err != nil {
		return u, err
	}
	if w.session.offer.guess { // there is no index page
		return u, nil
	}
	r := w.session.client.get(ctx, query{url: w.session.offer.at("", ""), limit: maxIndex, effect: effectNone})
	w.session.client.forget()
	if t := judge(r); t.kind != noTrouble {
		return u, errors.New(t.why)
	}
	u.Goroutines = goroutinesListed(r.body)
	if u.At.IsZero() {
		u.At = r.to
	}
	return u, nil
}

// ended says that the process is gone, and whether another one answers in its place.
func (w *Watch) ended(ctx context.Context) error {
	err := fmt.Errorf("process %d has ended", w.local.pid)
	if w.url == nil {
		return err
	}
	if w.dial(ctx) == nil && judge(w.session.client.get(ctx, query{url: w.session.offer.at("", ""), limit: maxIndex, effect: effectNone})).kind == noTrouble {
		err = fmt.Errorf("%w, and another one answers now: collect from that anew", err)
	}
	if w.session != nil {
		w.session.client.forget()
	}
	return err
}

// dial finds what is served, once.
func (w *Watch) dial(ctx context.Context) error {
	if w.session != nil {
		return nil
	}
	c, err := newClient(w.plan, w.url.socket, w.url.deps)
	if err != nil {
		return err
	}
	s := &session{deps: w.url.deps, plan: w.plan, client: c, socket: w.url.socket, counts: map[evidence.Kind]int{}}
	if err := s.discover(ctx, w.url.base); err != nil {
		c.close()
		return err
	}
	w.session = s
	return nil
}

// Close ends the connections of a watch.
func (w *Watch) Close() {
	if w.session != nil {
		w.session.client.close()
	}
}

// counted is how net/http/pprof lists the number of goroutines: see indexTmplExecute
// in net/http/pprof/pprof.go.
var counted = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`<td>(\d+)</td><td><a href=["']goroutine\?`)
})

// goroutinesListed is the number of goroutines on an index page, 0 when it does not say.
func goroutinesListed(page []byte) int64 {
	m := counted().FindSubmatch(page)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(m[1]), 10, 64) // digits; 0 for too many of them
	return n
}
