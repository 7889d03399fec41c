package handler_test

import (
	"context"
	"expvar"
	"log"
	"net/http"

	"github.com/goperf/goperf/gctune"
	"github.com/goperf/goperf/gctune/handler"
)

// A service that lets who is on its machine try a setting.
func Example() {
	mux := http.NewServeMux()
	mux.Handle("/debug/gctune", handler.New(handler.Options{Loopback: true}))
	// go http.ListenAndServe("127.0.0.1:6060", mux)
	//
	// curl -X POST 'http://127.0.0.1:6060/debug/gctune?gogc=130&memlimit=480MiB&ttl=10m'
}

// A service with a guard: what the handler sets is what the guard holds.
func Example_guard() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	keeper, err := gctune.Guard(ctx, gctune.Options{})
	if err != nil {
		log.Fatal(err)
	}
	expvar.Publish("gctune", keeper)
	mux := http.NewServeMux()
	mux.Handle("/debug/gctune", handler.New(handler.Options{Token: "from a secret", Set: keeper.Set}))
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		_ = keeper.State().WriteMetrics(w)
	})
}
