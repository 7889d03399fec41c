package demo

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/goperf/goperf/report"
)

// patience is how long a test waits for something that must come; it says
// nothing about how long it should take.
const patience = 3 * time.Minute

func TestAllDeclareWhatToFind(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range All {
		if s.Name == "" || s.Doc == "" || seen[s.Name] {
			t.Errorf("%q: needs a name of its own and a doc", s.Name)
		}
		seen[s.Name] = true
		if !slices.Contains([]string{"cpu", "heap", "goroutine", "mutex", "block"}, s.Shows) {
			t.Errorf("%s: shows in unknown profile %q", s.Name, s.Shows)
		}
		if s.Name == "healthy" {
			if s.Mechanism != "" || s.Function != "" {
				t.Errorf("healthy declares a mechanism or function")
			}
			continue
		}
		for _, slug := range append([]string{s.Mechanism}, s.Accept...) {
			if !slices.Contains(report.Mechanisms, slug) {
				t.Errorf("%s: mechanism %q is not in the vocabulary", s.Name, slug)
			}
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	first, err := Find("")
	if err != nil || first.Name != All[0].Name {
		t.Errorf("Find(\"\") = %q, %v", first.Name, err)
	}
	_, err = Find("gout")
	if err == nil || !strings.Contains(err.Error(), `"gout"`) || !strings.Contains(err.Error(), "healthy") {
		t.Errorf("Find of an unknown name: %v, want the name and the choice", err)
	}
	if _, err := Start(t.Context(), "gout", Options{}); err == nil {
		t.Error("Start of an unknown name does not err")
	}
}

// TestSicknesses starts each service, sees that it answers its clients and
// shows the declared function in the declared profile, and that nothing of it
// is left after Stop. Some run together, because a process has one CPU profile
// at a time and that takes a second at least.
func TestSicknesses(t *testing.T) {
	for batch := range slices.Chunk(All, 6) {
		t.Run(batch[0].Name+" to "+batch[len(batch)-1].Name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			services := make([]*Service, len(batch))
			for i, sickness := range batch {
				s, err := Start(t.Context(), sickness.Name, Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Stop()
				services[i] = s
			}
			for _, s := range services {
				eventually(t, s.Sickness.Name+" answers", func() bool { return s.Served() >= 20 })
				answersWell(t, s)
				grows(t, s)
			}
			burns(t, services)
			for _, s := range services {
				s.Stop()
			}
			gone(t, services, before)
		})
	}
}

// answersWell asks for every path the clients use and wants no 404 and no
// malformed request: the load must be real work.
func answersWell(t *testing.T, s *Service) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for n := range 8 {
		q := s.load.app.ask(n)
		method, body := http.MethodGet, io.Reader(nil)
		if q.body != "" {
			method, body = http.MethodPost, strings.NewReader(q.body)
		}
		r, err := http.NewRequestWithContext(ctx, method, s.App+q.path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Close = true
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode >= 400 && answer.StatusCode != http.StatusGatewayTimeout {
			t.Errorf("%s %s: %s: %.200s", method, q.path, answer.Status, text)
		}
	}
}

// burns takes CPU profiles until each declared function has been seen. A service
// that has been seen stops, and leaves the processor to the others: profiles are
// of the whole process.
func burns(t *testing.T, services []*Service) {
	t.Helper()
	missing := map[string]*Service{}
	for _, s := range services {
		if s.Sickness.Shows == "cpu" && s.Sickness.Function != "" {
			missing[s.Sickness.Function] = s
		}
	}
	for _, s := range services {
		if missing[s.Sickness.Function] != s {
			s.Stop()
		}
	}
	const most = 120
	for round := 0; len(missing) > 0; round++ {
		functions := slices.Sorted(maps.Keys(missing))
		if round == most {
			t.Fatalf("not in %d CPU profiles: %v", round, functions)
		}
		p := fetch(t, missing[functions[0]], "/debug/pprof/profile?seconds=1")
		for _, function := range functions {
			if with, _ := weigh(p, 1, function); with > 0 {
				missing[function].Stop()
				delete(missing, function)
			}
		}
	}
}

// grows waits until a leak is seen growing, or a wait is seen at all.
func grows(t *testing.T, s *Service) {
	t.Helper()
	path, column, enough := "", 0, int64(0)
	switch s.Sickness.Shows {
	case "goroutine":
		path, enough = "/debug/pprof/goroutine", 10 // more than the clients can keep under way
	case "heap":
		path, column, enough = "/debug/pprof/heap?gc=1", 3, 1<<20 // two samples
	case "mutex", "block":
		eventually(t, s.Sickness.Function+" in the delays", func() bool {
			with, _ := weigh(fetch(t, s, "/debug/pprof/"+s.Sickness.Shows), 1, s.Sickness.Function)
			return with > 0
		})
		return
	default:
		return
	}
	first := int64(-1)
	eventually(t, s.Sickness.Function+" growing", func() bool {
		now, _ := weigh(fetch(t, s, path), column, s.Sickness.Function)
		if first < 0 {
			first = now
		}
		return now >= first+enough
	})
}

// gone checks that the ports are closed and the goroutines have ended.
func gone(t *testing.T, services []*Service, goroutines int) {
	t.Helper()
	for _, s := range services {
		for _, url := range []string{s.URL, s.App} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err == nil {
				_ = conn.Close()
				t.Errorf("%s: %s still accepts connections after Stop", s.Sickness.Name, url)
			}
		}
	}
	eventually(t, "all goroutines ended", func() bool {
		http.DefaultClient.CloseIdleConnections()
		return runtime.NumGoroutine() <= goroutines
	})
}

func TestStopTwiceAndContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, "healthy", Options{Rates: &Rates{}})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-s.Done():
	case <-time.After(patience):
		t.Fatal("the service outlives its context")
	}
	s.Stop()
	s.Stop()
}

func TestLifeEnds(t *testing.T) {
	s, err := Start(t.Context(), "shop", Options{Life: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Done():
	case <-time.After(patience):
		s.Stop()
		t.Fatal("the service outlives its life")
	}
}

func TestRates(t *testing.T) {
	before := runtime.SetMutexProfileFraction(-1)
	s, err := Start(t.Context(), "healthy", Options{Rates: &Rates{Mutex: 7}})
	if err != nil {
		t.Fatal(err)
	}
	if got := runtime.SetMutexProfileFraction(-1); got != 7 {
		t.Errorf("mutex profile fraction while running = %d, want 7", got)
	}
	s.Stop()
	if got := runtime.SetMutexProfileFraction(-1); got != before {
		t.Errorf("mutex profile fraction after Stop = %d, want %d as before", got, before)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func fetch(t *testing.T, s *Service, path string) *profile.Profile {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	p, err := profile.Parse(answer.Body)
	if err != nil {
		t.Fatalf("%s: %s: %v", path, answer.Status, err)
	}
	return p
}

// weigh sums a column of the profile: samples with the function, and all.
func weigh(p *profile.Profile, column int, function string) (with, all int64) {
	for _, sample := range p.Sample {
		all += sample.Value[column]
		if has(sample, function) {
			with += sample.Value[column]
		}
	}
	return with, all
}

func has(sample *profile.Sample, function string) bool {
	for _, location := range sample.Location {
		for _, line := range location.Line {
			if line.Function.Name == function {
				return true
			}
		}
	}
	return false
}
