package demo

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

var goroutineLeakSickness = Sickness{
	Name:      "goroutine-leak",
	Doc:       "A quote that comes after the deadline is sent on an unbuffered channel that nobody receives from any more: its goroutine stays for ever.",
	Mechanism: "goroutine-leak",
	Function:  symbol("(*shipping).quote.func1"),
	Shows:     "goroutine",
	build:     buildShipping,
}

// shipping asks a carrier for the price of a parcel and does not wait long.
type shipping struct {
	ctx     context.Context
	waiting atomic.Int64 // quotes under way, for the dashboard

	mu     sync.Mutex
	quotes []weak.Pointer[quote] // so that close can free what has leaked
}

type quote struct {
	parcel int
	price  chan int
}

func buildShipping(h *host) (*app, error) {
	s := &shipping{ctx: h.ctx}
	h.onStop(s.close)
	return &app{
		handler: http.HandlerFunc(s.quote),
		clients: 4,
		rate:    80,
		ask:     func(n int) request { return request{path: "/shipping?parcel=" + strconv.Itoa(n)} },
	}, nil
}

func (s *shipping) quote(w http.ResponseWriter, r *http.Request) {
	parcel, _ := strconv.Atoi(r.FormValue("parcel"))
	q := &quote{parcel: parcel, price: make(chan int)}
	s.remember(q)
	s.waiting.Add(1)
	go func() {
		defer s.answered(q)
		q.price <- s.askCarrier(q.parcel)
	}()
	select {
	case price := <-q.price:
		_, _ = w.Write(strconv.AppendInt(nil, int64(price), 10))
	case <-time.After(20 * time.Millisecond):
		http.Error(w, "the carrier does not answer", http.StatusGatewayTimeout)
	}
}

// askCarrier takes 2 ms, and 50 ms for every fourth parcel.
func (s *shipping) askCarrier(parcel int) int {
	latency := 2 * time.Millisecond
	if parcel%4 == 0 {
		latency = 50 * time.Millisecond
	}
	select {
	case <-time.After(latency):
	case <-s.ctx.Done():
	}
	return 495 + parcel%7*100
}

func (s *shipping) answered(*quote) { s.waiting.Add(-1) }

// remember and close exist for the demo only: the process outlives the
// service, so the leak has to end with it. Weak pointers keep it a leak until
// then, also in the eyes of the collector.
func (s *shipping) remember(q *quote) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quotes = append(s.quotes, weak.Make(q))
}

func (s *shipping) close() {
	for s.waiting.Load() > 0 {
		for _, p := range s.quotes {
			if q := p.Value(); q != nil {
				select {
				case <-q.price:
				default:
				}
			}
		}
		time.Sleep(time.Millisecond)
	}
}
