package rules

import (
	"slices"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

var serverHandshakes = diagnose.Rule{
	ID: "server-handshakes", Title: "the server spends its CPU on TLS handshakes", Mechanism: "tls-handshake", Needs: []evidence.Kind{evidence.CPU},
	Doc: "net/http makes the handshakes of a server on goroutines of its own, so they are on no stack of the program. A full handshake costs a signature with the key of the certificate and a key exchange; one that resumes a session costs neither.\n\n" +
		"Evidence: CPU below crypto/tls's server handshake, and inside it below RSA.\n\n**Remedy.** An ECDSA P-256 certificate signs 20 to 100 times faster than RSA; let clients keep connections and resume sessions.\n\n**When it is wrong.** A terminator for very many short-lived clients does little else by nature.",
	Check: checkServerHandshakes,
}

func checkServerHandshakes(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	value := cumOf(t, "crypto/tls.(*Conn).serverHandshake")
	for _, c := range t.Cells {
		if c.Concept == blame.TLSHandshake {
			value -= c.Near // has a function of the program, and a finding of its own
		}
	}
	cost := p.CPUCost(max(value, 0), samplesOf(t, value))
	if value <= 0 || samplesOf(t, value) < p.Limits.MinSamples || cost.Low < 0.1 {
		return nil
	}
	rsa := max(cumOf(t, "crypto/rsa.signPSS"), cumOf(t, "crypto/rsa.SignPSS"), cumOf(t, "crypto/internal/fips140/rsa.SignPSS"), cumOf(t, "crypto/rsa.(*PrivateKey).Sign"))
	f := report.Finding{
		Title: "TLS handshakes of the server take much of the CPU", Cost: cost, Confidence: certainty(0.8, cost, 0.1),
		Where: serving(p),
		Because: []report.Fact{
			{Text: "of process CPU is below the server's TLS handshakes", Value: cost.Share, Unit: "ratio", Source: "cpu"},
			{Text: "of that signs with an RSA key", Value: min(ratio(rsa, value), 1), Unit: "ratio", Source: "cpu"},
		},
		Advice: []string{
			"Let clients keep their connections: http.Server.IdleTimeout of a minute or more, keep-alives on, session tickets on (they are unless SetSessionTicketsDisabled or a changing Config turns them off).",
		},
		Saving: report.Range{Low: cost.Low * 0.5, High: cost.High * 0.95, Share: cost.Share * 0.75, Unit: "ratio", Basis: "kept and resumed connections need no signature"},
	}
	if ratio(rsa, value) > 0.3 {
		f.Advice = append([]string{"Use an ECDSA P-256 certificate: it signs many times faster than RSA, the more so than RSA-4096."}, f.Advice...)
	}
	if cores, ok := p.Cores(); ok {
		f.Saving.Low, f.Saving.High, f.Saving.Unit = f.Saving.Low*cores, f.Saving.High*cores, "cores"
	}
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return []report.Finding{f}
}

// serving is the function that a server of net/http runs in, where goroutines
// show it.
func serving(p *diagnose.Pass) []report.Frame {
	s, ok := p.Set.Last(evidence.Goroutine)
	if !ok {
		return nil
	}
	for i := range s.NumSamples() {
		frames := framesOf(s, i)
		if !slices.Contains(functions(frames), "net/http.(*Server).Serve") {
			continue
		}
		if f, ok := waitSite(p, frames); ok {
			return []report.Frame{{Function: symbol.Unwrap(f.Function), File: f.File, Line: f.Line}}
		}
	}
	return nil
}
