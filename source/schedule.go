package source

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
)

// opening takes what describes the service before the window.
func (s *session) opening(ctx context.Context) {
	s.say("taking snapshots")
	s.cmdline(ctx)
	s.findProcess()
	s.openHeap(ctx)
	n := s.goroutines(ctx)
	s.dump(ctx, n)
	s.contention(ctx)
	s.page(ctx, evidence.Vars, "debug/vars", ".json")
	s.page(ctx, evidence.Metrics, "metrics", ".txt")
}

// only takes one kind of profile. The command line comes along because it tells
// which process here answers, and so which binary the profile is of.
func (s *session) only(ctx context.Context, kind evidence.Kind) {
	s.cmdline(ctx)
	s.findProcess()
	s.mu.Lock()
	s.capture.Gaps = nil // none of them is about the profile
	s.mu.Unlock()
	if kind == evidence.CPU {
		s.window(ctx)
		return
	}
	if s.capture.Target.Kind == kindDemo {
		s.passTime(ctx) // it has only just started
	}
	s.say("taking a snapshot")
	query, effect := "", effectOf(kind)
	if kind == evidence.Heap && s.plan.GC == WhenAlways {
		query, effect = "gc=1", effectHeapGC
	}
	s.snapshot(ctx, kind, query, effect)
}

// effectOf is what a snapshot of a kind does to the target.
func effectOf(kind evidence.Kind) string {
	switch kind {
	case evidence.Heap, evidence.Allocs:
		return effectHeap
	case evidence.Goroutine:
		return effectGoroutine
	case evidence.Mutex, evidence.Block:
		return effectContention
	case evidence.GoroutineLeak:
		return effectLeak
	case evidence.ThreadCreate:
		return effectNone
	}
	return effectCustom
}

// between takes the cheap snapshots again, so that growth shows in more than two points.
func (s *session) between(ctx context.Context) {
	if s.plan.Only != "" || ctx.Err() != nil {
		return
	}
	if t, ok := s.reads[evidence.Heap]; ok && t <= quick {
		s.midHeap(ctx)
	}
	if t, ok := s.reads[evidence.Goroutine]; ok && t <= quick {
		s.goroutines(ctx)
	}
}

// closing takes the snapshots that end the window; after an interrupt there is
// only so much time for them.
func (s *session) closing(ctx context.Context, limit time.Duration) {
	hurry := ctx.Err() != nil
	if hurry {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
	}
	s.say("taking closing snapshots")
	if s.local != nil {
		s.local.finish()
	}
	s.closeHeap(ctx, hurry)
	n := s.goroutines(ctx)
	s.contention(ctx)
	if hurry {
		return
	}
	s.dump(ctx, n)
	s.page(ctx, evidence.Vars, "debug/vars", ".json")
	s.page(ctx, evidence.Metrics, "metrics", ".txt")
	s.once(ctx)
}

// contention takes the mutex and block profiles, unless they are known to be missing.
func (s *session) contention(ctx context.Context) {
	for _, kind := range []evidence.Kind{evidence.Mutex, evidence.Block} {
		if !s.missed(kind) {
			s.snapshot(ctx, kind, "", effectContention)
		}
	}
}

func (s *session) missed(kind evidence.Kind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.capture.Gaps, func(g evidence.Gap) bool { return g.Want == kind })
}

// once takes what is of use once: profiles without a history.
func (s *session) once(ctx context.Context) {
	if !s.offer.has("heap") && s.offer.has("allocs") {
		// The heap profile holds the same numbers.
		s.snapshot(ctx, evidence.Allocs, "", effectHeap)
	}
	if s.offer.has("threadcreate") {
		s.snapshot(ctx, evidence.ThreadCreate, "", effectNone)
	}
	if s.offer.has("goroutineleak") {
		s.leak(ctx)
	}
	for _, name := range s.offer.custom {
		s.snapshot(ctx, evidence.Kind(name), "", effectCustom)
	}
}

func (s *session) leak(ctx context.Context) {
	switch {
	case s.plan.GC == WhenNever:
		s.gap(evidence.GoroutineLeak, "not asked, because it forces a collection", "")
	case s.plan.GC == WhenAuto && s.last.live > ForceGCHeap:
		s.gap(evidence.GoroutineLeak, fmt.Sprintf("not asked: it collects the heap, which is larger than %d MiB", ForceGCHeap>>20),
			"get it with curl "+s.client.display(s.offer.at("goroutineleak", "")))
	default:
		s.snapshot(ctx, evidence.GoroutineLeak, "", effectLeak)
	}
}

// page takes a page that a service may have beside its profiles. Not having it is no gap.
func (s *session) page(ctx context.Context, kind evidence.Kind, name, suffix string) {
	if t, asked := s.reads[kind]; asked && (t < 0 || t > quick) {
		return
	}
	if s.reads == nil {
		s.reads = map[evidence.Kind]time.Duration{}
	}
	r := s.client.get(ctx, query{url: s.offer.page(name), limit: maxPage, effect: effectNone})
	if judge(r).kind != noTrouble || !looksLike(kind, r) {
		s.reads[kind] = -1
		return
	}
	s.reads[kind] = r.took()
	s.add(s.blob(kind, r, suffix))
}

func looksLike(kind evidence.Kind, r reply) bool {
	head := strings.TrimSpace(string(r.body[:min(len(r.body), 4096)]))
	if kind == evidence.Vars {
		return strings.HasPrefix(head, "{")
	}
	return strings.HasPrefix(head, "# HELP ") || strings.HasPrefix(head, "# TYPE ")
}

// cmdline takes the command line, which also tells whether a local process is the target.
func (s *session) cmdline(ctx context.Context) {
	if !s.offer.has("cmdline") {
		return
	}
	r, ok := s.ask(ctx, evidence.Cmdline, query{url: s.offer.at("cmdline", ""), limit: maxPage, effect: effectNone})
	if ok && !isHTML(r) {
		s.add(s.blob(evidence.Cmdline, r, ".txt"))
	}
}
