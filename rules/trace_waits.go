package rules

import (
	"fmt"
	"slices"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

func checkRequestsWait(p *diagnose.Pass) []report.Finding {
	s := p.Set.Sched
	if s.Window <= 0 {
		return nil
	}
	best := longestWait(p, s)
	if best == nil {
		return nil
	}
	rate := best.total / s.Window.Seconds()
	cores, _ := p.Cores()
	share := rate / (rate + cores + 0.05)
	if rate < 0.3 || share < 0.5 {
		return nil
	}
	f := traceFinding(fmt.Sprintf("requests wait in %s (%s)", symbol.Short(best.frame.Function), best.reason),
		[]report.Frame{{Function: symbol.Unwrap(best.frame.Function), File: best.frame.File, Line: best.frame.Line}}, share, share*0.4, 0.15, []report.Fact{
			{Text: "waiting of request goroutines there", Value: rate, Unit: "s/s", Source: "trace"},
			{Text: "waits", Value: float64(best.count) / s.Window.Seconds(), Unit: "count/s", Source: "trace"},
			{Text: "mean wait", Value: best.total / float64(max(best.count, 1)), Unit: "s", Source: "trace"},
		}, fmt.Sprintf("Look at what is waited for at %s:%d: cache the answer, ask for many things at once, run independent calls side by side, set a timeout.", best.frame.File, best.frame.Line))
	f[0].Cost = spread(f[0].Cost, (1-share)*waitError(float64(best.count)))
	f[0].Mechanism = waitMechanism(p, best.reason, functions(best.stack))
	if f[0].Mechanism == "network-latency" && askedOneByOne(p, best.stack, best.frame.Function) {
		f[0].Mechanism = "n-plus-one"
		f[0].Confidence = 0.5
		f[0].Because = append(f[0].Because, report.Fact{Text: "the call stands in a loop: one is asked for after the other", Source: "syntax"})
	}
	return f
}

// waitPlace sums up the waits of request goroutines at one function.
type waitPlace struct {
	frame  evidence.DumpFrame
	stack  []evidence.DumpFrame
	reason string
	total  float64 // s
	count  int64
}

// longestWait is the place where request goroutines waited most, nil when there is none.
func longestWait(p *diagnose.Pass, s *exectrace.Summary) *waitPlace {
	by := map[string]*waitPlace{}
	for _, w := range s.Waits {
		if lockWait(w.Stack) || !slices.ContainsFunc(w.Stack, func(f exectrace.Frame) bool { return f.Function == "net/http.serverHandler.ServeHTTP" }) {
			continue
		}
		stack := dumpFrames(w.Stack)
		f, ok := waitSite(p, stack)
		if !ok || servesProfile(functions(stack)) {
			continue
		}
		pl := by[f.Function]
		if pl == nil {
			pl = &waitPlace{frame: f, stack: stack, reason: w.Reason}
			by[f.Function] = pl
		}
		pl.total += w.Total.Seconds()
		pl.count += w.Count
	}
	var best *waitPlace
	for _, pl := range by {
		if best == nil || pl.total > best.total || pl.total == best.total && pl.frame.Function < best.frame.Function {
			best = pl
		}
	}
	return best
}

func dumpFrames(stack []exectrace.Frame) []evidence.DumpFrame {
	out := make([]evidence.DumpFrame, len(stack))
	for i, f := range stack {
		out[i] = evidence.DumpFrame{Function: f.Function, File: f.File, Line: f.Line}
	}
	return out
}
