package demo

import (
	"context"
	"net/http"
	"strconv"
	"sync"
)

var contextLeakSickness = Sickness{
	Name:      "context-leak",
	Doc:       "Each prefetch gets a context derived from the one of the service, and its cancel function is stored but never called: the parent keeps every child.",
	Mechanism: "context-leak",
	Accept:    []string{"memory-leak"},
	Function:  symbol("(*prefetcher).plan"),
	Shows:     "heap",
	build:     buildPrefetcher,
}

// prefetcher plans which products to warm up for a visitor.
type prefetcher struct {
	base context.Context

	mu      sync.Mutex
	life    context.Context
	restart context.CancelFunc
	planned int
}

// prefetch is one planned fetch.
type prefetch struct {
	ctx    context.Context
	cancel context.CancelFunc
	id     int
}

// prefetchLimit stands for the restart that a real service would get.
const prefetchLimit = 1_000_000

func buildPrefetcher(h *host) (*app, error) {
	p := &prefetcher{base: h.ctx}
	p.life, p.restart = context.WithCancel(h.ctx)
	h.onStop(func() { p.restart() })
	return &app{
		handler: http.HandlerFunc(p.page),
		clients: 2,
		rate:    200,
		ask:     func(n int) request { return request{path: "/product/" + strconv.Itoa(n)} },
	}, nil
}

func (p *prefetcher) page(w http.ResponseWriter, _ *http.Request) {
	warm := 0
	for _, fetch := range p.plan(24) {
		if fetch.ctx.Err() == nil {
			warm += fetch.id
		}
	}
	_, _ = w.Write(strconv.AppendInt(nil, int64(warm), 10))
}

func (p *prefetcher) plan(n int) []prefetch {
	parent := p.parent(n)
	fetches := make([]prefetch, 0, n)
	for id := range n {
		ctx, cancel := context.WithCancel(parent)
		fetches = append(fetches, prefetch{ctx: ctx, cancel: cancel, id: id})
	}
	return fetches
}

// parent is the context of the service; it starts anew at the limit.
func (p *prefetcher) parent(n int) context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.planned += n; p.planned > prefetchLimit {
		p.restart()
		p.life, p.restart = context.WithCancel(p.base)
		p.planned = n
	}
	return p.life
}
