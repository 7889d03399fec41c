package source

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goperf/goperf/evidence"
)

// errTooLarge says that an answer was longer than the bound for its kind.
var errTooLarge = errors.New("answer is too large")

// client asks one target and keeps a log of what it asked.
type client struct {
	plan    Plan
	now     func() time.Time
	snap    *http.Client // keeps its connection
	window  *http.Client // a new connection for each request
	display func(u *url.URL) string

	mu    sync.Mutex
	asked []evidence.Request
	bytes int64
	open  []flight
}

// flight is a request that is under way.
type flight struct {
	what   string
	from   time.Time
	window time.Duration
}

// reply is one answer. Err says why body is not whole.
type reply struct {
	status   int
	header   http.Header
	body     []byte
	url      *url.URL // after redirects
	from, to time.Time
	err      error
}

func (r reply) took() time.Duration { return r.to.Sub(r.from) }

// query is one request for a client.
type query struct {
	url    *url.URL
	limit  int64         // bound of the body in bytes
	window time.Duration // how long the target takes its time on purpose
	effect string        // what it does to the target
}

func newClient(plan Plan, socket string, deps Deps) (*client, error) {
	tlsConfig, err := plan.TLS.config(deps)
	if err != nil {
		return nil, err
	}
	header, err := plan.header()
	if err != nil {
		return nil, err
	}
	dial := deps.Dial
	if socket != "" {
		dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return deps.Dial(ctx, "unix", socket)
		}
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		TLSClientConfig:        tlsConfig,
		DisableCompression:     true, // profiles are compressed already
		MaxResponseHeaderBytes: 1 << 20,
		ForceAttemptHTTP2:      true,
	}
	if socket != "" {
		transport.Proxy = nil
	}
	// The transport repeats a request whose kept connection was cut. That must
	// not happen to one that takes seconds on purpose.
	fresh := transport.Clone()
	fresh.DisableKeepAlives = true
	c := &client{plan: plan, now: deps.Now, display: (*url.URL).Redacted}
	if socket != "" {
		c.display = func(u *url.URL) string { return "unix://" + socket + ":" + u.RequestURI() }
	}
	c.snap = &http.Client{Transport: withHeader{transport, header}, CheckRedirect: checkRedirect}
	c.window = &http.Client{Transport: withHeader{fresh, header}, CheckRedirect: checkRedirect}
	return c, nil
}

// close lets go of kept connections.
func (c *client) close() { c.snap.CloseIdleConnections() }

// get asks for q and reads the whole answer. The reply is of use even when its
// err is set: the body is then what has come.
func (c *client) get(ctx context.Context, q query) reply {
	ctx, cancel := context.WithTimeout(ctx, q.window+c.plan.Timeout)
	defer cancel()
	r := reply{url: q.url, from: c.now()}
	defer c.begin(q, r.from)()
	defer func() { c.log(q, r) }()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url.String(), nil)
	if err != nil {
		r.to, r.err = c.now(), err
		return r
	}
	client := c.snap
	if q.window > 0 {
		client = c.window
	}
	resp, err := client.Do(req)
	if err != nil {
		r.to, r.err = c.now(), unwrapURL(err)
		return r
	}
	defer resp.Body.Close()
	r.status, r.header, r.url = resp.StatusCode, resp.Header, resp.Request.URL
	r.body, r.err = readBody(resp, q.limit, resp.ContentLength)
	r.to = c.now()
	return r
}

// begin notes that a request is under way; the returned function, that it is not
// any more.
func (c *client) begin(q query, from time.Time) (end func()) {
	f := flight{what: path.Base(q.url.EscapedPath()), from: from, window: q.window}
	if q.url.RawQuery != "" {
		f.what += "?" + q.url.RawQuery
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = append(c.open, f)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if i := slices.Index(c.open, f); i >= 0 {
			c.open = slices.Delete(c.open, i, i+1)
		}
	}
}

// late is how long an answer takes before it is worth a word.
const late = time.Second

// waits is what the target has not answered for longer than it should take, and
// for how long; "" when nothing.
func (c *client) waits() (what string, since time.Duration) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	worst := late
	for _, f := range c.open {
		if over := now.Sub(f.from) - f.window; over >= worst {
			what, since, worst = f.what, now.Sub(f.from), over
		}
	}
	return what, since
}

func (c *client) log(q query, r reply) {
	what := "GET " + q.url.EscapedPath()
	if q.url.RawQuery != "" {
		what += "?" + q.url.RawQuery
	}
	if r.err != nil {
		what += " (" + shortErr(r.err) + ")"
	} else if r.status != http.StatusOK {
		what += fmt.Sprintf(" (%d)", r.status)
	}
	c.note(evidence.Request{What: what, Took: r.took(), Bytes: int64(len(r.body)), Effect: q.effect})
}

func (c *client) received() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// note keeps in the log what was asked of the target by other ways than a request.
func (c *client) note(r evidence.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += r.Bytes
	c.asked = append(c.asked, r)
}

// forget drops the log of what was asked, of one that asks the same for ever.
func (c *client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = nil
}

// requests are what was asked so far.
func (c *client) requests() []evidence.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clip(c.asked)
}

// readBody reads at most limit bytes, and undoes a compression that nobody asked for.
func readBody(resp *http.Response, limit, length int64) ([]byte, error) {
	var buf bytes.Buffer
	if length > 0 && length <= limit {
		buf.Grow(int(min(length, 16<<20)) + bytes.MinRead)
	}
	n, err := io.Copy(&buf, io.LimitReader(resp.Body, limit+1))
	if n > limit {
		buf.Truncate(int(limit))
		return buf.Bytes(), fmt.Errorf("%w: more than %d MiB", errTooLarge, limit>>20)
	}
	if err != nil || !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return buf.Bytes(), err
	}
	zr, err := gzip.NewReader(&buf)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(zr, limit+1))
	if int64(len(plain)) > limit {
		return plain[:limit], fmt.Errorf("%w: more than %d MiB", errTooLarge, limit>>20)
	}
	return plain, err
}

// withHeader sends the user's header with every request to the first host.
type withHeader struct {
	next   http.RoundTripper
	header http.Header
}

func (t withHeader) RoundTrip(req *http.Request) (*http.Response, error) {
	if len(t.header) == 0 || req.Context().Value(strangerKey{}) != nil {
		return t.next.RoundTrip(req)
	}
	req = req.Clone(req.Context())
	for name, values := range t.header {
		req.Header[name] = values
		if name == "Host" {
			req.Host = values[0]
		}
	}
	return t.next.RoundTrip(req)
}

// CloseIdleConnections is what http.Client looks for.
func (t withHeader) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type strangerKey struct{}

// checkRedirect follows redirects, but never shows secrets to another host or
// in the clear when they were given for https.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return errors.New("redirected five times")
	}
	first := via[0].URL
	if !strings.EqualFold(req.URL.Hostname(), first.Hostname()) || (first.Scheme == "https" && req.URL.Scheme != "https") {
		*req = *req.WithContext(context.WithValue(req.Context(), strangerKey{}, true))
	}
	return nil
}

// header is the header that the user wants sent.
func (p Plan) header() (http.Header, error) {
	h := http.Header{}
	for _, line := range p.Header {
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, " \t\r\n") || strings.ContainsAny(value, "\r\n") {
			return nil, fmt.Errorf("header %q: is not written \"Name: value\"", name)
		}
		h.Add(name, strings.TrimSpace(value))
	}
	switch {
	case p.Bearer != "" && p.Basic != "":
		return nil, errors.New("authorization: a bearer token and a password are given, one is possible")
	case p.Bearer != "":
		h.Set("Authorization", "Bearer "+p.Bearer)
	case p.Basic != "":
		user, password, ok := strings.Cut(p.Basic, ":")
		if !ok {
			return nil, errors.New("authorization: the login is not written user:password")
		}
		req := http.Request{Header: h}
		req.SetBasicAuth(user, password)
	}
	return h, nil
}

func (t TLS) config(deps Deps) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.Insecure} //nolint:gosec // the user asks for it by name
	if t.CAFile != "" {
		pem, err := os.ReadFile(deps.path(t.CAFile))
		if err != nil {
			return nil, fmt.Errorf("trusted certificates: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("trusted certificates: %s: holds no PEM certificate", t.CAFile)
		}
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("client certificate: the certificate and its key are given together")
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(deps.path(t.CertFile), deps.path(t.KeyFile))
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
