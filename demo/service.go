package demo

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"sync"
	"time"
)

// Service is a running demo.
type Service struct {
	URL      string   // base of the pprof endpoint: http://127.0.0.1:PORT
	App      string   // base of the shop itself
	Sickness Sickness // what it suffers from

	cancel  context.CancelFunc
	stopped chan struct{}
	load    *load
}

// Start runs the shop with the named sickness ("" is the default) until the
// context ends, [Service.Stop] is called or its life is over. The contention
// rates belong to the process: of several services at once the last one wins.
func Start(ctx context.Context, name string, opts Options) (*Service, error) {
	sickness, err := Find(name)
	if err != nil {
		return nil, err
	}
	if opts.Life <= 0 {
		opts.Life = defaultLife
	}
	ctx, cancel := context.WithTimeout(ctx, opts.Life)
	s := &Service{Sickness: sickness, cancel: cancel, stopped: make(chan struct{})}
	if err := s.start(ctx, opts); err != nil {
		cancel()
		return nil, fmt.Errorf("demo %s: start: %w", sickness.Name, err)
	}
	return s, nil
}

// Stop ends the service and returns when its ports are closed and everything
// it started is gone. It may be called more than once.
func (s *Service) Stop() {
	s.cancel()
	<-s.stopped
}

// Done is closed when the service has stopped, for whatever reason.
func (s *Service) Done() <-chan struct{} { return s.stopped }

// Served is the number of requests that the shop has answered so far.
func (s *Service) Served() int64 { return s.load.served.Load() }

func (s *Service) start(ctx context.Context, opts Options) error {
	h := &host{ctx: ctx}
	shop, err := s.Sickness.build(h)
	if err != nil {
		return h.abandon(s.cancel, err)
	}
	front, err := serve(ctx, shop.handler)
	if err != nil {
		return h.abandon(s.cancel, err)
	}
	back, err := serve(ctx, pprofHandler())
	if err != nil {
		front.close()
		return h.abandon(s.cancel, err)
	}
	s.App, s.URL = front.url(), back.url()
	restore := setRates(opts.Rates)
	s.load = newLoad(s.App, shop)
	s.load.start(h)
	go func() {
		defer close(s.stopped)
		<-ctx.Done()
		s.cancel()
		front.close()
		back.close()
		h.close()
		restore()
	}()
	return nil
}

func setRates(rates *Rates) (restore func()) {
	r := DefaultRates()
	if rates != nil {
		r = *rates
	}
	before := runtime.SetMutexProfileFraction(r.Mutex)
	runtime.SetBlockProfileRate(r.Block)
	return func() {
		runtime.SetMutexProfileFraction(before)
		runtime.SetBlockProfileRate(0) // the rate before cannot be asked
	}
}

// pprofHandler is the endpoint on a mux of its own: nothing is served from
// [http.DefaultServeMux], which belongs to the whole process.
func pprofHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// server is an HTTP server on a loopback port of the kernel's choice.
type server struct {
	http *http.Server
	addr net.Addr
	done chan struct{}
}

func serve(ctx context.Context, handler http.Handler) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{
		http: &http.Server{
			Handler:           handler,
			ErrorLog:          log.New(io.Discard, "", 0), // a demo that is stopped half-way has nothing to complain about
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       time.Minute,
			BaseContext:       func(net.Listener) context.Context { return ctx },
		},
		addr: listener.Addr(),
		done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // always ErrServerClosed: only close ends it
	}()
	return s, nil
}

func (s *server) url() string { return "http://" + s.addr.String() }

// close lets running handlers end, which they do at once because the context
// of their requests is over, and cuts what is left after two seconds.
func (s *server) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	<-s.done
}

// host is what a sickness may use: the life of the service and a place to
// leave whatever has to end with it.
type host struct {
	ctx     context.Context
	running sync.WaitGroup
	closers []func()
}

// background runs fn until it returns; fn must return when its context ends.
func (h *host) background(fn func(ctx context.Context)) {
	h.running.Go(func() { fn(h.ctx) })
}

// onStop registers fn to be called, last one first, when no client is left.
func (h *host) onStop(fn func()) { h.closers = append(h.closers, fn) }

func (h *host) close() {
	for i := len(h.closers) - 1; i >= 0; i-- {
		h.closers[i]()
	}
	h.running.Wait()
}

func (h *host) abandon(cancel context.CancelFunc, err error) error {
	cancel()
	h.close()
	return err
}
