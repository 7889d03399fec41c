package source

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// Bounds of answers in bytes. A profile of a million stacks is about 35 MB.
const (
	maxProfile = 256 << 20
	maxText    = 128 << 20
	maxTrace   = 256 << 20
	maxPage    = 16 << 20
)

// fewGoroutines is where asking for every goroutine's state stops being cheap:
// the service stands still for about 0.1 ms per goroutine.
const fewGoroutines = 1000

// quick is how long a snapshot may take to be worth repeating in the window.
const quick = 200 * time.Millisecond

// What a request does to the target.
const (
	effectHeap       = "walks the table of allocation sites; the service goes on"
	effectHeapGC     = "one forced collection, then walks the table of allocation sites; the service goes on"
	effectHeapText   = "stops the service for the moment that runtime.ReadMemStats takes"
	effectGoroutine  = "stops the service briefly, then reads each stack"
	effectDump       = "the service stands still until every stack is printed: at most as long as the answer took"
	effectContention = "walks the table of contended places; the service goes on"
	effectLeak       = "one forced collection that looks for goroutines nothing can wake"
	effectCustom     = "the program's own profile"
	effectNone       = "none to speak of"
)

// ask gets one piece of evidence and notes why when it cannot be had.
func (s *session) ask(ctx context.Context, kind evidence.Kind, q query) (reply, bool) {
	if s.mute >= 2 {
		s.gap(kind, "not asked: the target did not answer twice in a row", "is the service stalled?")
		return reply{}, false
	}
	r := s.client.get(ctx, q)
	t := judge(r)
	switch {
	case t.kind == silent && ctx.Err() == nil:
		s.mute++
	case t.kind != silent:
		s.mute = 0
	}
	if t.kind == noTrouble {
		return r, true
	}
	if ctx.Err() != nil {
		t = judgeErr(context.Canceled)
	}
	if t.kind == missing && s.offer.guess {
		t.why = "the target does not serve it"
	}
	s.gap(kind, t.why, t.hint)
	return r, false
}

// snapshot gets a profile that is there at once. It gives nil when there is none.
func (s *session) snapshot(ctx context.Context, kind evidence.Kind, rawQuery, effect string) *profile.Profile {
	name := string(kind)
	if !s.offer.has(name) {
		s.gap(kind, "the target does not offer it", s.others())
		return nil
	}
	r, ok := s.ask(ctx, kind, query{url: s.offer.at(name, rawQuery), limit: maxProfile, effect: effect})
	if !ok {
		return nil
	}
	p, why := s.read(r)
	if p == nil {
		s.gap(kind, why.why, why.hint)
		return nil
	}
	if s.reads == nil {
		s.reads = map[evidence.Kind]time.Duration{}
	}
	if _, ok := s.reads[kind]; !ok {
		s.reads[kind] = r.took()
	}
	if (kind == evidence.Mutex || kind == evidence.Block) && p.NumSamples() == 0 && s.switchedOff(ctx, kind) {
		return nil
	}
	s.add(s.blob(kind, r, ".pb.gz"))
	return p
}

// others is a hint for who wants one profile that is not there: those that are.
func (s *session) others() string {
	if s.plan.Only == "" {
		return ""
	}
	var kinds []string
	for _, name := range s.offer.names {
		switch name {
		case "cmdline", "trace":
		case "profile":
			kinds = append(kinds, string(evidence.CPU))
		default:
			kinds = append(kinds, name)
		}
	}
	return "it has " + cutText(strings.Join(kinds, ", "))
}

func (s *session) blob(kind evidence.Kind, r reply, suffix string) evidence.Blob {
	return evidence.Blob{Kind: kind, Name: s.name(kind, suffix), From: r.from, To: r.to, URL: s.client.display(r.url), Data: r.body}
}

// read decodes an answer that should be a profile.
func (s *session) read(r reply) (*profile.Profile, trouble) {
	if isHTML(r) {
		return nil, trouble{notAProfile, "an HTML page came instead of a profile", "does a login page or a proxy stand in front? " + hintAuth}
	}
	p, err := profile.Parse(r.body, profile.Options{})
	if err != nil {
		return nil, trouble{notAProfile, "what came is not a profile: " + cutText(err.Error()), "does something else answer in its place, such as a proxy? curl " + s.client.display(r.url) + " shows what"}
	}
	return p, trouble{}
}

// readable says whether a body is a profile.
func readable(body []byte) bool {
	_, err := profile.Parse(body, profile.Options{})
	return err == nil
}

// switchedOff tells a profile that is off from one that has nothing to show,
// and notes the former.
func (s *session) switchedOff(ctx context.Context, kind evidence.Kind) bool {
	if kind == evidence.Mutex {
		// The text form prints the rate, and with no samples it is two lines.
		r := s.client.get(ctx, query{url: s.offer.at("mutex", "debug=1"), limit: maxPage, effect: effectNone})
		if judge(r).kind == noTrouble && strings.Contains(string(r.body), "sampling period=") && !strings.Contains(string(r.body), "sampling period=0\n") {
			return false
		}
		s.gap(kind, "mutex profiling is switched off in the target; that is not the same as no contention",
			"call runtime.SetMutexProfileFraction(100) when the program starts: one contention of 100 is recorded")
		return true
	}
	s.gap(kind, "it is empty, so block profiling is most likely switched off in the target; that is not the same as no blocking",
		"call runtime.SetBlockProfileRate(1e8) when the program starts: 1e8 ns are long waits only, which keeps the cost low")
	return true
}

// text gets a page of text.
func (s *session) text(ctx context.Context, kind evidence.Kind, name, rawQuery, effect string) (reply, bool) {
	r, ok := s.ask(ctx, kind, query{url: s.offer.at(name, rawQuery), limit: maxText, effect: effect})
	if ok && isHTML(r) {
		s.gap(kind, "an HTML page came instead of text", hintAuth)
		return r, false
	}
	return r, ok
}

// dump gets the state of every goroutine when that is cheap or wanted.
func (s *session) dump(ctx context.Context, goroutines int64) {
	switch {
	case !s.offer.has("goroutine"):
		return // the gap of the goroutine profile says it
	case s.plan.GoroutineText == WhenNever:
		s.gap(evidence.GoroutineText, "not asked, by --goroutines never", "")
		return
	case s.plan.GoroutineText == WhenAuto && (goroutines >= fewGoroutines || goroutines < 0) && s.dumpFromMemory():
		return
	case s.plan.GoroutineText == WhenAuto && goroutines >= fewGoroutines:
		s.gap(evidence.GoroutineText, fmt.Sprintf("not asked: with %d goroutines the service would stand still while they are printed", goroutines),
			"ask for it all the same with --goroutines always")
		return
	case s.plan.GoroutineText == WhenAuto && goroutines < 0:
		s.gap(evidence.GoroutineText, "not asked: the number of goroutines is not known", "ask for it all the same with --goroutines always")
		return
	}
	r, ok := s.text(ctx, evidence.GoroutineText, "goroutine", "debug=2", effectDump)
	if !ok {
		return
	}
	if !strings.HasPrefix(string(r.body), "goroutine ") {
		s.gap(evidence.GoroutineText, "what came is not a goroutine dump", "")
		return
	}
	s.add(s.blob(evidence.GoroutineText, r, ".txt"))
}

// goroutines gets the goroutine profile and says how many there are, -1 when unknown.
func (s *session) goroutines(ctx context.Context) int64 {
	p := s.snapshot(ctx, evidence.Goroutine, "", effectGoroutine)
	if p == nil || len(p.SampleTypes) == 0 {
		return -1
	}
	return p.Total(0)
}
