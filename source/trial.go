package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
)

// Trial is a running service on which a setting of the collector is tried: by
// gctune/handler, where the service serves it, or by a restart that somebody
// else does.
type Trial struct {
	session *session
	at      *url.URL // of the handler
	follow  *follower
	now     *pidSource // after a restart, when a process is followed
}

// ErrNoService says that a target is none that a setting can be tried on.
var ErrNoService = errors.New("a setting can be tried on a running service only")

const (
	trialSchema = "goperf.gctune/" // in front of the version
	maxTrial    = 1 << 20
	restartPoll = 2 * time.Second
)

// OpenTrial finds the service of a source, by its URL or its process. Files
// cannot be tried: they do not run.
func OpenTrial(ctx context.Context, src Source, want Plan) (*Trial, error) {
	switch s := src.(type) {
	case *urlSource:
		return openTrialAt(ctx, s.base, s.socket, s.deps, want.filled())
	case pidSource:
		return s.openTrial(ctx, want.filled())
	}
	return nil, withHint(ErrNoService, "give its URL, or its process as pid:N")
}

func openTrialAt(ctx context.Context, base *url.URL, socket string, deps Deps, want Plan) (*Trial, error) {
	c, err := newClient(want, socket, deps)
	if err != nil {
		return nil, err
	}
	s := &session{deps: deps, plan: want, client: c, socket: socket, counts: map[evidence.Kind]int{}}
	if err := s.discover(ctx, base); err != nil {
		c.close()
		return nil, err
	}
	return &Trial{session: s, at: s.offer.page("debug/gctune")}, nil
}

// Close lets go of the connection.
func (t *Trial) Close() { t.session.client.close() }

// Served says whether the service serves gctune/handler to us. Where it serves
// it and does not let us in, the error says why.
func (t *Trial) Served(ctx context.Context) (bool, error) {
	status, body, err := t.ask(ctx, http.MethodGet, "")
	var state struct {
		Schema string `json:"schema"`
		Error  string `json:"error"`
		Hint   string `json:"hint"`
	}
	if err != nil || json.Unmarshal(body, &state) != nil {
		return false, err
	}
	switch {
	case status == http.StatusOK && strings.HasPrefix(state.Schema, trialSchema):
		return true, nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return false, withHint(fmt.Errorf("%s: %s", t.session.client.display(t.at), state.Error), state.Hint)
	}
	return false, nil
}

// Set tries GOGC and GOMEMLIMIT, in the words of the environment variables, for
// a while. The service ends it by itself.
func (t *Trial) Set(ctx context.Context, gogc, limit string, ttl time.Duration) error {
	return t.order(ctx, http.MethodPost, url.Values{"gogc": {gogc}, "memlimit": {limit}, "ttl": {ttl.String()}}.Encode())
}

// End has the service set what held before.
func (t *Trial) End(ctx context.Context) error { return t.order(ctx, http.MethodDelete, "") }

func (t *Trial) order(ctx context.Context, method, rawQuery string) error {
	status, body, err := t.ask(ctx, method, rawQuery)
	if err != nil || status == http.StatusOK {
		return err
	}
	var refused struct {
		Error string `json:"error"`
		Hint  string `json:"hint"`
	}
	if json.Unmarshal(body, &refused) != nil || refused.Error == "" {
		refused.Error = fmt.Sprintf("answers with status %d", status)
	}
	return withHint(fmt.Errorf("%s: %s", t.session.client.display(t.at), refused.Error), refused.Hint)
}

// ask sends one request to the handler. It is not one of those that evidence is
// made of, and stands in no list.
func (t *Trial) ask(ctx context.Context, method, rawQuery string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.session.plan.Timeout)
	defer cancel()
	u := *t.at
	u.RawQuery = joinQuery(u.RawQuery, rawQuery)
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := t.session.client.snap.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", t.session.client.display(t.at), unwrapURL(err))
	}
	defer resp.Body.Close()
	body, err = readBody(resp, maxTrial, resp.ContentLength)
	return resp.StatusCode, body, err
}

// Restarted waits until another process answers than the one that had allocated
// so many bytes since its start: in one, that number only grows. A service that
// does not answer is starting. A process is followed instead: see [Trial.Successor].
// The error is that of ctx.
func (t *Trial) Restarted(ctx context.Context, last int64) error {
	if t.follow != nil {
		return t.follow.restarted(ctx, t)
	}
	for {
		r := t.session.client.get(ctx, query{url: t.session.offer.at("heap", "debug=1"), limit: maxText})
		if allocated, ok := memstat(r.body, "TotalAlloc"); ok && r.err == nil && r.status == http.StatusOK {
			if allocated < last {
				return nil
			}
			last = allocated
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.session.deps.After(restartPoll):
		}
	}
}
