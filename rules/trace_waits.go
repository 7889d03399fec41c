package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

func checkRequestsWait(p *diagnose.Pass) []report.Finding {
	s := p.Set.Sched
	if s.Window <= 0 {
		return nil
	}
	type place struct {
		frame  exectrace.Frame
		reason string
		total  float64
		count  int64
	}
	by := map[string]*place{}
	for _, w := range s.Waits {
		if lockWait(w.Stack) || !slices.ContainsFunc(w.Stack, func(f exectrace.Frame) bool { return f.Function == "net/http.serverHandler.ServeHTTP" }) {
			continue
		}
		f, ok := reachable(p, w.Stack)
		if !ok {
			continue
		}
		pl := by[f.Function]
		if pl == nil {
			pl = &place{frame: f, reason: w.Reason}
			by[f.Function] = pl
		}
		pl.total += w.Total.Seconds()
		pl.count += w.Count
	}
	var best *place
	for _, pl := range by {
		if best == nil || pl.total > best.total || pl.total == best.total && pl.frame.Function < best.frame.Function {
			best = pl
		}
	}
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
		[]report.Frame{{Function: symbol.Unwrap(best.frame.Function), File: best.frame.File, Line: best.frame.Line}}, share, share*0.4, 0.45, []report.Fact{
			{Text: "waiting of request goroutines there", Value: rate, Unit: "s/s", Source: "trace"},
			{Text: "waits", Value: float64(best.count) / s.Window.Seconds(), Unit: "count/s", Source: "trace"},
			{Text: "mean wait", Value: best.total / float64(max(best.count, 1)), Unit: "s", Source: "trace"},
		}, fmt.Sprintf("Look at what is waited for at %s:%d: cache the answer, ask for many things at once, run independent calls side by side, set a timeout.", best.frame.File, best.frame.Line))
	switch {
	case strings.Contains(best.reason, "chan"), strings.Contains(best.reason, "select"):
		f[0].Mechanism = "channel-contention"
	case strings.Contains(best.reason, "sleep"), strings.Contains(best.reason, "syscall"):
		f[0].Mechanism = "off-cpu-io"
	}
	return f
}
