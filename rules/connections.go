package rules

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/report"
)

func checkBacklog(p *diagnose.Pass) []report.Finding {
	var all []report.Finding
	for _, r := range tcpRows(p, "Listeners") {
		dropped, wait, n := r.number("dropped"), r.number("wait p99"), r.number("accepted")
		if dropped == 0 && (n < 10 || wait < 0.05) {
			continue
		}
		share := ratio(dropped, dropped+n)
		f := report.Finding{
			Title: fmt.Sprintf("connections to %s wait %s to be accepted", r.text("listener"), report.FormatValue(wait, "s")), Severity: report.Warning, Confidence: 0.6,
			Cost:   report.Cost{Resource: "accept-queue", Share: share, Low: share, High: share, Of: "connections that arrived", Amount: wait, Unit: "s"},
			Saving: report.Range{Low: 0, High: wait, Unit: "s", Share: share, Basis: "accepted at once"},
			Because: []report.Fact{
				tcpFact("connections were accepted on "+r.text("listener"), n, "count"), tcpFact("wait to be accepted, 99 of 100 below", wait, "s"),
				tcpFact("waited at once, at most", r.number("queued max"), "count"), tcpFact("may wait", r.number("limit"), "count"), tcpFact("were dropped", dropped, "count"),
			},
			Advice: []string{
				"Start a goroutine for each connection and call Accept again at once: no handshake, lookup or limit between two Accepts.",
				"goperf probe sched pid:N says whether the process waits for a CPU; a full queue with an idle Accept means that it does not come to run.",
			},
		}
		if dropped > 0 {
			f.Title = fmt.Sprintf("%s connections to %s were dropped: the accept queue was full", report.FormatValue(dropped, "count"), r.text("listener"))
			f.Severity, f.Confidence = report.Critical, 0.8
		}
		f.Where = acceptor(p, r.text("listener"))
		all = append(all, f)
	}
	return all
}

// leakKinds are the anomalies that are leaks, and how sure each is.
var leakKinds = map[string]float64{"leak": 0.45, "close-wait": 0.7}

func checkLeakedConnections(p *diagnose.Pass) []report.Finding {
	var all []report.Finding
	for _, r := range tcpRows(p, "Anomalies") {
		confidence, ok := leakKinds[r.text("anomaly")]
		if !ok {
			continue
		}
		n, code := r.number("value"), r.text("code")
		f := report.Finding{
			Title: fmt.Sprintf("connections with %s are not closed", r.text("of")), Severity: report.Warning, Confidence: confidence,
			Cost:    report.Cost{Resource: "connections", Share: openShare(p, n), Low: openShare(p, n), High: openShare(p, n), Of: "open connections", Amount: n, Unit: "count"},
			Saving:  report.Range{Low: 0, High: n, Unit: "count", Share: openShare(p, n), Basis: "what is closed is not held"},
			Because: []report.Fact{tcpFact("connections: "+r.text("what"), n, "count")},
			Advice: []string{
				"Close each connection on every path, also when something fails before it is used: defer conn.Close() right after the error check.",
				"Set idle timeouts: http.Transport.IdleConnTimeout, http.Server.IdleTimeout, sql.DB.SetConnMaxIdleTime, or a deadline on the connection.",
			},
		}
		if code != "" {
			f.Where = wayTo(p, code)
			f.Title = fmt.Sprintf("%s opens connections to %s that are not closed", code, r.text("of"))
			f.Confidence = max(confidence, 0.65)
			growing(p, r, &f)
			f.Advice[0] = "In " + code + ", " + "close each connection on every path, also when something fails before it is used."
		}
		all = append(all, f)
	}
	return all
}

// wayTo is the function that opened connections and those that called it.
func wayTo(p *diagnose.Pass, code string) []report.Frame {
	where := []report.Frame{{Function: code}}
	for _, r := range tcpRows(p, "Code that opens connections") {
		if callers, ok := strings.CutPrefix(r.text("stack"), code+" ◀ "); ok && r.text("code") == code {
			for caller := range strings.SplitSeq(callers, " ◀ ") {
				where = append(where, report.Frame{Function: caller})
			}
			break
		}
	}
	return where
}

// openShare is how many of the connections that are open these are.
func openShare(p *diagnose.Pass, n float64) float64 {
	open := 0.0
	for _, r := range tcpRows(p, "Open connections") {
		open += r.number("count")
	}
	return min(ratio(n, max(open, n)), 1)
}

func checkRunningOut(p *diagnose.Pass) []report.Finding {
	var all []report.Finding
	for _, r := range tcpRows(p, "Anomalies") {
		kind := r.text("anomaly")
		if kind != "ports" && kind != "descriptors" {
			continue
		}
		what, advice := "local ports towards "+r.text("of"), "Keep connections to "+r.text("of")+" and use them again: each closed one holds its port for a minute (TIME_WAIT)."
		mechanism := "connection-churn"
		if kind == "descriptors" {
			what, advice, mechanism = r.text("of"), "Find what is opened and not closed: ls -l /proc/PID/fd; goperf probe tcp says which code opens connections.", "unclosed-body"
		}
		share := 0.0
		for _, l := range tcpRows(p, "What connections use up") {
			if l.text("what") == what {
				share = l.number("share")
			}
		}
		all = append(all, report.Finding{
			Title: what + " run out", Mechanism: mechanism, Severity: report.Critical, Confidence: 0.7,
			Cost:    report.Cost{Resource: kind, Share: share, Low: share, High: share, Of: "the limit", Amount: r.number("value"), Unit: "count"},
			Saving:  report.Range{Low: 0, High: r.number("value"), Unit: "count", Share: share, Basis: "the risk goes away"},
			Because: []report.Fact{tcpFact("in use: "+r.text("what"), r.number("value"), "count")},
			Advice:  []string{advice},
		})
	}
	return all
}
