package demo

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

var timerChurnSickness = Sickness{
	Name:      "timer-churn",
	Doc:       "The consumer of stock changes guards each receive with time.After: a new timer and channel for every change.",
	Mechanism: "timer-churn",
	Accept:    []string{"timer-leak"},
	Function:  symbol("(*stockChanges).consume"),
	Shows:     "cpu",
	build:     buildStockChanges,
}

// stockChanges applies changes that come over a channel.
type stockChanges struct {
	changes chan int
	stock   []int
	idle    int
}

func buildStockChanges(h *host) (*app, error) {
	s := &stockChanges{changes: make(chan int, 1024), stock: make([]int, 500)}
	h.background(s.consume)
	return &app{
		handler: http.HandlerFunc(s.receive),
		clients: 2,
		rate:    100,
		ask:     func(int) request { return request{path: "/changes?n=5000"} },
	}, nil
}

func (s *stockChanges) receive(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.FormValue("n"))
	if err != nil {
		http.Error(w, "n: not a number", http.StatusBadRequest)
		return
	}
	for i := range n {
		select {
		case s.changes <- i:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *stockChanges) consume(ctx context.Context) {
	for {
		select {
		case id := <-s.changes:
			s.stock[id%len(s.stock)]++
		case <-time.After(30 * time.Second):
			s.idle++
		case <-ctx.Done():
			return
		}
	}
}
