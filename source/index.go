package source

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goperf/goperf/evidence"
)

// offer is what a target serves.
type offer struct {
	pprof *url.URL // the directory of the profiles, ends in a slash
	root  *url.URL // where the rest of the service's debug pages start, ends in a slash
	names []string // as on the index page, sorted
	// custom are the profiles that the program made itself.
	custom []string
	guess  bool // there is no index page; names are those that net/http/pprof has
}

func (o offer) has(name string) bool { return slices.Contains(o.names, name) }

// at is the URL of a profile.
func (o offer) at(name, rawQuery string) *url.URL {
	u := *o.pprof
	u.Path, u.RawPath = o.pprof.Path+name, ""
	u.RawQuery = joinQuery(o.pprof.RawQuery, rawQuery)
	return &u
}

// page is the URL of another debug page, such as metrics.
func (o offer) page(name string) *url.URL {
	u := *o.root
	u.Path, u.RawPath = o.root.Path+name, ""
	return &u
}

func joinQuery(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

const (
	debugPprof = "/debug/pprof/"
	maxIndex   = 1 << 20
	maxCustom  = 64
)

// mounts are the places where index pages are found, most common first.
var mounts = []string{debugPprof, "/", "/pprof/", "/_debug/pprof/", "/internal/debug/pprof/", "/admin/debug/pprof/"}

// alwaysServed are the names that net/http/pprof serves without listing them
// among the runtime's profiles.
var alwaysServed = []string{"allocs", "block", "cmdline", "goroutine", "heap", "mutex", "profile", "threadcreate", "trace"}

// pages lists where to look for the index of a base URL.
func pages(base *url.URL) []*url.URL {
	at := func(p string) *url.URL {
		u := *base
		u.Path, u.RawPath, u.Fragment = p, "", ""
		u.RawQuery = withoutWindow(u.RawQuery)
		return &u
	}
	if i := strings.Index(base.Path+"/", debugPprof); i >= 0 {
		return []*url.URL{at(base.Path[:i] + debugPprof)}
	}
	prefix := strings.TrimSuffix(path.Clean("/"+base.Path), "/")
	var all []*url.URL
	for _, m := range mounts {
		all = append(all, at(prefix+m))
	}
	return all
}

// withoutWindow drops what a URL copied from elsewhere asks of one profile, and
// keeps what may be needed to get in.
func withoutWindow(rawQuery string) string {
	parts := strings.Split(rawQuery, "&")
	parts = slices.DeleteFunc(parts, func(p string) bool {
		key, _, _ := strings.Cut(p, "=")
		return key == "seconds" || key == "debug" || key == "gc"
	})
	return strings.Join(parts, "&")
}

// discover finds the index page and reads what is offered. When there is none
// it returns the error to show: no profile can be had.
func (s *session) discover(ctx context.Context, base *url.URL) error {
	var first trouble
	for _, u := range pages(base) {
		r := s.client.get(ctx, query{url: u, limit: maxIndex})
		t := judge(r)
		if t.kind == noTrouble {
			if names := indexNames(r.body); len(names) > 0 {
				s.found(r, names)
				return nil
			}
			t = trouble{notAProfile, "the answer is not a list of profiles", "is this the port that serves net/http/pprof?"}
		}
		if t.kind == refused || t.kind != missing && t.kind != notAProfile && t.kind != otherTrouble {
			return connectError(s.client.display(u), t)
		}
		if first.kind == noTrouble {
			first = t
		}
	}
	if all := pages(base); s.probe(ctx, all[0]) {
		return nil
	}
	if ctx.Err() != nil {
		first = judgeErr(ctx.Err())
	}
	if first.kind == missing {
		first.why = "no profiles are served there: " + first.why + " to every usual path"
		first.hint = `does the program import _ "net/http/pprof", and is this its debug port? A path in front of /debug/pprof/ belongs into the URL`
	}
	return connectError(s.client.display(base), first)
}

func connectError(target string, t trouble) error {
	return withHint(fmt.Errorf("%s: %s", target, t.why), t.hint)
}

// found notes the offer, and what the answer says about clocks.
func (s *session) found(r reply, names []string) {
	u := *r.url
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	s.setOffer(&u, names)
	s.offer.custom = customNames(r.body)
	s.clock(r)
	s.add(evidence.Blob{Kind: evidence.Index, Name: "index.html", From: r.from, To: r.to, URL: s.client.display(r.url), Data: r.body})
}

func (s *session) setOffer(pprof *url.URL, names []string) {
	root := *pprof
	root.RawQuery = pprof.RawQuery
	root.Path = strings.TrimSuffix(strings.TrimSuffix(pprof.Path, "/"), "/debug/pprof")
	root.Path = strings.TrimSuffix(root.Path, "/") + "/"
	s.offer = offer{pprof: pprof, root: &root, names: names}
}

// probe tries a directory without an index page, by the cheapest of its profiles.
func (s *session) probe(ctx context.Context, u *url.URL) bool {
	s.setOffer(u, slices.Clone(alwaysServed))
	s.offer.guess = true
	for _, name := range []string{"threadcreate", "heap"} {
		r := s.client.get(ctx, query{url: s.offer.at(name, ""), limit: maxProfile})
		if judge(r).kind == noTrouble && readable(r.body) {
			s.clock(r)
			return true
		}
	}
	return false
}

// link is a profile on the index page: href='heap?debug=1'.
var link = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`href\s*=\s*["']([^"'?#]+)`)
})

// indexNames are the profiles that a page links to, none when it is another page.
func indexNames(page []byte) []string {
	var names []string
	for _, m := range link().FindAllSubmatch(page, -1) {
		name := path.Base(string(m[1]))
		if unescaped, err := url.PathUnescape(name); err == nil {
			name = unescaped
		}
		if name != "." && name != "/" && name != "symbol" && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	known := 0
	for _, n := range names {
		if slices.Contains(alwaysServed, n) {
			known++
		}
	}
	// Two of the names may be on any page; a page of links to profiles has most.
	if known < 3 {
		return nil
	}
	return names
}

// listed is how net/http/pprof links to a profile of runtime/pprof. Other links
// on a page may do anything when they are asked for.
var listed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`href=["']([^"'?#/:]+)\?debug=1["']`)
})

// runtimeProfiles are those that every program has, and what is served beside them.
var runtimeProfiles = append([]string{"goroutineleak", "symbol"}, alwaysServed...)

func customNames(page []byte) []string {
	var names []string
	for _, m := range listed().FindAllSubmatch(page, maxCustom) {
		name, err := url.PathUnescape(string(m[1]))
		if err == nil && !slices.Contains(runtimeProfiles, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// clock compares the answer's Date with ours. The header holds whole seconds, so
// less than two of them means nothing.
func (s *session) clock(r reply) {
	date, err := http.ParseTime(r.header.Get("Date"))
	if err != nil {
		return
	}
	skew := date.Add(500 * time.Millisecond).Sub(r.from.Add(r.took() / 2))
	if skew.Abs() >= 2*time.Second+r.took() {
		s.skew = skew
	}
}
