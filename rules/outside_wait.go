package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

var outsideWait = diagnose.Rule{
	ID: "waits-outside", Title: "goroutines wait for answers from elsewhere", Mechanism: "network-latency", Needs: []evidence.Kind{evidence.Goroutine},
	Doc: "At nearly every moment that was looked at, goroutines stood in a name lookup, a TLS handshake or a call that waits for an answer. It costs no CPU, so no CPU profile shows it.\n\n" +
		"Evidence: goroutines at each place over the snapshots of a process that was read from outside (four at least); how long a wait takes, from their number and the rate of connections or segments that the tcp probe counted (Little's law).\n\n" +
		"**Remedy.** Cache the answer, ask for many things at once, run independent calls side by side, keep connections, set a timeout.\n\n**When it is wrong.** Long polls and streams wait on purpose.",
	Check: checkOutside,
}

// elsewhere is something that is waited for and not done by the process itself.
type elsewhere struct {
	functions               []string // beginnings of names that are on the stack
	what, mechanism, advice string
}

func (e elsewhere) has(function string) bool {
	return slices.ContainsFunc(e.functions, func(f string) bool { return strings.HasPrefix(function, f) })
}

// outside is what is waited for elsewhere; the first that fits counts.
var outside = []elsewhere{
	{[]string{"net.(*Resolver)."}, "names to be looked up", "dns-per-call", "Keep connections, so that names are not looked up again, or cache addresses for their TTL; look at how long the servers in /etc/resolv.conf take, and at search domains that are tried first."},
	{[]string{"crypto/tls.(*Conn).clientHandshake", "crypto/tls.(*Conn).HandshakeContext"}, "TLS handshakes", "tls-handshake", "Keep connections and use them again (one shared client, bodies read to the end), and resume sessions: tls.Config.ClientSessionCache."},
	{[]string{"net.(*sysDialer)."}, "connections to be made", "network-latency", "Keep connections and use them again; give connecting a timeout (net.Dialer.Timeout)."},
	{[]string{"net/http.(*Transport).getConn"}, "a connection", "network-latency", "Raise MaxConnsPerHost and MaxIdleConnsPerHost of the Transport to the number of concurrent requests."},
	{[]string{"net/http.(*persistConn).roundTrip", "net/http.(*http2ClientConn)", "database/sql."}, "answers over the network", "network-latency", "Cache the answer, ask for many things at once, run independent calls side by side, set a timeout."},
}

// The kinds of outside by their place in it.
const (
	forName = iota
	forHandshake
	forConnect
	forConnection
	forAnswer
)

// stand is goroutines that wait for one kind of thing in one function.
type stand struct {
	frame evidence.DumpFrame
	kind  int
	n     float64 // on average
	seen  int     // snapshots that have it
}

func checkOutside(p *diagnose.Pass) []report.Finding {
	snapshots := p.Set.Profiles[evidence.Goroutine]
	if len(snapshots) < 4 {
		return nil
	}
	by, helpers := usualStands(p, snapshots)
	var all []report.Finding
	for _, s := range by {
		if s.n < 0.5 || s.seen*4 < len(snapshots)*3 {
			continue
		}
		s.dials(helpers)
		if f, ok := s.finding(p); ok {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b report.Finding) int { return strings.Compare(a.Title, b.Title) })
	return all
}

// usualStands is who waits outside over all snapshots. Helpers are goroutines of
// the standard library, by what they wait for.
func usualStands(p *diagnose.Pass, snapshots []*profile.Profile) (by map[string]*stand, helpers [forAnswer + 1]float64) {
	by = map[string]*stand{}
	for _, s := range snapshots {
		for key, here := range standing(p, s) {
			here.n /= float64(len(snapshots))
			if here.frame.Function == "" {
				helpers[here.kind] += here.n
				continue
			}
			if by[key] == nil {
				by[key] = &stand{frame: here.frame, kind: here.kind}
			}
			by[key].n += here.n
			by[key].seen++
		}
	}
	return by, helpers
}

// dials says what a wait for a connection waits for: net/http makes it on
// goroutines of its own.
func (s *stand) dials(helpers [forAnswer + 1]float64) {
	if s.kind != forConnection {
		return
	}
	for _, k := range []int{forName, forHandshake, forConnect} {
		if helpers[k] >= s.n/3 {
			s.kind = k
			return
		}
	}
}

// standing is who waits outside in one snapshot.
func standing(p *diagnose.Pass, s *profile.Profile) map[string]*stand {
	by := map[string]*stand{}
	for i := range s.NumSamples() {
		frames := framesOf(s, i)
		names := functions(frames)
		kind := slices.IndexFunc(outside, func(e elsewhere) bool { return slices.ContainsFunc(names, e.has) })
		if kind < 0 || servesProfile(names) {
			continue
		}
		site, _ := waitSite(p, frames)
		key := fmt.Sprint(kind, site.Function)
		if by[key] == nil {
			by[key] = &stand{frame: site, kind: kind}
		}
		by[key].n += float64(s.Value(i, 0))
	}
	return by
}
