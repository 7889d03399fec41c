package source

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

const (
	effectCPU   = "100 signals a second for each busy core"
	effectTrace = "every scheduling event is recorded while it lasts"
)

// pulse is how often progress is told while a request takes its time.
const pulse = 200 * time.Millisecond

// nextSlice is the length of slice number i of a window with so much left:
// 1, 2, 4, 8, 8, ... seconds, so that there is something to show soon and little
// to lose. Long windows have longer ones: each slice costs the target a new
// symbol table. A rest shorter than half a slice is taken along.
func nextSlice(i int, window, left, most time.Duration) time.Duration {
	longest := min(max(8*time.Second, (window/10).Truncate(time.Second)), 30*time.Second)
	d := min(time.Second<<min(i, 10), longest)
	if left-d < d/2 {
		d = left
	}
	return max(min(d, left, most), time.Second)
}

// longSlices is the number of the first slice of eight seconds: each slice ends
// with a symbol table that the target has to allocate.
const longSlices = 3

// cpuState is where the CPU profiles of a window are.
type cpuState struct {
	left   time.Duration // still to be profiled
	most   time.Duration // the longest slice the target is known to bear
	got    int           // slices that came
	number int           // slices asked for
	waits  int           // times in a row that somebody else was profiling
	cuts   int           // times in a row that the connection was cut
	ended  bool
}

// backOff is how long to wait after the n-th time that somebody else was profiling.
func backOff(n int) time.Duration { return min(250*time.Millisecond<<min(n, 10), 4*time.Second) }

// window profiles the CPU for the length of the window, slice by slice, with
// the execution trace beside one of them.
func (s *session) window(ctx context.Context) {
	s.begin()
	if s.local != nil {
		s.local.start()
	}
	if !s.offer.has("profile") {
		s.gap(evidence.CPU, "the target does not offer it", `it comes with import _ "net/http/pprof", or with a handler for pprof.Profile`)
		s.passTime(ctx)
		return
	}
	traced := s.plan.NoTrace || !s.offer.has("trace")
	if traced && !s.plan.NoTrace {
		s.gap(evidence.Trace, "the target does not offer it", "")
	}
	st := cpuState{left: s.plan.Duration, most: s.plan.Duration}
	if s.plan.Collector {
		st.number = longSlices
	}
	for st.left >= time.Second && !st.ended && ctx.Err() == nil {
		length := nextSlice(st.number, s.plan.Duration, st.left, st.most)
		var wait func()
		if !traced && s.traceBeside(length, st.left) {
			traced = true
			wait = s.trace(ctx)
		}
		s.slice(ctx, &st, length)
		if wait != nil {
			wait()
		}
		if st.left >= time.Second {
			s.between(ctx)
		}
	}
	if st.got == 0 && !st.ended && ctx.Err() == nil {
		s.lastTry(ctx, &st)
	}
	if ctx.Err() != nil && st.left > 0 {
		had := s.plan.Duration - st.left
		s.gap(evidence.CPU, fmt.Sprintf("stopped by the user with %s of %s profiled; the slice that was running is lost", had, s.plan.Duration), "")
	}
}

// traceBeside says whether the trace is taken beside a slice: one that is longer,
// or the last. What watches the collector takes it last.
func (s *session) traceBeside(length, left time.Duration) bool {
	return length >= left || length > s.plan.TraceLength && !s.plan.Collector
}

// lastTry asks once more for the least, when the window went by without a CPU profile.
func (s *session) lastTry(ctx context.Context, st *cpuState) {
	st.left, st.most = time.Second, time.Second
	s.slice(ctx, st, time.Second)
}

// passTime lets the window go by for the snapshots on its two ends.
func (s *session) passTime(ctx context.Context) {
	for i := range 3 {
		if i > 0 {
			s.between(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.deps.After(s.plan.Duration / 3):
		}
	}
}

// beat tells progress until it is stopped.
func (s *session) beat() (stop func()) {
	if s.told == nil {
		return func() {}
	}
	ticker := time.NewTicker(pulse)
	end := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ticker.C:
				s.tick()
			case <-end:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(end)
		<-done
	}
}

// slice asks for one CPU profile and takes what it tells into account.
func (s *session) slice(ctx context.Context, st *cpuState, length time.Duration) {
	s.say(fmt.Sprintf("profiling the CPU, %s", length))
	began := s.deps.Now()
	seconds := int(length / time.Second)
	r := s.client.get(ctx, query{url: s.offer.at("profile", fmt.Sprintf("seconds=%d", seconds)), limit: maxProfile, window: length, effect: effectCPU})
	if ctx.Err() != nil {
		return
	}
	t := judge(r)
	if t.kind == noTrouble {
		t = s.keepCPU(r, length)
	}
	s.serving(r.from.Add(length), r.to)
	lost := s.deps.Now().Sub(began).Round(time.Second)
	switch t.kind {
	case noTrouble:
		st.got, st.number, st.waits, st.cuts = st.got+1, st.number+1, 0, 0
		st.left -= length
	case busy:
		s.busy(ctx, st)
	case tooLong, cut:
		st.left -= lost
		s.tooLong(st, length, t)
	default:
		s.gap(evidence.CPU, t.why, t.hint)
		st.ended = true
	}
}

// keepCPU keeps a slice that is a CPU profile.
func (s *session) keepCPU(r reply, length time.Duration) trouble {
	p, t := s.read(r)
	if p == nil {
		return t
	}
	if _, ok := p.SampleType("cpu"); !ok {
		return trouble{notAProfile, "what came is not a CPU profile", ""}
	}
	b := s.blob(evidence.CPU, r, ".pb.gz")
	b.Asked = length
	s.add(b)
	if i, ok := p.SampleType("samples"); ok {
		s.mu.Lock()
		s.samples += p.Total(i)
		s.mu.Unlock()
	}
	return trouble{}
}

// busy waits for the other user of the CPU profiler to be done, as long as the
// window has room.
func (s *session) busy(ctx context.Context, st *cpuState) {
	wait := backOff(st.waits)
	st.waits++
	if st.left-wait < time.Second {
		st.ended = true
		s.goroutines(ctx) // the other user's goroutine is on it now
		why, hint := s.rival()
		had := ""
		if st.got > 0 {
			had = fmt.Sprintf(" for %s of the window", st.left.Round(100*time.Millisecond))
		}
		s.gap(evidence.CPU, "somebody else was taking a CPU profile"+had+"; a program can be profiled once at a time"+why, hint)
		return
	}
	st.left -= wait
	s.say("waiting: somebody else is taking a CPU profile")
	select {
	case <-ctx.Done():
	case <-s.deps.After(wait):
	}
}

// tooLong goes on with shorter slices after the target did not bear one, and
// gives up when it does not bear the shortest twice.
func (s *session) tooLong(st *cpuState, length time.Duration, t trouble) {
	shorter := max((length / 2).Truncate(time.Second), time.Second)
	if length <= time.Second {
		st.cuts++
		if st.cuts >= 2 {
			s.gap(evidence.CPU, "even one second of profiling did not come through: "+t.why, hintWindow)
			st.ended = true
			return
		}
	} else {
		s.gap(evidence.CPU, fmt.Sprintf("a slice of %s did not come through: %s; went on with %s", length, t.why, shorter), hintWindow)
	}
	st.most = shorter
}

// trace starts taking the execution trace; the returned function waits for it.
func (s *session) trace(ctx context.Context) (wait func()) {
	s.mu.Lock()
	s.tracing = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		t := s.keepTrace(ctx, s.plan.TraceLength)
		if (t.kind == cut || t.kind == tooLong) && ctx.Err() == nil {
			t = s.keepTrace(ctx, s.plan.TraceLength/2)
		}
		switch {
		case t.kind == noTrouble:
		case ctx.Err() != nil:
			s.gap(evidence.Trace, "stopped by the user", "")
		case t.kind == busy:
			s.gap(evidence.Trace, "somebody else is tracing: "+t.why, "a flight recorder or another goperf? Try again later")
		default:
			s.gap(evidence.Trace, t.why, t.hint)
		}
	}()
	return func() { <-done }
}

// keepTrace asks for a trace and keeps it, also when it ends early.
func (s *session) keepTrace(ctx context.Context, length time.Duration) trouble {
	seconds := fmt.Sprintf("seconds=%g", length.Seconds())
	r := s.client.get(ctx, query{url: s.offer.at("trace", seconds), limit: maxTrace, window: length, effect: effectTrace})
	s.serving(r.from, r.to)
	t := judge(r)
	if !isTrace(r.body) {
		if t.kind == noTrouble {
			return trouble{notAProfile, "what came is not an execution trace", ""}
		}
		return t
	}
	b := s.blob(evidence.Trace, r, ".out")
	b.Asked = length
	if t.kind != noTrouble {
		b.Doubt = "it ends early: " + t.why
	}
	s.add(b)
	return trouble{}
}

func isTrace(body []byte) bool {
	b, err := evidence.Sniff("trace", body)
	return err == nil && b.Kind == evidence.Trace
}

// rivals are frames that belong to a user of the CPU profiler.
var rivals = []struct{ prefix, who string }{
	{"github.com/grafana/pyroscope-go", "the Pyroscope agent"},
	{"github.com/pyroscope-io/client", "the Pyroscope agent"},
	{"github.com/DataDog/dd-trace-go", "the Datadog agent"},
	{"gopkg.in/DataDog/dd-trace-go", "the Datadog agent"},
	{"cloud.google.com/go/profiler", "the Google Cloud Profiler agent"},
	{"go.elastic.co/apm", "the Elastic APM agent"},
	{"github.com/getsentry/sentry-go", "the Sentry agent"},
	{"github.com/newrelic/go-agent", "the New Relic agent"},
	{"github.com/pkg/profile", "github.com/pkg/profile"},
	{"net/http/pprof.Profile", "another client of this pprof port"},
}

// rival says who may be taking the other CPU profile, by the goroutines of the target.
func (s *session) rival() (why, hint string) {
	hint = "wait for it to end and try again; a continuous profiler leaves no room until it is paused"
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.capture.Blobs) - 1; i >= 0; i-- {
		if s.capture.Blobs[i].Kind != evidence.Goroutine {
			continue
		}
		p, err := profile.Parse(s.capture.Blobs[i].Data, profile.Options{})
		if err != nil {
			return "", hint
		}
		for _, r := range rivals {
			for _, f := range p.Functions {
				if strings.HasPrefix(f.Name, r.prefix) {
					return ": it looks like " + r.who, hint
				}
			}
		}
		return "", hint
	}
	return "", hint
}
