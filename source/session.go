package source

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// The kinds of target that a capture names.
const (
	kindURL    = "url"
	kindFile   = "file"
	kindBundle = "bundle"
	kindStdin  = "stdin"
	kindDemo   = "demo"
	kindPID    = "pid"
)

// urlSource is a service that serves net/http/pprof.
type urlSource struct {
	target string // as the user wrote it, without passwords
	kind   string
	base   *url.URL
	socket string // of a unix target
	deps   Deps

	closing time.Duration // 0 is closingTime
}

// closingTime is how long the closing snapshots may take after an interrupt.
const closingTime = time.Second

// Collect implements [Source].
func (u *urlSource) Collect(ctx context.Context, want Plan, progress func(Progress)) (*evidence.Capture, error) {
	want = want.filled()
	c, err := newClient(want, u.socket, u.deps)
	if err != nil {
		return nil, err
	}
	defer c.close()
	s := &session{
		deps: u.deps, plan: want, client: c, told: progress, socket: u.socket, counts: map[evidence.Kind]int{},
		capture: evidence.Capture{Target: evidence.Target{Name: u.target, Kind: u.kind}, From: u.deps.Now()},
	}
	defer s.beat()()
	s.say("looking for profiles")
	if err := s.discover(ctx, u.base); err != nil {
		return nil, err
	}
	switch {
	case want.Only != "":
		s.only(ctx, want.Only)
	case want.Collector:
		s.watchCollector(ctx)
	default:
		s.opening(ctx)
		s.attachProbes(ctx, true)
		stop := s.lookOn()
		s.window(ctx)
		stop()
		s.detachProbes()
		s.closing(ctx, cmp.Or(u.closing, closingTime))
	}
	if want.Only == "" {
		s.hostLimits()
	}
	return s.done(ctx)
}

// session is one collection from one service.
type session struct {
	deps   Deps
	plan   Plan
	client *client
	offer  offer
	socket string        // of a unix target
	skew   time.Duration // the target's clock minus ours
	local  *process      // when it runs on this machine
	probes []attached    // to local, for the window
	kernel sampling
	last   heapState                       // as of the latest MemStats page of an opening or middle snapshot
	mute   int                             // answers in a row that did not come in time
	reads  map[evidence.Kind]time.Duration // how long the first snapshot of a kind took

	mu      sync.Mutex // guards what follows: the trace runs beside the CPU profile, and progress is told beside both
	began   time.Time  // the window
	capture evidence.Capture
	counts  map[evidence.Kind]int
	samples int64
	tracing bool // the trace has begun
	doing   string
	told    func(Progress)
}

// sampling is what the on-CPU probe saw.
type sampling struct {
	whole   *profile.Profile // of the window; nil when there is none
	preview []evidence.Blob  // of slices, shown until that is there; guarded as what is told
}

// add keeps a blob.
func (s *session) add(b evidence.Blob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.capture.Blobs = append(s.capture.Blobs, b)
}

// name is the next name for a blob of a kind: "heap-2.pb.gz".
func (s *session) name(kind evidence.Kind, suffix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[kind]++
	return fmt.Sprintf("%s-%d%s", kind, s.counts[kind], suffix)
}

// gap notes what could not be had; the same reason is noted once.
func (s *session) gap(want evidence.Kind, why, hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.capture.Gaps {
		if g.Want == want && g.Why == why {
			return
		}
	}
	s.capture.Gaps = append(s.capture.Gaps, evidence.Gap{Want: want, Why: why, Hint: hint})
}

// begin notes that the window begins.
func (s *session) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = s.deps.Now()
}

// say tells the user what is being done.
func (s *session) say(doing string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doing = doing
	s.tellLocked()
}

func (s *session) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tellLocked()
}

func (s *session) tellLocked() {
	if s.told == nil {
		return
	}
	p := Progress{Doing: s.doing, Window: s.plan.Duration, Samples: s.samples, Bytes: s.client.received()}
	if s.local != nil {
		p.Uses = slices.Clip(s.local.uses)
	}
	if !s.began.IsZero() {
		p.Elapsed = min(s.deps.Now().Sub(s.began), p.Window)
	}
	if what, since := s.client.waits(); what != "" {
		p.Doing += fmt.Sprintf(": no answer to %s for %s", what, since.Truncate(time.Second))
	}
	soFar := s.capture
	if len(s.kernel.preview) > 0 {
		soFar.Blobs = slices.Concat(soFar.Blobs, s.kernel.preview)
	}
	soFar.Blobs, soFar.Gaps, soFar.Asked = slices.Clip(soFar.Blobs), slices.Clip(soFar.Gaps), s.client.requests()
	p.SoFar = &soFar
	s.told(p)
}

// Holds says that there is something in a capture that can be concluded from.
func Holds(c *evidence.Capture) bool {
	return slices.ContainsFunc(c.Blobs, func(b evidence.Blob) bool {
		switch b.Kind {
		case evidence.Index, evidence.Cmdline, evidence.HostLimits, evidence.BuildInfo:
			return false
		}
		return !b.IsUsage()
	})
}

// done closes the capture.
func (s *session) done(ctx context.Context) (*evidence.Capture, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.capture.To = s.deps.Now()
	s.capture.Asked = s.client.requests()
	if Holds(&s.capture) {
		c := s.capture
		if !s.plan.NoSyntax {
			addSyntax(&c, s.deps)
		}
		return &c, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: stopped before anything had come: %w", s.capture.Target.Name, err)
	}
	return nil, s.nothing()
}

// nothing says why there is no evidence: what most of the profiles lack.
func (s *session) nothing() error {
	why := "no profile could be had"
	var most []evidence.Gap
	for _, g := range s.capture.Gaps {
		if g.Want == s.plan.Only {
			return withHint(fmt.Errorf("%s: no %s profile: %s", s.capture.Target.Name, g.Want, g.Why), g.Hint)
		}
		same := slices.DeleteFunc(slices.Clone(s.capture.Gaps), func(o evidence.Gap) bool { return o.Why != g.Why || !isProfile(o.Want) })
		if len(same) > len(most) {
			most = same
		}
	}
	if len(most) == 0 {
		most = s.capture.Gaps[:min(len(s.capture.Gaps), 1)]
	}
	var kinds []string
	for _, g := range most {
		kinds = append(kinds, string(g.Want))
	}
	if len(most) > 0 {
		why += fmt.Sprintf("; %s: %s", strings.Join(kinds, ", "), most[0].Why)
		if most[0].Hint != "" {
			why += " (" + most[0].Hint + ")"
		}
	}
	return fmt.Errorf("%s: %s", s.capture.Target.Name, why)
}

// isProfile reports whether evidence of a kind is a profile that targets serve.
func isProfile(k evidence.Kind) bool {
	switch k {
	case evidence.CPU, evidence.Heap, evidence.Allocs, evidence.Goroutine, evidence.Mutex, evidence.Block:
		return true
	}
	return false
}
