package demo

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
)

var busyLoopSickness = Sickness{
	Name:      "busy-loop",
	Doc:       "The dispatcher polls its queue with select and default instead of waiting on it: one core burns whether there is work or not.",
	Mechanism: "busy-loop",
	Accept:    []string{"cpu-hot-path"},
	Function:  symbol("(*dispatcher).run"),
	Shows:     "cpu",
	build:     buildDispatcher,
}

// dispatcher hands parcels to trucks.
type dispatcher struct {
	queue  chan int
	closed atomic.Bool
	loaded atomic.Int64
}

func buildDispatcher(h *host) (*app, error) {
	d := &dispatcher{queue: make(chan int, 64)}
	h.background(func(context.Context) { d.run() })
	context.AfterFunc(h.ctx, func() { d.closed.Store(true) })
	return &app{
		handler: http.HandlerFunc(d.serve),
		clients: 2,
		rate:    50,
		ask:     func(n int) request { return request{path: "/dispatch?parcel=" + strconv.Itoa(n)} },
	}, nil
}

func (d *dispatcher) serve(w http.ResponseWriter, r *http.Request) {
	parcel, _ := strconv.Atoi(r.FormValue("parcel"))
	select {
	case d.queue <- parcel:
		w.WriteHeader(http.StatusAccepted)
	case <-r.Context().Done():
	}
}

func (d *dispatcher) run() {
	for !d.closed.Load() {
		select {
		case <-d.queue:
			d.loaded.Add(1)
		default:
		}
	}
}
