// Gcload is a service whose heap behaves in a known way, under its own load, for
// measuring what a GOGC or a GOMEMLIMIT does to it:
//
//	go run ./internal/gcload -load steady -listen 127.0.0.1:6070
//
// It serves net/http/pprof, gctune/handler at /debug/gctune (loopback only), and
// POST /burst?bytes=N&for=10s, which keeps N more bytes alive for a while. The
// first line it prints says where it listens. With -guard it is under
// gctune.Guard.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/goperf/goperf/gctune"
	"github.com/goperf/goperf/gctune/handler"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gcload:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gcload", flag.ContinueOnError)
	name := flags.String("load", "steady", "one of "+names())
	listen := flags.String("listen", "127.0.0.1:0", "address to serve at")
	var s size
	flags.Float64Var(&s.live, "live", 1, "live heap, as a multiple of the load's own")
	flags.Float64Var(&s.rate, "rate", 1, "requests, as a multiple of the load's own")
	guard := flags.Bool("guard", false, "run under gctune.Guard")
	tries := flags.Bool("handler", true, "serve gctune/handler")
	if err := flags.Parse(args); err != nil {
		return err
	}
	l, err := find(*name)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	mux := http.NewServeMux()
	set := handler.Options{Loopback: true}
	if *guard {
		keeper, err := gctune.Guard(ctx, gctune.Options{Interval: 100 * time.Millisecond})
		if err != nil {
			return err
		}
		set.Set = keeper.Set
		mux.HandleFunc("/guard", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, keeper) })
	}
	if *tries {
		mux.Handle("/debug/gctune", handler.New(set))
	}
	serveDebug(ctx, mux)
	l.start(ctx, s)
	fmt.Println("listening on", listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

func serveDebug(ctx context.Context, mux *http.ServeMux) {
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("POST /burst", func(w http.ResponseWriter, r *http.Request) {
		bytes, err := strconv.Atoi(r.FormValue("bytes"))
		hold, err2 := time.ParseDuration(r.FormValue("for"))
		if err != nil || err2 != nil || bytes < 0 || hold < 0 {
			http.Error(w, "want bytes=N&for=DURATION", http.StatusBadRequest)
			return
		}
		more := records(rand.New(rand.NewPCG(1, 1)), bytes)
		fmt.Fprintln(w, len(more), "more records")
		go func() {
			pause(ctx, hold)
			runtime.KeepAlive(more)
		}()
	})
}
