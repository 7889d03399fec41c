package rules

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

// networkRules judge what the tcp probe saw.
var networkRules = []diagnose.Rule{
	{
		ID: "slow-connects", Title: "connecting takes long, and often", Mechanism: "network-latency", Needs: []evidence.Kind{evidence.Kernel},
		Doc: "The process opened connections to a peer whose handshakes took long together. Each costs the request that waits for it a round trip or more; a second or more means that a SYN was sent again, because the peer's queue was full or the packet was lost.\n\n" +
			"Evidence: handshakes timed in the kernel, failures by reason.\n\n**Remedy.** Keep connections and use them again; give connecting a timeout; where handshakes take seconds, look at the peer's accept queue and at losses.",
		Check: checkSlowConnects,
	},
	{
		ID: "network-latency", Title: "the way to a peer is long or loses packets", Mechanism: "network-latency", Needs: []evidence.Kind{evidence.Kernel},
		Doc: "Round trips to a peer take long, or segments had to be sent again: each exchange waits for that, and no profile shows it.\n\nEvidence: the kernel's smoothed round trip and its count of retransmissions, by peer.\n\n" +
			"**Remedy.** Fewer exchanges: batch, pipeline, ask in parallel, cache near. Against losses only the network helps.\n\n**When it is wrong.** A peer that is far away by nature and asked rarely.",
		Check: checkLatency,
	},
	{
		ID: "accept-backlog", Title: "connections wait to be accepted", Mechanism: "under-parallel", Needs: []evidence.Kind{evidence.Kernel},
		Doc: "Connections were complete and stood in the accept queue, or were dropped because it was full. A client sees that as a slow or failed connect.\n\nEvidence: the time from handshake to accept, drops of the listener.\n\n" +
			"**Remedy.** Do nothing between two Accepts but to start a goroutine; look for what keeps the process from running; raise net.core.somaxconn only for bursts.",
		Check: checkBacklog,
	},
	{
		ID: "leaked-connections", Title: "connections are opened and not closed", Mechanism: "unclosed-body", Needs: []evidence.Kind{evidence.Kernel},
		Doc: "Connections stay open that nobody uses: idle for minutes, closed by the peer and not by the process, or more and more of them from the same code. Each holds a file descriptor, memory here and at the peer, often a goroutine.\n\n" +
			"Evidence: the kernel's state and idle time of each socket, the code that opened it.\n\n**Remedy.** Close on every path, also on errors; read and close response bodies; set idle timeouts on clients, pools and servers.\n\n**When it is wrong.** A pool that keeps idle connections on purpose.",
		Check: checkLeakedConnections,
	},
	{
		ID: "running-out", Title: "ports or file descriptors run out", Mechanism: "connection-churn", Needs: []evidence.Kind{evidence.Kernel},
		Doc: "Local ports towards one peer, or file descriptors, are nearly used up or grow towards their limit within minutes. Then connecting and accepting fail.\n\nEvidence: sockets by peer, TIME_WAIT included, descriptors, and their growth while the probe looked.\n\n" +
			"**Remedy.** Keep connections instead of opening one for each request; close what is not needed; more local addresses or a wider ip_local_port_range put it off.",
		Check: checkRunningOut,
	},
}

// tcpFact is a number of the tcp probe.
func tcpFact(text string, value float64, unit string) report.Fact {
	return report.Fact{Text: text, Value: value, Unit: unit, Source: string(evidence.Kernel)}
}

func checkSlowConnects(p *diagnose.Pass) []report.Finding {
	var all []report.Finding
	for _, r := range tcpRows(p, "TCP peers") {
		n, mid, longest := r.number("opened"), r.number("connect p50"), r.number("max")
		rate := n * mid / p.Window().Seconds() // connects under way on average
		retried := longest >= 1
		if r.text("dir") != "out" || n < 5 || mid < 0.005 || rate < 0.05 && !retried {
			continue
		}
		f := report.Finding{
			Title: fmt.Sprintf("connecting to %s takes %s", r.text("peer"), report.FormatValue(mid, "s")), Severity: report.Notice, Confidence: 0.45, Where: opener(p, r.text("peer")),
			Cost:   report.Cost{Resource: "connect-wait", Share: min(rate, 1), Low: min(rate, 1), High: min(rate, 1), Of: "the time, some goroutine was connecting", Amount: rate, Unit: "s/s"},
			Saving: report.Range{Low: 0, High: rate, Unit: "s/s", Share: min(rate, 1) * 0.8, Basis: "kept connections need no handshake"},
			Because: []report.Fact{
				tcpFact("connections were opened to "+r.text("peer"), n, "count"),
				tcpFact("connect latency, median", mid, "s"), tcpFact("connect latency, 99 of 100 below", r.number("p99"), "s"), tcpFact("the longest", longest, "s"),
			},
			Advice: []string{
				"Keep connections to " + r.text("peer") + " and use them again: one shared client, MaxIdleConnsPerHost at least the concurrency, bodies read to the end.",
				"Give connecting a timeout (net.Dialer.Timeout), so that a request does not wait for a peer that does not answer.",
			},
		}
		if retried {
			f.Severity, f.Confidence = report.Warning, 0.6
			f.Advice = append(f.Advice, "A handshake of a second or more had its SYN sent again: look at the accept queue of "+r.text("peer")+" (ss -ltn there) and at losses on the way.")
		}
		all = append(all, f)
	}
	return all
}

func checkLatency(p *diagnose.Pass) []report.Finding {
	var all []report.Finding
	for _, r := range tcpRows(p, "Round trips and retransmissions") {
		mid, lost, segments := r.number("rtt p50"), r.number("sent again"), r.number("segments")
		lossy, far := lost >= 0.01 && lost*segments >= 5, mid >= 0.02 && r.text("dir") == "out"
		if segments < 50 || !lossy && !far {
			continue
		}
		title := fmt.Sprintf("a round trip to %s takes %s", r.text("peer"), report.FormatValue(mid, "s"))
		severity, confidence := report.Notice, 0.35
		advice := []string{"Send fewer, larger requests to " + r.text("peer") + ": batch, ask in parallel, cache near."}
		if lossy {
			title = fmt.Sprintf("%s of the segments to %s are sent again", report.FormatValue(lost, "ratio"), r.text("peer"))
			severity, confidence = report.Warning, 0.6
			why := "Look for losses on the way: ip -s link, the drops of switches and of the virtual network, a link that is full."
			if peer := r.text("peer"); strings.HasPrefix(peer, "127.") || strings.HasPrefix(peer, "[::1]") {
				severity, confidence = report.Notice, 0.35 // nothing is lost there, unless somebody means it to be
				why = "Look at what else runs on this machine: on its loopback a segment is sent again when nobody had a CPU to acknowledge it in time."
			}
			advice = append(advice, why)
		}
		all = append(all, report.Finding{
			Title: title, Severity: severity, Confidence: confidence, Advice: advice,
			Cost:   report.Cost{Resource: "network", Share: min(lost, 1), Low: min(lost, 1), High: min(lost, 1), Of: "segments sent", Amount: mid, Unit: "s"},
			Saving: report.Range{Low: 0, High: mid, Unit: "s", Share: min(lost, 1), Basis: "each exchange that is not made saves a round trip"},
			Because: []report.Fact{
				tcpFact("round trip, median of the connections", mid, "s"), tcpFact("the shortest", r.number("min"), "s"),
				tcpFact("of the segments were sent again", lost, "ratio"), tcpFact("segments sent", segments, "count"),
			},
		})
	}
	return all
}
