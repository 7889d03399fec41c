// Package handler lets an operator try another GOGC and GOMEMLIMIT on a live
// process, for a while, without a restart:
//
//	mux.Handle("/debug/gctune", handler.New(handler.Options{Loopback: true}))
//
//	POST /debug/gctune?gogc=130&memlimit=480MiB&ttl=10m    try a setting
//	DELETE /debug/gctune                                   end it now
//	GET /debug/gctune                                      what holds, and until when
//
// It is off until it is mounted with Options that say who may ask. A setting
// ends by itself after its ttl, and what held before is set again; when the
// program has set something itself in the meantime, that stays. A setting is
// never written down: a process that ends takes it along, and the next one
// begins with its GOGC and GOMEMLIMIT again. To end a setting when the handler
// goes before the process does, call [Handler.Close].
//
// A setting that would hurt is refused: an effective GOGC below 25 at the
// present live heap, GOGC=off without a limit, a heap that the container does
// not hold.
package handler

import (
	"cmp"
	"encoding/json"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/goperf/goperf/gctune"
)

// Options say who may use the handler. The zero value lets nobody.
type Options struct {
	// Loopback lets in who connects from this machine, over the loopback
	// interface or a unix socket, unless the request was passed on by a proxy
	// or sent by a web page.
	Loopback bool

	// Token lets in who sends "Authorization: Bearer TOKEN", from anywhere.
	// Serve it over TLS.
	Token string

	// MaxTTL is the longest that a setting may hold; 0 is one hour.
	MaxTTL time.Duration

	// Set sets GOGC in percent, -1 for off, and the memory limit in bytes, and
	// returns what was set before; nil is that of runtime/debug. In a process
	// with a guard it is [gctune.Keeper.Set].
	Set func(gogc int, limit int64) (oldGOGC int, oldLimit int64)
}

const (
	defaultMaxTTL = time.Hour
	shortestTTL   = time.Second
	leastGOGC     = 25 // effective; below, small growth of the live heap costs a lot of CPU
)

// Handler is the http.Handler. It serves any number of requests at once; there
// is one setting at a time, and the last one counts.
type Handler struct {
	options Options
	read    func() gctune.Reading
	room    func() int64 // memory limit of the container, B; 0 is none
	now     func() time.Time
	after   func(time.Duration, func()) (stop func() bool)
	started time.Time

	mu     sync.Mutex
	trial  *trial // nil when none holds
	number int    // of trials so far
}

// trial is a setting that holds for a while.
type trial struct {
	ours, before pair
	number       int
	until        time.Time
	stop         func() bool
}

type pair struct {
	gogc  int
	limit int64
}

// New is a handler for the people that options let in.
func New(o Options) *Handler {
	o.MaxTTL = cmp.Or(o.MaxTTL, defaultMaxTTL)
	if o.Set == nil {
		o.Set = func(gogc int, limit int64) (int, int64) {
			return debug.SetGCPercent(gogc), debug.SetMemoryLimit(limit)
		}
	}
	return &Handler{
		options: o,
		read:    gctune.ReadSelf,
		room:    container,
		now:     time.Now,
		after:   func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop },
		started: time.Now(),
	}
}

// ServeHTTP answers in JSON, errors included.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if refused := h.admit(r); refused != nil {
		answer(w, refused.status, refused)
		return
	}
	var refused *refusal
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		refused = h.try(r)
	case http.MethodDelete:
		h.Close()
	default:
		w.Header().Set("Allow", "GET, HEAD, POST, DELETE")
		refused = &refusal{status: http.StatusMethodNotAllowed, Error: "method " + r.Method + " is not served", Hint: "GET shows the state, POST tries a setting, DELETE ends it"}
	}
	if refused != nil {
		answer(w, refused.status, refused)
		return
	}
	answer(w, http.StatusOK, h.State())
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(body) // nobody is left to tell
}

// try sets what a request asks for, when it is safe.
func (h *Handler) try(r *http.Request) *refusal {
	asked, refused := h.parse(r.URL.RawQuery)
	if refused != nil {
		return refused
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.read()
	if now.Cycles == 0 {
		now.Live = now.Objects // nobody has looked yet: all of it may be alive
	}
	next := asked.over(pair{now.GOGC, now.MemoryLimit})
	if refused := safe(now, next, h.room()); refused != nil {
		return refused
	}
	h.number++
	t := &trial{ours: next, number: h.number, until: h.now().Add(asked.ttl)}
	oldGOGC, oldLimit := h.options.Set(next.gogc, next.limit)
	t.before = pair{oldGOGC, oldLimit}
	if h.trial != nil {
		h.trial.stop()
		t.before = h.trial.left(t.before)
	}
	t.stop = h.after(asked.ttl, func() { h.end(t) })
	h.trial = t
	return nil
}

// left is what is to be set when the trial ends: what held before, or what the
// program has set itself since.
func (t *trial) left(found pair) pair {
	left := found
	if found.gogc == t.ours.gogc {
		left.gogc = t.before.gogc
	}
	if found.limit == t.ours.limit {
		left.limit = t.before.limit
	}
	return left
}

// end ends a trial, unless another has taken its place.
func (h *Handler) end(t *trial) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t == nil || h.trial != t {
		return
	}
	t.stop()
	h.trial = nil
	gogc, limit := h.options.Set(t.before.gogc, t.before.limit)
	if left := t.left(pair{gogc, limit}); left != t.before {
		h.options.Set(left.gogc, left.limit)
	}
}

// Close ends the setting that holds, if one does.
func (h *Handler) Close() {
	h.mu.Lock()
	t := h.trial
	h.mu.Unlock()
	h.end(t)
}
