package rules

import (
	"fmt"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// each is how long one wait takes at least: who waits on average, by how many
// waits end in a second at most (Little's law; an exchange takes a segment, and
// often another to acknowledge it). It is 0 where the kernel does not see them.
func (s *stand) each(p *diagnose.Pass) float64 {
	table, column := "TCP peers", "opened"
	switch s.kind {
	case forName:
		return 0
	case forAnswer:
		table, column = "Round trips and retransmissions", "segments"
	}
	n := 0.0
	for _, r := range tcpRows(p, table) {
		if r.text("dir") == "out" {
			n += r.number(column)
		}
	}
	if n < 5 {
		return 0
	}
	return s.n * p.Window().Seconds() / n
}

// finding is false where the wait is as short as waits are.
func (s *stand) finding(p *diagnose.Pass) (f report.Finding, ok bool) {
	what, took := outside[s.kind], s.each(p)
	confidence := 0.6
	switch {
	case s.kind == forName:
	case took == 0 && s.n >= 3:
		confidence = 0.35
	case took < 0.03:
		return f, false
	case took < 0.05 && s.kind == forAnswer || took < 0.1 && s.kind == forConnect || s.kind == forConnection:
		confidence = 0.45
	}
	cores, _ := p.Cores()
	share := s.n / (s.n + cores + 0.05)
	name := symbol.Short(s.frame.Function)
	f = report.Finding{
		Title: fmt.Sprintf("%s waits for %s", name, what.what), Mechanism: what.mechanism, Severity: report.Warning, Confidence: confidence * (0.7 + 0.3*share),
		Where:  []report.Frame{{Function: symbol.Unwrap(s.frame.Function), File: s.frame.File, Line: s.frame.Line}},
		Cost:   report.Cost{Resource: "waiting", Share: share, Low: share, High: share, Of: "waiting outside and computing", Amount: s.n, Unit: "s/s"},
		Saving: report.Range{Low: 0, High: s.n, Unit: "s/s", Share: share * 0.4, Basis: "what is not asked for is not waited for"},
		Because: []report.Fact{
			{Text: "goroutines stand there at any moment, on average", Value: s.n, Unit: "count", Source: string(evidence.Goroutine)},
			{Text: "snapshots have them there", Value: float64(s.seen), Unit: "count", Source: string(evidence.Goroutine)},
		},
		Advice: []string{fmt.Sprintf("At %s:%d: %s", s.frame.File, s.frame.Line, what.advice)},
	}
	if took > 0 {
		f.Title = fmt.Sprintf("%s waits %s or more for %s", name, report.FormatValue(took, "s"), what.what)
		f.Because = append(f.Because, report.Fact{Text: "one wait takes, or more: by their number and what the kernel counted", Value: took, Unit: "s", Source: string(evidence.Kernel), Doubt: "waits of all kinds share that count"})
	}
	return f, true
}

// framesOf is the stack of a sample as a dump has it.
func framesOf(s *profile.Profile, sample int) []evidence.DumpFrame {
	var all []evidence.DumpFrame
	for _, l := range s.Stack(sample) {
		for _, line := range s.Locations[l].Lines {
			if line.Function >= 0 {
				f := &s.Functions[line.Function]
				all = append(all, evidence.DumpFrame{Function: f.Name, File: f.File, Line: int(line.Line)})
			}
		}
	}
	return all
}
