package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

func answer(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintln(w, text)
	}
}

// cutOff ends the connection after some bytes of the body. It closes it in
// good order: a reset could overtake the bytes.
func cutOff(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		fmt.Fprintf(buf, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
		buf.Write(body)
		buf.Flush()
	}
}

const html = `<!DOCTYPE html><html><body><form action="/login">`

// TestGaps has one service for each way in which one piece of evidence fails
// while the others come.
func TestGaps(t *testing.T) {
	t.Parallel()
	const busyText = "Could not enable CPU profiling: cpu profiling already in use"
	for _, tt := range []struct {
		name string
		at   string // the profile that fails
		with http.HandlerFunc
		kind evidence.Kind
		want []string
	}{
		{"forbidden", "heap", answer(403, "no"), evidence.Heap, []string{"403 Forbidden", "--bearer-file"}},
		{"gone", "mutex", answer(404, "Unknown profile"), evidence.Mutex, []string{"404 Not Found"}},
		{"page instead of profile", "heap", answer(200, html), evidence.Heap, []string{"an HTML page came instead of a profile", "login"}},
		{"page instead of CPU", "profile", answer(200, html), evidence.CPU, []string{"an HTML page"}},
		{"page instead of text", "goroutine", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, html) }, evidence.Goroutine, []string{"an HTML page"}},
		{"noise instead of profile", "block", answer(200, "\x01\x02\x03"), evidence.Block, []string{"what came is not a profile"}},
		{"another profile", "profile", heapProfile, evidence.CPU, []string{"what came is not a CPU profile"}},
		{"broken service", "heap", answer(500, "out of\ncheese"), evidence.Heap, []string{"500 Internal Server Error: out of |"}},
		{"cut snapshot", "heap", cutOff(canned.cpu[:10]), evidence.Heap, []string{"the connection was cut"}},
		{"busy for ever", "profile", answer(500, busyText), evidence.CPU, []string{"somebody else was taking a CPU profile", "continuous profiler"}},
		{
			"write timeout", "profile", answer(400, "profile duration exceeds server's WriteTimeout"), evidence.CPU,
			[]string{"even one second", "WriteTimeout", "--duration"},
		},
		{"gateway", "profile", answer(504, html), evidence.CPU, []string{"504 Gateway Timeout", "--duration"}},
		{"timeout handler", "profile", answer(503, "Timeout"), evidence.CPU, []string{"503 Service Unavailable"}},
		{"cut window", "profile", cutOff(nil), evidence.CPU, []string{"even one second of profiling did not come through: the connection was cut"}},
		{"tracer busy", "trace", answer(500, "Could not enable tracing: tracing is already enabled"), evidence.Trace, []string{"somebody else is tracing: tracing is already enabled"}},
		{"page instead of trace", "trace", answer(200, html), evidence.Trace, []string{"what came is not an execution trace"}},
		{"trace refused", "trace", answer(401, ""), evidence.Trace, []string{"401 Unauthorized", "--bearer-file"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tg := &target{on: map[string]http.HandlerFunc{tt.at: tt.with}}
			c := collect(t, serve(t, tg), quietly())
			wantGap(t, c, tt.kind, tt.want...)
			if len(blobs(c, tt.kind)) != 0 {
				t.Errorf("there is a blob of %s", tt.kind)
			}
			if n := len(blobs(c, evidence.ThreadCreate)); n != 1 {
				t.Errorf("the rest did not come: %v", c.Gaps)
			}
		})
	}
}

func heapProfile(w http.ResponseWriter, r *http.Request) {
	r.URL.Path = "/debug/pprof/heap"
	(&target{}).ServeHTTP(w, r)
}

// TestCutTrace keeps the part of a trace that came.
func TestCutTrace(t *testing.T) {
	t.Parallel()
	tg := &target{on: map[string]http.HandlerFunc{"trace": cutOff(canned.trace[:len(canned.trace)/2])}}
	c := collect(t, serve(t, tg), quietly())
	b := blobs(c, evidence.Trace)
	if len(b) != 1 || !strings.Contains(b[0].Doubt, "it ends early: the connection was cut") || len(b[0].Data) != len(canned.trace)/2 {
		t.Errorf("trace: %d blobs, %v", len(b), c.Gaps)
	}
}

// TestShorterTrace asks once more for half of a trace that did not come.
func TestShorterTrace(t *testing.T) {
	t.Parallel()
	tg := &target{on: map[string]http.HandlerFunc{}}
	tg.on["trace"] = func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("seconds") == "0.5" {
			w.Write(canned.trace)
			return
		}
		answer(400, "profile duration exceeds server's WriteTimeout")(w, r)
	}
	c := collect(t, serve(t, tg), quietly())
	if b := blobs(c, evidence.Trace); len(b) != 1 || b[0].Asked != 500*time.Millisecond || gaps(c, evidence.Trace) != "" {
		t.Errorf("%d traces, asked for %v, %s", len(b), tg.requests("trace"), gaps(c, evidence.Trace))
	}
}

// TestShorterSlices goes on with what the server bears: the text of Go up to
// 1.21, and the cut connection of later versions.
func TestShorterSlices(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]http.HandlerFunc{
		"text": answer(400, "profile duration exceeds server's WriteTimeout"),
		"cut":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tg := &target{on: map[string]http.HandlerFunc{}}
			tg.on["profile"] = func(w http.ResponseWriter, r *http.Request) {
				switch r.FormValue("seconds") {
				case "1", "2":
					w.Write(canned.cpu)
				default:
					refuse(w, r)
				}
			}
			c := collect(t, serve(t, tg), Plan{Duration: 9 * time.Second, NoSyntax: true})
			wantGap(t, c, evidence.CPU, "a slice of 4s did not come through", "went on with 2s", "WriteTimeout")
			want := []string{"seconds=1", "seconds=2", "seconds=4", "seconds=2", "seconds=2", "seconds=2"}
			if got := tg.requests("profile"); !slices.Equal(got, want) {
				t.Errorf("asked for %v, want %v", got, want)
			}
			if n := len(blobs(c, evidence.CPU)); n != 5 {
				t.Errorf("%d slices came", n)
			}
		})
	}
}

// TestBusyForAWhile waits for the other user of the profiler, and takes the
// waiting out of the window.
func TestBusyForAWhile(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	tg := &target{on: map[string]http.HandlerFunc{"profile": func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) <= 3 {
			answer(500, "Could not enable CPU profiling: cpu profiling already in use")(w, r)
			return
		}
		w.Write(canned.cpu)
	}}}
	c := collect(t, serve(t, tg), quietly())
	if g := gaps(c, evidence.CPU); g != "" {
		t.Errorf("gap: %s", g)
	}
	sum := time.Duration(0)
	for _, b := range blobs(c, evidence.CPU) {
		sum += b.Asked
	}
	if sum < 4*time.Second || sum >= 6*time.Second {
		t.Errorf("%v profiled; 1.75 s of 6 s were spent waiting", sum)
	}
}

func TestRival(t *testing.T) {
	t.Parallel()
	s := &session{counts: map[evidence.Kind]int{}}
	s.add(evidence.Blob{Kind: evidence.Goroutine, Data: encode(t, evidence.Goroutine, frame{"github.com/grafana/pyroscope-go/internal/pprof.Foo", "a.go", 1, 1})})
	why, hint := s.rival()
	if !strings.Contains(why, "Pyroscope") || hint == "" {
		t.Errorf("%q, %q", why, hint)
	}
}

// TestErrors are those where nothing can be had at all.
func TestErrors(t *testing.T) {
	t.Parallel()
	// A TCP port that was let go may be another test's by now; a socket file stays.
	dir, err := os.MkdirTemp("", "goperf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	closed, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		skipOnWindows(t, err)
	}
	closed.(*net.UnixListener).SetUnlinkOnClose(false)
	closed.Close()
	plain := serve(t, &target{})
	for _, tt := range []struct {
		name, url string
		want      []string
	}{
		{"refused", "unix://" + closed.Addr().String(), []string{closed.Addr().String(), "connection refused", "is the service running"}},
		{"no login", serve(t, answer(401, "")), []string{"401 Unauthorized", "--bearer-file"}},
		{"no pprof", serve(t, http.NotFoundHandler()), []string{"no profiles are served there", "net/http/pprof"}},
		{"another page", serve(t, answer(200, html)), []string{"not a list of profiles", "is this the port"}},
		{"no TLS", strings.Replace(plain, "http:", "https:", 1), []string{"does not speak TLS", "write http://"}},
		{"nothing but trouble", serve(t, answer(500, "panic: oh")), []string{"500 Internal Server Error: panic: oh"}},
		{"no such socket", "unix:///nonexistent/goperf.sock", []string{"there is no such socket"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := collectErr(t, tt.url, quietly())
			text := err.Error()
			var h interface{ Hint() string }
			if errors.As(err, &h) {
				text += " | " + h.Hint()
			}
			for _, w := range tt.want {
				if !strings.Contains(text, w) {
					t.Errorf("%q: want %q in it", text, w)
				}
			}
			if strings.ContainsAny(text, "\n\r") {
				t.Errorf("%q has more than one line", text)
			}
		})
	}
}

// TestNothingButIndex is an error that says what was wrong first.
func TestNothingButIndex(t *testing.T) {
	t.Parallel()
	tg := &target{on: map[string]http.HandlerFunc{}}
	for _, name := range alwaysServed {
		tg.on[name] = answer(403, "")
	}
	err := collectErr(t, serve(t, tg), quietly())
	if !strings.Contains(err.Error(), "403 Forbidden") {
		t.Error(err)
	}
}

// TestNothingButGarbage: what most of the profiles lack is the reason, and not the
// first thing that was missing.
func TestNothingButGarbage(t *testing.T) {
	t.Parallel()
	tg := &target{on: map[string]http.HandlerFunc{}}
	for _, name := range alwaysServed {
		tg.on[name] = answer(200, "\x1b[31mhello \x00\xff")
	}
	tg.on["mutex"] = answer(403, "")
	err := collectErr(t, serve(t, tg), quietly())
	for _, want := range []string{"heap, goroutine, ", "what came is not a profile", "does something else answer", "curl http"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q in it", err, want)
		}
	}
	if strings.ContainsAny(err.Error(), "\x1b\x00") {
		t.Errorf("%q", err)
	}
}

// TestStalled stops asking when answers stop coming.
func TestStalled(t *testing.T) {
	t.Parallel()
	free := make(chan struct{})
	stall := func(http.ResponseWriter, *http.Request) { <-free }
	tg := &target{on: map[string]http.HandlerFunc{"heap": stall, "goroutine": stall, "mutex": stall, "block": stall}}
	url := serve(t, tg)
	t.Cleanup(func() { close(free) })
	want := quietly()
	want.Timeout = 300 * time.Millisecond
	c := collect(t, url, want)
	wantGap(t, c, evidence.HeapText, "no answer in time", "stalled")
	wantGap(t, c, evidence.Mutex, "did not answer twice in a row")
	if len(blobs(c, evidence.CPU)) == 0 {
		t.Error("the CPU profiles, which do come, were not asked for")
	}
}

// TestTooLarge bounds what is read, also of what is compressed twice.
// TestSlowAnswer: while an answer is awaited progress says which, for how long,
// and what has come before it.
func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	said := make(chan struct{})
	var once sync.Once
	tg := &target{on: map[string]http.HandlerFunc{"heap": func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-said:
		case <-r.Context().Done():
		}
		http.NotFound(w, r)
	}}}
	began, deps := time.Now(), testDeps()
	deps.Now = func() time.Time { return began.Add(20 * time.Since(began)) } // a clock that does not make the test wait
	var text string
	var asked int
	tell := func(p Progress) {
		if strings.Contains(p.Doing, "no answer to heap?debug=1 for ") {
			once.Do(func() {
				text, asked = p.Doing, len(p.SoFar.Asked)
				close(said)
			})
		}
	}
	plan := quietly()
	plan.Timeout = time.Minute
	if _, err := mustParse(t, serve(t, tg), deps).Collect(t.Context(), plan, tell); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "taking snapshots: no answer to heap?debug=1 for ") || asked < 2 {
		t.Errorf("%q, after %d answers: want the index and the command line before it", text, asked)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	zw := gzip.NewWriter(&bomb)
	zw.Write(make([]byte, 4<<20))
	zw.Close()
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb.Bytes())
			return
		}
		w.Write(make([]byte, 4<<20))
	}))
	src := mustParse(t, url, testDeps()).(*urlSource)
	c, err := newClient(Plan{}.filled(), "", src.deps)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/plain", "/gzip"} {
		u := *src.base
		u.Path = path
		r := c.get(t.Context(), query{url: &u, limit: 1 << 20})
		if !errors.Is(r.err, errTooLarge) || len(r.body) != 1<<20 {
			t.Errorf("%s: %v with %d bytes", path, r.err, len(r.body))
		}
	}
}

// TestCompressedTwice undoes what a middleware did unasked.
func TestCompressedTwice(t *testing.T) {
	t.Parallel()
	inner := &target{}
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		inner.ServeHTTP(rec, r)
		w.Header().Set("Content-Encoding", "gzip")
		zw := gzip.NewWriter(w)
		zw.Write(rec.Body.Bytes())
		zw.Close()
	}))
	c := collect(t, url, quietly())
	if _, ok := evidence.Decode(c).Last(evidence.Heap); !ok {
		t.Errorf("no heap profile: %v", c.Gaps)
	}
}

// TestSwitchedOff tells no contention from no profiling.
func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	empty := encode(t, evidence.Mutex)
	serveRate := func(period string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("debug") == "1" {
				fmt.Fprintf(w, "--- mutex:\ncycles/second=2100000000\nsampling period=%s\n", period)
				return
			}
			w.Write(empty)
		}
	}
	off := &target{on: map[string]http.HandlerFunc{"mutex": serveRate("0"), "block": serveRate("")}}
	c := collect(t, serve(t, off), quietly())
	wantGap(t, c, evidence.Mutex, "switched off", "not the same as no contention", "runtime.SetMutexProfileFraction(100)")
	wantGap(t, c, evidence.Block, "most likely switched off", "runtime.SetBlockProfileRate(1e8)")
	if len(off.requests("mutex")) != 2 || len(off.requests("block")) != 1 {
		t.Errorf("asked again for what is off: %v", off.asked)
	}
	on := &target{on: map[string]http.HandlerFunc{"mutex": serveRate("100")}}
	c = collect(t, serve(t, on), quietly())
	if g := gaps(c, evidence.Mutex); g != "" || len(blobs(c, evidence.Mutex)) != 2 {
		t.Errorf("nothing contended: %q, %d profiles", g, len(blobs(c, evidence.Mutex)))
	}
}

// TestInterrupt keeps the slices that came and takes closing snapshots.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	tg := &target{on: map[string]http.HandlerFunc{"profile": func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("seconds") != "4" {
			w.Write(canned.cpu)
			return
		}
		interrupt() // in the middle of the third slice
		<-r.Context().Done()
	}}}
	src := mustParse(t, serve(t, tg), testDeps()).(*urlSource)
	src.closing = time.Minute // the machine may be slow
	c, err := src.Collect(ctx, Plan{NoSyntax: true, NoTrace: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(blobs(c, evidence.CPU)); n != 2 {
		t.Errorf("%d slices, want the two that were whole", n)
	}
	wantGap(t, c, evidence.CPU, "stopped by the user with 3s of 30s profiled")
	cpu := blobs(c, evidence.CPU)
	last := cpu[len(cpu)-1].To
	for _, kind := range []evidence.Kind{evidence.Heap, evidence.HeapText, evidence.Goroutine} {
		b := blobs(c, kind)
		if len(b) == 0 || !b[len(b)-1].From.After(last) {
			t.Errorf("no closing snapshot of %s: %s", kind, gaps(c, kind))
		}
	}
	for _, a := range c.Asked[len(c.Asked)-3:] {
		if strings.Contains(a.What, "gc=1") {
			t.Errorf("%s: a hurry is no time for it", a.What)
		}
	}
}

func TestInterruptBeforeAnything(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	_, err := mustParse(t, serve(t, &target{}), testDeps()).Collect(ctx, quietly(), nil)
	if err == nil || !strings.Contains(err.Error(), "stopped by the user") {
		t.Error(err)
	}
}

// frame is one sample of one frame for a profile made by hand.
type frame struct {
	function, file string
	line, value    int64
}

func encode(t *testing.T, kind evidence.Kind, frames ...frame) []byte {
	t.Helper()
	p := gprofile(kind, frames)
	var buf bytes.Buffer
	if err := p.Write(&buf); err != nil {
		t.Fatal(err)
	}
	if _, err := profile.Parse(buf.Bytes(), profile.Options{}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
