package handler

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goperf/goperf/gctune"
)

const mib = 1 << 20

// bench is a handler over real HTTP, of a process and a clock that the test turns.
type bench struct {
	*Handler
	url string

	mu     sync.Mutex
	r      gctune.Reading
	inside int64
	clock  time.Time
	ends   []func() // what after has been asked for and was not stopped
}

func newBench(t *testing.T, o Options) *bench {
	t.Helper()
	b := &bench{clock: time.Unix(1000, 0), r: gctune.Reading{GOGC: 100, MemoryLimit: gctune.NoLimit, Live: 100 * mib, Objects: 100 * mib, Mapped: 120 * mib, Cycles: 9}}
	o.Set = func(gogc int, limit int64) (int, int64) {
		b.mu.Lock()
		defer b.mu.Unlock()
		old := b.r
		b.r.GOGC, b.r.MemoryLimit = gogc, limit
		return old.GOGC, old.MemoryLimit
	}
	b.Handler = New(o)
	b.read = func() gctune.Reading { b.mu.Lock(); defer b.mu.Unlock(); return b.r }
	b.room = func() int64 { return b.inside }
	b.now = func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.clock }
	b.after = func(_ time.Duration, f func()) func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		i := len(b.ends)
		b.ends = append(b.ends, f)
		return func() bool { b.mu.Lock(); defer b.mu.Unlock(); b.ends[i] = nil; return true }
	}
	s := httptest.NewServer(b.Handler)
	t.Cleanup(s.Close)
	b.url = s.URL + "/debug/gctune"
	return b
}

// ask sends a request and returns the status and the answer.
func (b *bench) ask(t *testing.T, method, query string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.url+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func (b *bench) holds(t *testing.T, what string, gogc int, limit int64) {
	t.Helper()
	if r := b.read(); r.GOGC != gogc || r.MemoryLimit != limit {
		t.Errorf("%s: GOGC %d, limit %d; want %d, %d", what, r.GOGC, r.MemoryLimit, gogc, limit)
	}
}

// No limit is null everywhere: the largest number is not what JavaScript reads.
func TestNoLimitIsNull(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Loopback: true})
	_, body := b.ask(t, http.MethodGet, "")
	if strings.Contains(body, "9223372036854775807") || !strings.Contains(body, `"memory_limit": null`) {
		t.Error(body)
	}
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options Options
		header  []string
		want    int
	}{
		"off":                  {Options{}, nil, 403},
		"off, with a token":    {Options{}, []string{"Authorization", "Bearer "}, 403},
		"loopback":             {Options{Loopback: true}, nil, 200},
		"loopback, by name":    {Options{Loopback: true}, []string{"Host", "localhost:80"}, 200},
		"loopback, a token":    {Options{Loopback: true}, []string{"Authorization", "Bearer x"}, 200},
		"a name made for this": {Options{Loopback: true}, []string{"Host", "evil.example:6060"}, 403},
		"a proxy":              {Options{Loopback: true}, []string{"X-Forwarded-For", "10.0.0.1"}, 403},
		"a web page":           {Options{Loopback: true}, []string{"Origin", "http://evil.example"}, 403},
		"a form":               {Options{Loopback: true}, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"token":                {Options{Token: "secret"}, []string{"Authorization", "Bearer secret", "X-Forwarded-For", "10.0.0.1"}, 200},
		"no token":             {Options{Token: "secret"}, nil, 401},
		"wrong token":          {Options{Token: "secret"}, []string{"Authorization", "Bearer secre"}, 401},
		"wrong, on loopback":   {Options{Token: "secret", Loopback: true}, []string{"Authorization", "Bearer x"}, 401},
		"either":               {Options{Token: "secret", Loopback: true}, nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.options)
			for _, method := range []string{"GET", "POST", "DELETE"} {
				status, body := b.ask(t, method, "?gogc=200&ttl=1m", c.header...)
				if status != c.want || strings.Contains(body, "secret") {
					t.Errorf("%s: status %d, want %d: %s", method, status, c.want, body)
				}
			}
			if n := b.number; (c.want == 200) != (n == 1) {
				t.Errorf("%d trials", n)
			}
		})
	}
}

func TestElsewhere(t *testing.T) {
	t.Parallel()
	h := New(Options{Loopback: true})
	r := httptest.NewRequest("GET", "http://127.0.0.1/debug/gctune", nil)
	for address, want := range map[string]int{"10.1.2.3:55": 403, "127.0.0.1:55": 200, "[::1]:55": 200, "": 403, "@": 403} {
		w := httptest.NewRecorder()
		r.RemoteAddr = address
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("from %q: %d, want %d", address, w.Code, want)
		}
	}
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no unix sockets here: ", err)
	}
	s := &http.Server{Handler: New(Options{Loopback: true})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	client := http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) }}}
	response, err := client.Get("http://shop/debug/gctune")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 {
		t.Error(response.Status)
	}
}

func TestTrial(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Loopback: true})
	status, body := b.ask(t, "POST", "?gogc=130&memlimit=480MiB&ttl=10m")
	if status != 200 {
		t.Fatal(body)
	}
	b.holds(t, "tried", 130, 480*mib)
	var s State
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatal(err)
	}
	if s.Schema != Schema || s.Trial == nil || s.Trial.Seconds != 600 || s.Trial.Before.GOGC != 100 || s.Trial.Before.MemoryLimit != nil || *s.Trial.Set.MemoryLimit != 480*mib || *s.EffectiveGOGC != 130 || s.Container != nil {
		t.Errorf("%s", body)
	}
	b.ask(t, "POST", "?gogc=200&ttl=1m")
	b.holds(t, "again", 200, 480*mib)
	if b.ends[0] != nil {
		t.Error("the first trial has not been stopped")
	}
	b.ends[1]()
	b.holds(t, "after its time", 100, gctune.NoLimit)
	if status, body = b.ask(t, "GET", ""); status != 200 || strings.Contains(body, "trial") {
		t.Errorf("%d %s", status, body)
	}
	b.ask(t, "POST", "?memlimit=200MiB&ttl=10m")
	b.holds(t, "the limit alone", 100, 200*mib)
	b.options.Set(60, 200*mib) // by the program
	b.ask(t, "DELETE", "")
	b.holds(t, "what the program has set stays", 60, gctune.NoLimit)
	b.ask(t, "DELETE", "")
	b.holds(t, "twice", 60, gctune.NoLimit)
	b.ask(t, "POST", "?gogc=50&ttl=1m")
	b.Close()
	b.holds(t, "closed", 60, gctune.NoLimit)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Loopback: true, MaxTTL: time.Minute})
	b.inside = 400 * mib
	for query, want := range map[string]string{
		"?gogc=off&ttl=1m":                     "without a memory limit",
		"?gogc=20&ttl=1m":                      "comes down to GOGC=20",
		"?gogc=400&memlimit=130MiB&ttl=1m":     "comes down to GOGC=",
		"?memlimit=1&ttl=1m":                   "comes down to GOGC=0 ",
		"?gogc=400&ttl=1m":                     "its container holds",
		"?gogc=off&memlimit=401MiB&ttl=1m":     "its container holds",
		"?gogc=100":                            `ttl ""`,
		"?gogc=100&ttl=61s":                    "a time from 1s to 1m0s",
		"?gogc=100&ttl=0s":                     "a time from",
		"?gogc=100&ttl=-5m":                    "a time from",
		"?ttl=1m":                              "neither",
		"?gogc=0&ttl=1m":                       `gogc "0"`,
		"?gogc=-1&ttl=1m":                      `gogc "-1"`,
		"?gogc=1e3&ttl=1m":                     `gogc "1e3"`,
		"?gogc=99999999999999999999&ttl=1m":    "a percentage",
		"?gogc=100&gogc=50&ttl=1m":             "2 times",
		"?gogc=100&ttl=1m&x=%1b[2J%3Cb%3E":     `"x" is not known`,
		"?gogc=%1b[2J%3Cb%3E&ttl=1m":           "a percentage",
		"?gogc=100;ttl=1m":                     "cannot be read",
		"?memlimit=480MB&ttl=1m":               `memlimit "480MB"`,
		"?memlimit=9999999999TiB&ttl=1m":       "memlimit",
		"?memlimit=-5&ttl=1m":                  "memlimit",
		"?memlimit=&ttl=1m":                    "memlimit",
		"?memlimit=9223372036854775808&ttl=1m": "memlimit",
	} {
		status, body := b.ask(t, "POST", query)
		var got refusal
		if err := json.Unmarshal([]byte(body), &got); err != nil || status/100 != 4 || !strings.Contains(got.Error, want) || got.Hint == "" {
			t.Errorf("%s: %d %s, want %q", query, status, body, want)
		}
		if strings.ContainsAny(body, "\x1b<") {
			t.Errorf("%s: unsafe text %q", query, body)
		}
	}
	b.holds(t, "nothing has been set", 100, gctune.NoLimit)
	if status, _ := b.ask(t, "PUT", ""); status != http.StatusMethodNotAllowed {
		t.Error(status)
	}
}

// TestConcurrent has many ask at once, and leaves what was found.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Loopback: true})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				switch (i + j) % 4 {
				case 0:
					b.ask(t, "DELETE", "")
				case 1:
					b.ask(t, "GET", "")
				default:
					b.ask(t, "POST", []string{"?gogc=130&ttl=10m", "?gogc=200&memlimit=1GiB&ttl=1m"}[j%2])
				}
				b.mu.Lock()
				ends := b.ends
				b.mu.Unlock()
				if n := len(ends); n > 0 && j%5 == 0 {
					b.mu.Lock()
					end := b.ends[n-1]
					b.mu.Unlock()
					if end != nil {
						end()
					}
				}
			}
		})
	}
	wg.Wait()
	b.Close()
	b.holds(t, "in the end", 100, gctune.NoLimit)
}

// TestThisProcess tries a setting on the process that runs the test.
func TestThisProcess(t *testing.T) {
	h := New(Options{Loopback: true})
	h.room = func() int64 { return 0 }
	s := httptest.NewServer(h)
	defer s.Close()
	before := gctune.ReadSelf()
	post := func(query string) int {
		response, err := http.Post(s.URL+query, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	if status := post("?gogc=333&memlimit=8GiB&ttl=1s"); status != 200 {
		t.Fatal(status)
	}
	for deadline := time.Now().Add(time.Minute); gctune.ReadSelf().GOGC == 333; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the setting does not end by itself")
		}
	}
	if post("?gogc=444&ttl=1m") != 200 || gctune.ReadSelf().GOGC != 444 {
		t.Error("the second setting does not hold")
	}
	h.Close()
	if after := gctune.ReadSelf(); after.GOGC != before.GOGC || after.MemoryLimit != before.MemoryLimit {
		t.Errorf("left %d, %d; found %d, %d", after.GOGC, after.MemoryLimit, before.GOGC, before.MemoryLimit)
	}
	if got := debug.SetMemoryLimit(-1); got != before.MemoryLimit || math.MaxInt64 != gctune.NoLimit {
		t.Error(got)
	}
}
