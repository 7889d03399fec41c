package demo

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// app is what a sickness builds: a shop, and who comes to it how often.
type app struct {
	handler http.Handler
	clients int               // at the same time
	rate    float64           // requests per second of all clients together, at most
	ask     func(int) request // the n-th request
}

// request is what a client sends: GET, or POST when there is a body.
type request struct {
	path string
	body string
}

// load keeps the shop busy: a fixed number of clients, each of which waits for
// its answer before it asks again and never asks more often than its share of
// the rate. Lost time is not made up for, so a slow machine is not piled on.
type load struct {
	base   string
	app    *app
	client *http.Client
	next   atomic.Int64
	served atomic.Int64
}

func newLoad(base string, a *app) *load {
	return &load{
		base: base,
		app:  a,
		client: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: a.clients, DisableCompression: true},
			Timeout:   10 * time.Second,
		},
	}
}

func (l *load) start(h *host) {
	h.onStop(l.client.CloseIdleConnections)
	for i := range l.app.clients {
		h.background(func(ctx context.Context) { l.run(ctx, i) })
	}
}

func (l *load) run(ctx context.Context, client int) {
	gap := time.Duration(float64(l.app.clients) / l.app.rate * float64(time.Second))
	timer := time.NewTimer(gap * time.Duration(client) / time.Duration(l.app.clients))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		l.one(ctx, int(l.next.Add(1)-1))
		timer.Reset(gap - time.Since(began))
	}
}

// one sends the n-th request. An answer of any status counts: a shop that is
// ill enough to time out is still a shop at work.
func (l *load) one(ctx context.Context, n int) {
	q := l.app.ask(n)
	method, body := http.MethodGet, io.Reader(nil)
	if q.body != "" {
		method, body = http.MethodPost, strings.NewReader(q.body)
	}
	r, err := http.NewRequestWithContext(ctx, method, l.base+q.path, body)
	if err != nil {
		return
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if answer.Body.Close() == nil && err == nil {
		l.served.Add(1)
	}
}
