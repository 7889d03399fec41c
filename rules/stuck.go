package rules

import (
	"fmt"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

// stuckRules judge connections that do not come about, or on which nothing moves.
var stuckRules = []diagnose.Rule{
	{
		ID: "failing-connects", Title: "connecting to a peer fails", Mechanism: "network-latency", Needs: []evidence.Kind{evidence.Kernel},
		Doc: "Connects to a peer were refused, timed out or had no way there: five or more in the window, a fifth of all at least. Each costs a retry, or a request that fails.\n\n" +
			"Evidence: the kernel's result of each connect.\n\n**Remedy.** Is the peer running, and is it that address and port? Wait longer between retries, each time.\n\n**When it is wrong.** A name with two addresses, of which one is not served: the other is tried next.",
		Check: checkFailingConnects,
	},
	{
		ID: "stuck-connections", Title: "bytes wait in connections on which nothing moves", Mechanism: "network-latency", Needs: []evidence.Kind{evidence.Kernel},
		Doc: "For more than ten seconds bytes that came were not read by the process, or bytes that it wrote were not taken by the peer. A writer without a deadline waits for ever, and its goroutine and what it holds with it.\n\n" +
			"Evidence: the kernel's queues of each socket, and since when nothing came or went.\n\n**Remedy.** Read each connection until it ends, or close it; give writes a deadline.\n\n**When it is wrong.** A consumer that is slow on purpose.",
		Check: checkStuckConnections,
	},
}

func checkFailingConnects(p *diagnose.Pass) []report.Finding {
	return oddConnections(p, map[string]string{"connects-fail": "connecting to %s fails"},
		"Is %s running, and does it listen at that address? Wait longer between tries, each time, and say in a log what was not reached.")
}

func checkStuckConnections(p *diagnose.Pass) []report.Finding {
	return oddConnections(p, map[string]string{"unread": "what came from %s is not read", "unsent": "%s does not take what is sent to it"},
		"Set deadlines on the connections with %s (net.Conn.SetDeadline, http.Server.WriteTimeout), read each to its end or close it.")
}

// oddConnections are anomalies of these kinds as findings, titled by kind.
func oddConnections(p *diagnose.Pass, titles map[string]string, advice string) []report.Finding {
	var all []report.Finding
	for _, r := range tcpRows(p, "Anomalies") {
		title, ok := titles[r.text("anomaly")]
		if !ok {
			continue
		}
		n, peer := r.number("value"), r.text("of")
		f := report.Finding{
			Title: fmt.Sprintf(title, peer), Severity: report.Warning, Confidence: 0.45,
			Cost:    report.Cost{Resource: "connections", Of: "connections to the peer", Amount: n, Unit: "count"},
			Saving:  report.Range{Low: 0, High: n, Unit: "count", Share: 0.1, Basis: "nothing waits for them"},
			Because: []report.Fact{tcpFact("connections: "+r.text("what"), n, "count")},
			Advice:  []string{fmt.Sprintf(advice, peer)},
		}
		if code := r.text("code"); code != "" {
			f.Where = wayTo(p, code)
		}
		all = append(all, f)
	}
	return all
}
