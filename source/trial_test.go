package source

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/gctune/handler"
)

func openTrial(t *testing.T, target string, want Plan) *Trial {
	t.Helper()
	src, err := Parse(target, testDeps())
	if err != nil {
		t.Fatal(err)
	}
	trial, err := OpenTrial(t.Context(), src, want)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(trial.Close)
	return trial
}

// debugServer serves profiles, and gctune/handler when there is one.
func debugServer(t *testing.T, h http.Handler) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/shop/debug/pprof/", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/shop")
		pprof.Index(w, r)
	})
	if h != nil {
		mux.Handle("/shop/debug/gctune", h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL + "/shop"
}

func TestTrial(t *testing.T) {
	t.Parallel()
	var asked []int
	set := func(gogc int, _ int64) (int, int64) {
		asked = append(asked, gogc)
		return 100, math.MaxInt64
	}
	trial := openTrial(t, debugServer(t, handler.New(handler.Options{Token: "secret", Set: set})), Plan{Bearer: "secret"})
	if served, err := trial.Served(t.Context()); !served || err != nil {
		t.Fatalf("%v %v", served, err)
	}
	err := trial.Set(t.Context(), "20", "off", time.Minute)
	if err == nil || !strings.Contains(err.Error(), "/shop/debug/gctune: gogc=20 memlimit=off comes down to GOGC=20") || hintText(err) != "give more memory" {
		t.Errorf("%v (%s)", err, hintText(err))
	}
	if err := trial.Set(t.Context(), "300", "off", time.Minute); err != nil || !slices.Equal(asked, []int{300}) {
		t.Errorf("%v %v", err, asked)
	}
	if err := trial.End(t.Context()); err != nil || !slices.Contains(asked[1:], 100) {
		t.Errorf("%v %v", err, asked)
	}
}

func TestTrialNotServed(t *testing.T) {
	t.Parallel()
	if served, err := openTrial(t, debugServer(t, nil), Plan{}).Served(t.Context()); served || err != nil {
		t.Errorf("absent: %v %v", served, err)
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>everything is served")) })
	if served, err := openTrial(t, debugServer(t, page), Plan{}).Served(t.Context()); served || err != nil {
		t.Errorf("a page: %v %v", served, err)
	}
	_, err := openTrial(t, debugServer(t, handler.New(handler.Options{Token: "secret"})), Plan{}).Served(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the token is missing or wrong") || hintText(err) == "" {
		t.Errorf("without the token: %v", err)
	}
	for _, src := range []Source{Files([]string{"x.log"}, testDeps()), pidSource{target: "pid:1", pid: 1, deps: Deps{Proc: fakeProc(t, 1, 1, nil)}.filled()}} {
		if _, err := OpenTrial(t.Context(), src, Plan{}); !errors.Is(err, ErrNoService) || hintText(err) == "" {
			t.Errorf("%T: %v", src, err)
		}
	}
}

// TestRestarted sees through a service that is away for a while.
func TestRestarted(t *testing.T) {
	t.Parallel()
	answers := []string{"# TotalAlloc = 700\n", "# TotalAlloc = 900\n", "away", "away", "# TotalAlloc = 40\n"}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer := answers[0]
		answers = answers[1:]
		if answer == "away" {
			http.Error(w, answer, http.StatusBadGateway)
			return
		}
		_, _ = w.Write([]byte("heap profile: 0: 0 [0: 0] @ heap/1\n# runtime.MemStats\n" + answer))
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL + "/debug/pprof/")
	if err != nil {
		t.Fatal(err)
	}
	deps := testDeps().filled()
	deps.After = func(time.Duration) <-chan time.Time {
		c := make(chan time.Time, 1)
		c <- time.Time{}
		return c
	}
	c, err := newClient(Plan{}.filled(), "", deps)
	if err != nil {
		t.Fatal(err)
	}
	trial := &Trial{session: &session{deps: deps, client: c, offer: offer{pprof: u}}}
	if err := trial.Restarted(t.Context(), 800); err != nil || len(answers) != 4 {
		t.Errorf("less than before: %v, %d answers left", err, len(answers))
	}
	if err := trial.Restarted(t.Context(), 0); err != nil || len(answers) != 0 {
		t.Errorf("%v, %d answers left", err, len(answers))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answers = []string{"away"}
	deps.After = func(time.Duration) <-chan time.Time { return nil }
	trial.session.deps = deps
	if err := trial.Restarted(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
