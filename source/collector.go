package source

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/goperf/goperf/evidence"
)

// pollEvery is how often the MemStats page is asked for. A page that takes long
// is asked for less often: at most a twentieth of the time is spent on it.
const (
	pollEvery = time.Second
	pollShare = 20
)

// watchCollector looks at one window of the garbage collector's work. The trace
// comes last: what it costs the service is not in the numbers before it.
func (s *session) watchCollector(ctx context.Context) {
	s.say("looking at the garbage collector")
	s.cmdline(ctx)
	s.findProcess()
	s.page(ctx, evidence.Vars, "debug/vars", ".json")
	s.page(ctx, evidence.Metrics, "metrics", ".txt")
	// Two pages at once tell what one of them allocates.
	s.memStats(ctx)
	s.memStats(ctx)
	stop := s.pollMemory(ctx)
	if s.attachClock(ctx) {
		s.clocked(ctx)
	} else {
		s.window(ctx)
	}
	stop()
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), closingTime)
		defer cancel()
	}
	s.memStats(ctx)
	s.page(ctx, evidence.Metrics, "metrics", ".txt")
	if s.local != nil {
		s.local.finish()
	}
}

// attachClock has the kernel sample the process, where it may: ten times as often
// as the runtime does, by a clock that does not miss what runs for less than a
// tick. Elsewhere the service profiles itself.
func (s *session) attachClock(ctx context.Context) bool {
	if s.local == nil || s.local.proc != "/proc" {
		return false
	}
	for _, p := range s.plan.Probes {
		if p.Name == cpuProbe && s.attach(ctx, p) == nil {
			return true
		}
	}
	return false
}

// clocked is the window of a process that the kernel samples. The trace comes
// when that is over.
func (s *session) clocked(ctx context.Context) {
	s.begin()
	s.local.start()
	length, traced := s.plan.Duration, !s.plan.NoTrace && s.offer.has("trace")
	if traced {
		length -= s.plan.TraceLength
	}
	select {
	case <-ctx.Done():
	case <-s.deps.After(length):
	}
	s.detachProbes()
	if traced && ctx.Err() == nil {
		s.trace(ctx)()
	}
}

// pollMemory asks for MemStats pages beside the CPU profile until it is stopped.
func (s *session) pollMemory(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait := pollEvery
		for {
			select {
			case <-ctx.Done():
				return
			case <-s.deps.After(wait):
			}
			took, ok := s.memStats(ctx)
			if !ok {
				return // it has been noted why
			}
			wait = max(pollEvery, pollShare*took) - took
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// memStats keeps the numbers of one heap?debug=1 page without its samples, which
// a live process has megabytes of, and looks at the size of the process.
func (s *session) memStats(ctx context.Context) (took time.Duration, ok bool) {
	s.mu.Lock()
	tracing := s.tracing
	s.mu.Unlock()
	if s.local != nil && !tracing {
		s.local.look() // a trace takes megabytes
	}
	if !s.offer.has("heap") {
		s.gap(evidence.HeapText, "the target does not offer it", `it comes with import _ "net/http/pprof"`)
		return 0, false
	}
	r := s.client.get(ctx, query{url: s.offer.at("heap", "debug=1"), limit: maxText, effect: effectHeapText})
	if t := judge(r); t.kind != noTrouble {
		if ctx.Err() == nil {
			s.gap(evidence.HeapText, t.why, t.hint)
		}
		return r.took(), false
	}
	head, _, _ := bytes.Cut(r.body, []byte("\n"))
	foot := bytes.LastIndex(r.body, []byte("\n# runtime.MemStats\n"))
	if isHTML(r) || foot < 0 {
		s.gap(evidence.HeapText, "what came does not hold runtime.MemStats", "")
		return r.took(), false
	}
	r.body = append(bytes.Clone(head), r.body[foot:]...)
	s.add(s.blob(evidence.HeapText, r, ".txt"))
	return r.took(), true
}

// look notes how large the process is, and its CPU clock.
func (p *process) look() {
	p.peak = max(p.peak, field(p.read("status"), "VmRSS:")<<10)
	if cpu, ok := p.cpuTime(); ok {
		p.ticks = append(p.ticks, tick{p.now(), cpu})
	}
}

// tick is the CPU clock of a process at a time.
type tick struct {
	at  time.Time
	cpu time.Duration
}

type span struct{ from, to time.Time }

// quiet is the CPU of the process, and the time that it covers, between looks
// during which it did not write a profile or a trace: that can cost more than
// the service does.
func quiet(ticks []tick, served []span) (cpu, window time.Duration) {
	for i := 1; i < len(ticks); i++ {
		a, b := ticks[i-1], ticks[i]
		if slices.ContainsFunc(served, func(s span) bool { return s.from.Before(b.at) && s.to.After(a.at) }) {
			continue
		}
		cpu += b.cpu - a.cpu
		window += b.at.Sub(a.at)
	}
	return cpu, window
}

// serving notes that the target was busy with an answer.
func (s *session) serving(from, to time.Time) {
	if s.local == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.local.served = append(s.local.served, span{from, to})
}
