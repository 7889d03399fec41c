package rules

import (
	"fmt"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

var dialGoroutines = diagnose.Rule{
	ID: "connections-not-reused", Title: "outgoing HTTP requests open a new connection each time", Mechanism: "connection-churn",
	Needs: []evidence.Kind{evidence.CPU},
	Doc: "net/http dials on goroutines of its own, so what opening connections costs is on no stack of the program. The rule adds it up and names the function that makes the requests.\n\n" +
		"Evidence: CPU below net/http's dial and, inside it, TLS handshakes, against CPU below round trips; whether the requesting function closes its bodies (from source).\n\n" +
		"**Remedy.** One shared Transport, MaxIdleConnsPerHost at least the concurrency (the default is 2), bodies read to the end and closed.\n\n" +
		"**When it is wrong.** A proxy for very many hosts dials often by nature.",
	Check: checkDials,
}

func checkDials(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	var dial, shake int64
	for _, n := range []string{"net/http.(*Transport).dialConnFor", "net/http.(*Transport).dialConn"} {
		dial = max(dial, cumOf(t, n))
	}
	shake = cumOf(t, "crypto/tls.(*Conn).clientHandshake")
	// net/http runs the handshake on yet another goroutine: it is not below dialConn.
	value := max(dial, 0) + shake
	cost := p.CPUCost(value, samplesOf(t, value))
	name, cell := requester(p)
	if dial == 0 || cell == nil || samplesOf(t, value) < p.Limits.MinSamples || cost.Low < 0.03 {
		return nil
	}
	short := symbol.Short(name)
	f := report.Finding{
		Title: fmt.Sprintf("requests made by %s open new connections", short), Cost: cost, Confidence: certainty(0.8, cost, 0.03),
		Where: []report.Frame{{Function: name, Line: int(cell.TopLine())}, {Function: "net/http.(*Transport).dialConn"}},
		Because: []report.Fact{
			{Text: "of process CPU opens connections, on net/http's own goroutines", Value: cost.Share, Unit: "ratio", Source: "cpu"},
			{Text: "of that in TLS handshakes", Value: ratio(shake, value), Unit: "ratio", Source: "cpu"},
		},
		Advice: []string{
			fmt.Sprintf("Share one http.Client for all requests of %s; set MaxIdleConnsPerHost of its Transport to the number of concurrent requests.", short),
			"Read every body to the end (io.Copy(io.Discard, body)) and close it: a connection with unread data is thrown away.",
		},
		Saving: report.Range{Low: cost.Low * 0.6, High: cost.High * 0.95, Share: cost.Share * 0.8, Unit: "ratio", Basis: "kept connections need no dial"},
	}
	if i, ok := t.Lookup(name); ok {
		f.Where[0] = diagnose.Frame(t, blame.Frame{Func: i, Line: cell.TopLine()})
	}
	if shake*2 > value {
		f.Mechanism = "tls-handshake"
	}
	if leavesBodyOpen(p, name) {
		f.Mechanism = "unclosed-body"
		f.Because = append(f.Because, report.Fact{Text: short + " does not close the response's body", Source: "syntax"})
	}
	if cores, ok := p.Cores(); ok {
		f.Saving.Low, f.Saving.High, f.Saving.Unit = f.Saving.Low*cores, f.Saving.High*cores, "cores"
	}
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return []report.Finding{f}
}

func cumOf(t *blame.Table, name string) int64 {
	if i, ok := t.Lookup(name); ok {
		return t.Funcs[i].Cum
	}
	return 0
}

func leavesBodyOpen(p *diagnose.Pass, function string) bool {
	fs, ok := p.Syntax(function)
	if !ok {
		return false
	}
	for line := range fs.Lines {
		if p.Does(function, int32(line), "body-no-close") {
			return true
		}
	}
	return false
}
