package rules

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
)

// waitMechanism says what a goroutine with these frames (leaf first) waits for.
// A client request waits in a select of net/http, so frames tell more than the state.
func waitMechanism(p *diagnose.Pass, state string, functions []string) string {
	for _, f := range functions {
		switch {
		case isNetwork(f):
			return "network-latency"
		case strings.HasPrefix(f, "os.(*File)"):
			return "off-cpu-io"
		}
	}
	switch {
	case strings.HasPrefix(state, "sleep"), strings.HasPrefix(state, "syscall"):
		return "off-cpu-io"
	case strings.HasPrefix(state, "chan"), strings.HasPrefix(state, "select"):
		if asksNetwork(p) {
			return "network-latency" // a worker goroutine asks on the waiter's behalf
		}
		return "channel-contention"
	}
	return "network-latency"
}

func isNetwork(function string) bool {
	for _, prefix := range []string{"net/http.(*persistConn)", "net/http.(*Client)", "net/http.(*Transport)", "net.(*conn)", "net.(*netFD)", "database/sql.", "net/http.(*http2ClientConn)"} {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}

// asksNetwork says that goroutines outside of request handlers wait for answers
// to outgoing requests.
func asksNetwork(p *diagnose.Pass) bool {
	for _, d := range p.Set.Goroutines {
		for _, g := range d.Goroutines {
			if stackHas(g, "net/http.(*persistConn).roundTrip") || stackHas(g, "net/http.(*Transport).getConn") {
				return true
			}
		}
	}
	return false
}

// waitSite is the frame of a waiting stack that a developer would change: the
// call in own code, or else the nearest function in reach. What database/sql
// calls is a driver: whoever asks the database stands above it.
func waitSite(p *diagnose.Pass, frames []evidence.DumpFrame) (evidence.DumpFrame, bool) {
	for i := len(frames) - 1; i >= 0; i-- {
		if strings.HasPrefix(frames[i].Function, "database/sql.") {
			frames = frames[i+1:]
			break
		}
	}
	if i := slices.IndexFunc(frames, func(f evidence.DumpFrame) bool { return p.Class(f.Function) == symbol.Own }); i >= 0 {
		return frames[i], true
	}
	return nearest(p, frames)
}

// askedOneByOne says that the waiting call, or one of its callers in the same
// code, stands in a loop that ends: the same is asked for each item of a list.
func askedOneByOne(p *diagnose.Pass, frames []evidence.DumpFrame, site string) bool {
	i := slices.IndexFunc(frames, func(f evidence.DumpFrame) bool { return f.Function == site })
	if i < 0 {
		return false
	}
	class := p.Class(site)
	for _, f := range frames[i:] {
		if p.Class(f.Function) != class {
			return false
		}
		if l := p.Loop(f.Function, int32(f.Line)); l != nil && bounded(*l) {
			return true
		}
	}
	return false
}

func functions(frames []evidence.DumpFrame) []string {
	out := make([]string, len(frames))
	for i, f := range frames {
		out[i] = f.Function
	}
	return out
}

// servesProfile says that the goroutine answers a request for a profile, ours
// among them: what it waits for is no concern of the program.
func servesProfile(functions []string) bool {
	return slices.ContainsFunc(functions, func(f string) bool {
		return strings.HasPrefix(f, "net/http/pprof.")
	})
}
