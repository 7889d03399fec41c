package source

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
)

// TestPlaces finds the profiles wherever the URL points.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ served, given string }{
		{"", ""},
		{"", "/"},
		{"", "/debug/pprof"},
		{"", "/debug/pprof/"},
		{"", "/debug/pprof/profile?seconds=5"},
		{"", "/debug/pprof/heap"},
		{"/ops/x", "/ops/x"},
		{"/ops/x", "/ops/x/"},
		{"/ops/x", "/ops/x/debug/pprof/trace"},
	} {
		t.Run(tt.served+" by "+tt.given, func(t *testing.T) {
			t.Parallel()
			tg := &target{prefix: tt.served}
			tg.on = map[string]http.HandlerFunc{
				tt.served + "/metrics":    answer(200, "# HELP x y\nx 1"),
				tt.served + "/debug/vars": answer(200, `{"memstats": {}}`),
			}
			url := serve(t, tg) + tt.given
			if strings.Contains(url, "?") {
				url += "&token=1"
			}
			c := collect(t, url, quietly())
			for _, kind := range []evidence.Kind{evidence.CPU, evidence.Heap, evidence.Metrics, evidence.Vars} {
				if len(blobs(c, kind)) == 0 {
					t.Errorf("no %s: %s", kind, gaps(c, kind))
				}
			}
			if got := tg.requests("heap"); slices.ContainsFunc(got, func(q string) bool { return strings.Contains(q, "seconds") }) {
				t.Errorf("the profile's part of the given query was kept: %v", got)
			} else if strings.Contains(url, "token") && !strings.Contains(got[0], "token=1") {
				t.Errorf("the rest of the given query was lost: %v", got)
			}
		})
	}
}

// TestNoIndex goes on without an index page when profiles are served.
func TestNoIndex(t *testing.T) {
	t.Parallel()
	tg := &target{on: map[string]http.HandlerFunc{"": http.NotFound}}
	c := collect(t, serve(t, tg), quietly())
	if len(blobs(c, evidence.CPU)) == 0 || len(blobs(c, evidence.Heap)) < 2 {
		t.Errorf("gaps: %v", c.Gaps)
	}
}

// TestCustomProfiles takes what the program offers of its own, and follows no
// other link.
func TestCustomProfiles(t *testing.T) {
	t.Parallel()
	page := `<a href='heap?debug=1'>heap</a> <a href="goroutine?debug=1">goroutine</a> <a href='profile?debug=1'>profile</a>
		<a href='example.com%2Fopen-files?debug=1'>open files</a> <a href='sessions?debug=1'>x</a> <a href='quit'>quit</a> <a href='/quit?debug=1'>quit</a>`
	tg := &target{on: map[string]http.HandlerFunc{
		"": answer(200, page),
		"sessions": func(w http.ResponseWriter, _ *http.Request) {
			w.Write(encode(t, evidence.Goroutine, frame{"main.open", "main.go", 3, 7}))
		},
	}}
	c := collect(t, serve(t, tg), quietly())
	if n := len(blobs(c, "sessions")); n != 1 {
		t.Errorf("%d profiles of sessions", n)
	}
	wantGap(t, c, evidence.ThreadCreate)
	wantGap(t, c, evidence.Mutex, "does not offer it")
	if len(tg.requests("quit")) != 0 || slices.Contains(tg.asked, "/quit?debug=1") {
		t.Error("a link was followed that is no profile")
	}
}

// TestOnly asks for the one kind of profile that is wanted, and for what says
// whose it is.
func TestOnly(t *testing.T) {
	t.Parallel()
	for kind, asked := range map[evidence.Kind]string{
		evidence.Heap:      "/ /cmdline /heap",
		evidence.Allocs:    "/ /cmdline /allocs",
		evidence.Goroutine: "/ /cmdline /goroutine",
		evidence.CPU:       "/ /cmdline /profile?seconds=1 /profile?seconds=2 /profile?seconds=3",
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			tg := &target{}
			c := collect(t, serve(t, tg), Plan{Duration: 6 * time.Second, Only: kind})
			if got := strings.ReplaceAll(strings.Join(tg.asked, " "), "/debug/pprof/", "/"); got != asked {
				t.Errorf("asked %s, want %s", got, asked)
			}
			if len(blobs(c, kind)) == 0 || len(c.Gaps) != 0 {
				t.Errorf("%d profiles, gaps %v", len(blobs(c, kind)), c.Gaps)
			}
		})
	}
	tg := &target{}
	collect(t, serve(t, tg), Plan{Only: evidence.Heap, GC: WhenAlways})
	if got := tg.requests("heap"); !slices.Equal(got, []string{"gc=1"}) {
		t.Errorf("heap was asked for with %q", got)
	}
	err := collectErr(t, serve(t, &target{}), Plan{Only: "../../quit"})
	if want := "no ../../quit profile: the target does not offer it"; !strings.Contains(err.Error(), want) || !strings.Contains(hintText(err), "heap, mutex, cpu, threadcreate") {
		t.Errorf("%v (%s)", err, hintText(err))
	}
}

// TestRedirect follows to the place of the profiles, and shows the user's
// secrets to nobody else.
func TestRedirect(t *testing.T) {
	t.Parallel()
	tg := &target{prefix: "/real"}
	var seen []string
	var url string
	url = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/real/") {
			tg.ServeHTTP(w, r)
			return
		}
		http.Redirect(w, r, url+"/real"+r.URL.Path, http.StatusFound)
	}))
	c := collect(t, url, quietly())
	if got := blobs(c, evidence.Heap); len(got) < 2 || !strings.Contains(got[0].URL, "/real/debug/pprof/heap") {
		t.Errorf("%d heap profiles, not from the new place", len(got))
	}
	stranger := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = append(seen, fmt.Sprint(r.Header))
	}))
	// Another name of the same machine is another host.
	stranger = strings.Replace(stranger, "127.0.0.1", "localhost", 1)
	away := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, stranger, http.StatusFound) }))
	want := quietly()
	want.Bearer, want.Header = "s3cret", []string{"X-Key: s3cret"}
	_ = collectErr(t, away, want)
	if len(seen) == 0 || strings.Contains(strings.Join(seen, ""), "s3cret") {
		t.Errorf("the other host saw %v", seen)
	}
}

// TestLogin sends what the user gave, and shows it nowhere.
func TestLogin(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		plan Plan
		user string // in front of the host
		ok   func(r *http.Request) bool
	}{
		"bearer": {plan: Plan{Bearer: "s3cret"}, ok: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer s3cret" }},
		"basic":  {plan: Plan{Basic: "joe:s3cret"}, ok: basic},
		"in URL": {user: "joe:s3cret@", ok: basic},
		"header": {plan: Plan{Header: []string{"X-Key: s3cret", "Host: shop"}}, ok: func(r *http.Request) bool {
			return r.Header.Get("X-Key") == "s3cret" && r.Host == "shop"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tg := &target{}
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !tt.ok(r) {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				tg.ServeHTTP(w, r)
			}))
			plan := tt.plan
			plan.Duration, plan.NoSyntax = time.Second, true
			c := collect(t, strings.Replace(url, "://", "://"+tt.user, 1), plan)
			if len(blobs(c, evidence.CPU)) != 1 {
				t.Errorf("gaps: %v", c.Gaps)
			}
			text := fmt.Sprint(c.Target, c.Asked, c.Gaps)
			for _, b := range c.Blobs {
				text += b.URL + b.Name + b.Doubt
			}
			if strings.Contains(text, "s3cret") {
				t.Error("the capture holds the secret")
			}
		})
	}
}

func basic(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	return ok && user == "joe" && password == "s3cret"
}

func TestBadPlans(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noise := filepath.Join(dir, "noise.pem")
	write(t, noise, "no certificate")
	url := serve(t, &target{})
	for want, plan := range map[string]Plan{
		`is not written "Name: value"`: {Header: []string{"oops"}},
		`header "X-Key"`:               {Header: []string{"X-Key: a\nX-Other: b"}},
		"is not written user:password": {Basic: "joe"},
		"one is possible":              {Basic: "a:b", Bearer: "c"},
		"given together":               {TLS: TLS{CertFile: noise}},
		"holds no PEM certificate":     {TLS: TLS{CAFile: noise}},
		"no such file":                 {TLS: TLS{CAFile: filepath.Join(dir, "missing")}},
		"client certificate: ":         {TLS: TLS{CertFile: noise, KeyFile: noise}},
	} {
		if err := collectErr(t, url, plan); !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTLS talks to a server that wants a client certificate, with and without.
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile, pool := clientCert(t, dir)
	s := httptest.NewUnstartedServer(&target{})
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	s.Config.ErrorLog = quietLog()
	s.StartTLS()
	t.Cleanup(s.Close)
	caFile := filepath.Join(dir, "ca.pem")
	write(t, caFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))

	plan := quietly()
	if err := collectErr(t, s.URL, plan); !strings.Contains(hintText(err), "--cacert") {
		t.Errorf("unknown authority: %v, %s", err, hintText(err))
	}
	plan.TLS.CAFile = caFile
	if err := collectErr(t, s.URL, plan); !strings.Contains(hintText(err), "--cert") {
		t.Errorf("no client certificate: %v, %s", err, hintText(err))
	}
	plan.TLS.CertFile, plan.TLS.KeyFile = certFile, keyFile
	if c := collect(t, s.URL, plan); len(blobs(c, evidence.CPU)) != 3 {
		t.Errorf("gaps: %v", c.Gaps)
	}
	plan.TLS.CAFile, plan.TLS.Insecure = "", true
	if c := collect(t, s.URL, plan); len(blobs(c, evidence.CPU)) != 3 {
		t.Errorf("gaps: %v", c.Gaps)
	}
	if err := collectErr(t, strings.Replace(s.URL, "https", "http", 1), plan); !strings.Contains(err.Error()+hintText(err), "https") {
		t.Errorf("http to TLS: %v, %s", err, hintText(err))
	}
}

// quietLog takes the complaints of a server whose handshakes are meant to fail.
func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }

func hintText(err error) string {
	h, ok := err.(interface{ Hint() string })
	if !ok {
		return ""
	}
	return h.Hint()
}

// clientCert makes a certificate that is its own authority.
func clientCert(t *testing.T, dir string) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
	pool = x509.NewCertPool()
	pool.AddCert(cert)
	return certFile, keyFile, pool
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "goperf") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		skipOnWindows(t, err)
	}
	s := &http.Server{Handler: &target{prefix: "/ops"}}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	c := collect(t, "unix://"+socket+":/ops", quietly())
	b := blobs(c, evidence.Heap)
	if len(b) < 2 || b[0].URL != "unix://"+socket+":/ops/debug/pprof/heap?gc=1" && b[0].URL != "unix://"+socket+":/ops/debug/pprof/heap" {
		t.Errorf("%d heap profiles, %v", len(b), c.Gaps)
	}
}

// TestGoroutineText asks for what stops the target only when it is cheap or wanted.
func TestGoroutineText(t *testing.T) {
	t.Parallel()
	many := encode(t, evidence.Goroutine, frame{"main.wait", "main.go", 3, 1000})
	few := encode(t, evidence.Goroutine, frame{"main.wait", "main.go", 3, 999})
	for _, tt := range []struct {
		when  When
		proto []byte
		dumps int
		gap   string
	}{
		{WhenAuto, few, 2, ""},
		{WhenAuto, many, 0, "with 1000 goroutines"},
		{WhenAlways, many, 2, ""},
		{WhenNever, few, 0, "--goroutines never"},
	} {
		tg := &target{on: map[string]http.HandlerFunc{"goroutine": func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("debug") == "2" {
				fmt.Fprint(w, "goroutine 1 [running]:\nmain.main()\n\t/x/main.go:1 +0x1\n")
				return
			}
			w.Write(tt.proto)
		}}}
		plan := quietly()
		plan.GoroutineText = tt.when
		c := collect(t, serve(t, tg), plan)
		if n := len(blobs(c, evidence.GoroutineText)); n != tt.dumps || !strings.Contains(gaps(c, evidence.GoroutineText), tt.gap) {
			t.Errorf("%s: %d dumps, gap %q", tt.when, n, gaps(c, evidence.GoroutineText))
		}
	}
}

// TestForcedGC collects a small heap with an old profile, and nothing else. What
// a profile shows is as old as the last collection but one.
func TestForcedGC(t *testing.T) {
	t.Parallel()
	page := func(live int64, age time.Duration, gcs int) string {
		return fmt.Sprintf("heap profile: 0: 0 [0: 0] @ heap/524288\n\n# runtime.MemStats\n# HeapAlloc = %d\n# LastGC = %d\n# NumGC = %d\n",
			live, time.Now().Add(-age).UnixNano(), gcs)
	}
	ring := func(number int, age time.Duration) string { // of ends, with that of one collection
		ends := make([]int64, pauseRing)
		ends[number-1] = time.Now().Add(-age).UnixNano()
		return fmt.Sprintf("# PauseEnd = %d\n", ends)
	}
	const mib = 1 << 20
	for name, tt := range map[string]struct {
		gc    When
		page  string
		want  []string // requests for the heap
		doubt string
	}{
		"old and small":  {WhenAuto, page(mib, time.Hour, 9), []string{"debug=1", "gc=1", "debug=1", "debug=1", "gc=1"}, ""},
		"never":          {WhenNever, page(mib, time.Hour, 9), []string{"debug=1", "", "debug=1", ""}, "as of a collection that had ended 1h0m"},
		"not yet":        {WhenNever, page(mib, time.Hour, 0), []string{"debug=1", "", "debug=1", ""}, "has not collected yet"},
		"old and large":  {WhenAuto, page(ForceGCHeap+1, time.Hour, 9), []string{"debug=1", "", "debug=1", ""}, "as of a collection that had ended 1h0m"},
		"large, always":  {WhenAlways, page(ForceGCHeap+1, time.Hour, 9), []string{"debug=1", "gc=1", "debug=1", "debug=1", "gc=1"}, ""},
		"fresh":          {WhenAuto, page(mib, -time.Hour, 9), []string{"debug=1", "", "debug=1", ""}, ""},
		"old before it":  {WhenAuto, page(mib, 0, 9) + ring(8, time.Hour), []string{"debug=1", "gc=1", "debug=1", "debug=1", "gc=1"}, ""},
		"fresh both":     {WhenAuto, page(mib, 0, 9) + ring(8, -time.Hour), []string{"debug=1", "", "debug=1", ""}, ""},
		"no page at all": {WhenAuto, "oops", []string{"debug=1", "", "debug=1", ""}, ""},
	} {
		tg := &target{on: map[string]http.HandlerFunc{}}
		heap := encode(t, evidence.Heap, frame{"main.keep", "main.go", 3, 100})
		tg.on["heap"] = func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("debug") == "1" {
				fmt.Fprint(w, tt.page)
				return
			}
			w.Write(heap)
		}
		plan := Plan{Duration: time.Second, NoSyntax: true, GC: tt.gc}
		c := collect(t, serve(t, tg), plan)
		if got := tg.requests("heap"); !slices.Equal(got, tt.want) {
			t.Errorf("%s: asked for %q, want %q", name, got, tt.want)
		}
		b := blobs(c, evidence.Heap)
		if len(b) != 2 || !strings.Contains(b[0].Doubt, tt.doubt) || tt.doubt == "" && b[1].Doubt != "" {
			t.Errorf("%s: %d heap profiles, doubt %q", name, len(b), b[0].Doubt)
		}
		if n := len(blobs(c, evidence.HeapText)); n != 2 && tt.page != "oops" {
			t.Errorf("%s: %d MemStats pages kept, want one on each end", name, n)
		}
	}
}

// TestOtherClock judges the age of a heap profile by the target's clock.
func TestOtherClock(t *testing.T) {
	t.Parallel()
	const ahead = time.Hour
	heap := encode(t, evidence.Heap, frame{"main.keep", "main.go", 3, 100})
	for sinceGC, want := range map[time.Duration]bool{0: false, 10 * time.Minute: true} {
		tg := &target{on: map[string]http.HandlerFunc{}}
		tg.on["heap"] = func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("debug") == "1" {
				fmt.Fprintf(w, "heap profile:\n# runtime.MemStats\n# HeapAlloc = 1\n# LastGC = %d\n# NumGC = 3\n", time.Now().Add(ahead-sinceGC).UnixNano())
				return
			}
			w.Write(heap)
		}
		url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			tg.ServeHTTP(w, r)
		}))
		// A tenth of this window is longer than the second that a Date may be off by.
		collect(t, url, Plan{Duration: 10 * time.Minute, NoSyntax: true, NoTrace: true})
		if forced := slices.Contains(tg.requests("heap"), "gc=1"); forced != want {
			t.Errorf("collected %v before: forced a collection: %v, want %v", sinceGC, forced, want)
		}
	}
}
