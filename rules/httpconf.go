package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// httpRules are about how net/http is set up.
var httpRules = []diagnose.Rule{
	{
		ID: "client-per-request", Title: "an HTTP client or transport is made for each request", Mechanism: "http-misconfiguration", Needs: []evidence.Kind{evidence.CPU, evidence.Syntax},
		Doc:   "A function that makes outgoing connections also makes an http.Client with a Transport of its own, or an http.Transport: each has its own connection pool, so no connection is ever reused, and the idle ones stay open.\n\n**Remedy.** One Transport for the program; it is safe for concurrent use.",
		Check: checkClientPerRequest,
	},
	{
		ID: "client-without-timeout", Title: "outgoing requests have no timeout", Mechanism: "http-misconfiguration", Needs: []evidence.Kind{evidence.GoroutineText},
		Doc:   "Goroutines have waited for a minute or longer for the answer to an outgoing HTTP request: neither the client nor the request's context has a timeout, and http.DefaultClient has none.\n\n**Remedy.** http.Client{Timeout: ...}, or a context with a deadline for each request.",
		Check: checkNoTimeout,
	},
	{
		ID: "server-without-timeouts", Title: "connections stay open for ever", Mechanism: "http-misconfiguration", Needs: []evidence.Kind{evidence.GoroutineText},
		Doc:   "A hundred or more server connections have been idle for ten minutes or longer: the server has no IdleTimeout (or ReadHeaderTimeout) and keeps a goroutine and buffers for each.\n\n**Remedy.** Set ReadHeaderTimeout and IdleTimeout on http.Server.",
		Check: checkNoServerTimeout,
	},
}

func checkClientPerRequest(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	var out []report.Finding
	for name, fs := range p.Set.Syntax {
		line := clientMadeAt(fs)
		i, ok := t.Lookup(name)
		if line == 0 || !ok {
			continue
		}
		cum := t.Funcs[i].Cum
		cost := p.CPUCost(cum, samplesOf(t, cum))
		dials := dialShare(t)
		if cost.Low < 0.03 || dials < 0.02 {
			continue
		}
		f := report.Finding{
			Title: fmt.Sprintf("%s makes an HTTP client of its own for each call", symbol.Short(name)), Cost: cost, Confidence: certainty(0.8, cost, 0.03),
			Where:   []report.Frame{{Function: name, File: fs.File, Line: line}},
			Because: []report.Fact{{Text: "of process CPU is below " + symbol.Short(name), Value: cost.Share, Unit: "ratio", Source: "cpu"}, {Text: "of process CPU opens connections", Value: dials, Unit: "ratio", Source: "cpu"}, {Text: fmt.Sprintf("the client is made at line %d", line), Source: "syntax"}},
			Advice:  []string{fmt.Sprintf("Make one http.Client with one Transport at start and use it at %s:%d.", fs.File, line)},
			Saving:  report.Range{Low: dials * 0.5, High: cost.High * 0.9, Share: max(dials, cost.Share*0.5), Unit: "ratio", Basis: "estimate"},
		}
		f.Severity = cpuSeverity(p, f.Saving.Share)
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b report.Finding) int { return strings.Compare(a.Place(), b.Place()) })
	return out
}

// clientMadeAt is the line on which a function makes a client or transport, 0 when none.
func clientMadeAt(fs evidence.FuncSyntax) int {
	best := 0
	for line, l := range fs.Lines {
		if slices.Contains(l.Does, "http-client-new") && (best == 0 || line < best) {
			best = line
		}
	}
	return best
}

// dialShare is the share of CPU in opening connections, the dialling goroutines' included.
func dialShare(t *blame.Table) float64 {
	share := 0.0
	for _, name := range []string{"net/http.(*Transport).dialConnFor", "net/http.(*Transport).dialConn", "crypto/tls.(*Conn).clientHandshake"} {
		if i, ok := t.Lookup(name); ok {
			share = max(share, ratio(t.Funcs[i].Cum, t.Total))
		}
	}
	return share
}

func checkNoTimeout(p *diagnose.Pass) []report.Finding {
	for _, c := range crowds(p, func(g evidence.GoroutineState) bool {
		return g.Wait >= time.Minute && stackHas(g, "net/http.(*persistConn).roundTrip")
	}) {
		if c.n < 3 {
			continue
		}
		return []report.Finding{c.finding(fmt.Sprintf("requests made by %s have waited for up to %.0f minutes", symbol.Short(c.frame.Function), c.longest.Minutes()), report.Warning, 0.7, 0.4,
			fmt.Sprintf("Set http.Client.Timeout, or use a context with a deadline, at %s:%d.", c.frame.File, c.frame.Line))}
	}
	return nil
}

func stackHas(g evidence.GoroutineState, function string) bool {
	return slices.ContainsFunc(g.Frames, func(f evidence.DumpFrame) bool { return f.Function == function })
}

func checkNoServerTimeout(p *diagnose.Pass) []report.Finding {
	if len(p.Set.Goroutines) == 0 {
		return nil
	}
	n, longest := 0, time.Duration(0)
	for _, g := range p.Set.Goroutines[len(p.Set.Goroutines)-1].Goroutines {
		if g.Wait >= 10*time.Minute && stackHas(g, "net/http.(*conn).serve") && stackHas(g, "bufio.(*Reader).Peek") {
			n++
			longest = max(longest, g.Wait)
		}
	}
	if n < 100 {
		return nil
	}
	return []report.Finding{{
		Title: fmt.Sprintf("%d server connections have been idle for up to %.0f minutes", n, longest.Minutes()), Severity: report.Notice, Confidence: 0.55,
		Cost:    report.Cost{Resource: "goroutines", Share: 1, Low: 1, High: 1, Of: "idle connections", Amount: float64(n), Unit: "count"},
		Saving:  report.Range{Low: 0, High: float64(n), Unit: "count", Share: 0.2, Basis: "they are closed"},
		Because: []report.Fact{{Text: "connections idle for ten minutes or longer", Value: float64(n), Unit: "count", Source: "goroutine-text"}, {Text: "the longest", Value: longest.Seconds(), Unit: "s", Source: "goroutine-text"}},
		Advice:  []string{"Set IdleTimeout and ReadHeaderTimeout on the http.Server."},
	}}
}
