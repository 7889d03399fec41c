package cmd

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/source"
	"github.com/goperf/goperf/tui"
)

// looksOn makes the feeder look on at a service that lists its goroutines.
func looksOn(t *testing.T, f *feeder) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	src, err := source.Parse(server.URL, source.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	c := &evidence.Capture{}
	f.onward = &onward{watch: source.NewWatch(src, c, source.Plan{}), set: evidence.Decode(c), last: time.Now()}
	return server
}

// What was seen of a service after its collection outlives it: a collection that
// fails takes none of it away, and does not say that it is alive.
func TestSeenSinceStays(t *testing.T) {
	f := newFeeder(func(_ context.Context, told func(source.Progress)) (*evidence.Capture, error) {
		told(source.Progress{Window: time.Second})
		return captured(t, evidence.CPU), nil
	}, func(context.Context, func(source.Progress)) (*evidence.Capture, error) {
		return nil, errors.New("connection refused")
	})
	var last *tui.Data
	send := func(d *tui.Data) { last = d }
	f.feed(t.Context(), nil, send)
	server := looksOn(t, f)
	for range 2 {
		last = f.watch(t.Context(), last)
	}
	if last.Lost || len(last.Numbers) != 1 {
		t.Fatalf("of one that lives: lost %v, %+v", last.Lost, last.Numbers)
	}
	server.Close()
	if last = f.watch(t.Context(), last); !last.Lost || last.Silence.For <= 0 {
		t.Fatalf("of one that is gone: lost %v, %v", last.Lost, last.Silence.For)
	}
	silent := last.Silence.For
	f.feed(t.Context(), nil, send)
	if last.Err == nil || !last.Lost || last.Silence.For < silent {
		t.Errorf("collected again in vain: %v, lost %v for %v", last.Err, last.Lost, last.Silence.For)
	}
	if len(last.Numbers) != 1 || len(last.Numbers[0].Series.Times) != 2 {
		t.Errorf("what was seen is gone: %+v", last.Numbers)
	}
}

// A comparison has it on the side that runs.
func TestSeenOfSide(t *testing.T) {
	o := &onward{set: &evidence.Set{}, last: time.Unix(1e9, 0), lost: true}
	for i := range 2 {
		o.keep(kernel.Use{At: time.Unix(1e9+int64(i), 0), RSS: 1 << 20})
	}
	d := &tui.Data{Compared: &tui.Comparison{Side: &tui.Data{}}}
	got := o.seen(d, time.Unix(1e9+5, 0))
	if side := got.Compared.Side; len(side.Numbers) != 1 || len(got.Numbers) != 0 || !side.Lost || got.Silence.For != 5*time.Second {
		t.Errorf("%+v, side %+v", got, side)
	}
	if d.Lost || d.Compared.Side.Lost {
		t.Error("what was handed over is changed")
	}
}
