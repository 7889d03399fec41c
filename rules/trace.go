package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// traceRules read the execution trace, the only evidence of what happened
// between events.
var traceRules = []diagnose.Rule{
	{
		ID: "scheduling-latency", Title: "goroutines wait long for a processor", Mechanism: "scheduler-delay", Needs: []evidence.Kind{evidence.Trace},
		Doc:   "One runnable goroutine in a hundred waits more than 10 ms before it runs: the program has more work than processors, is throttled, or shares the machine with others.\n\n**Remedy.** More CPU, or fewer and shorter bursts of work; GOMAXPROCS not above the quota.\n\n**When it is wrong.** On an over-committed host everything waits, healthy or not.",
		Check: checkSchedLatency,
	},
	{
		ID: "goroutine-churn-trace", Title: "very many short-lived goroutines", Mechanism: "goroutine-churn", Needs: []evidence.Kind{evidence.Trace},
		Doc:   "More than ten thousand goroutines start each second and most of them run for less than 100 µs in all: starting and scheduling them costs as much as their work.\n\n**Remedy.** Batches on a fixed set of workers.",
		Check: checkChurn,
	},
	{
		ID: "stop-the-world", Title: "the program stops its own world", Mechanism: "redundant-work", Needs: []evidence.Kind{evidence.Trace},
		Doc:   "Something other than the collector stopped all goroutines repeatedly or for more than a millisecond: ReadMemStats, goroutine profiles, GOMAXPROCS changes.\n\n**Remedy.** runtime/metrics instead of ReadMemStats; fewer dumps.",
		Check: checkSTW,
	},
	{
		ID: "requests-wait", Title: "requests spend their time waiting", Mechanism: "network-latency", Needs: []evidence.Kind{evidence.Trace},
		Doc:   "Goroutines that serve requests were off the CPU for most of the traced time, in one place: what they wait for sets the latency, and no CPU profile shows it.\n\n**Remedy.** By what is waited for: cache, batch, run calls side by side, move slow work off the request.",
		Check: checkRequestsWait,
	},
}

func traceFinding(title string, where []report.Frame, share, saving, conf float64, facts []report.Fact, advice ...string) []report.Finding {
	return []report.Finding{{
		Title: title, Where: where, Severity: report.Info, Confidence: conf, Because: facts, Advice: advice,
		Cost:   report.Cost{Resource: "wait", Share: share, Low: share, High: share, Of: "the traced window", Unit: "ratio", Amount: share},
		Saving: report.Range{Low: 0, High: saving, Unit: "ratio", Share: saving, Basis: "estimate"},
	}}
}

func checkSchedLatency(p *diagnose.Pass) []report.Finding {
	s := p.Set.Sched
	if s.RunnableLat.Count < 200 || s.RunnableLat.P99.Seconds() < 0.01 {
		return nil
	}
	share := clamp(ratio(int64(s.Runnable), int64(s.Runnable+s.Running)))
	return traceFinding(fmt.Sprintf("one in a hundred runnable goroutines waits more than %.0f ms for a processor", s.RunnableLat.P99.Seconds()*1000), nil,
		share, 0.1*share, 0.1, []report.Fact{
			{Text: "99th percentile of the time from runnable to running", Value: s.RunnableLat.P99.Seconds(), Unit: "s", Source: "trace"},
			{Text: "median", Value: s.RunnableLat.P50.Seconds(), Unit: "s", Source: "trace"},
			{Text: "of ready time was spent waiting for a processor", Value: share, Unit: "ratio", Source: "trace"},
		}, "Check the host first (steal time, other processes, cgroup throttling); then give the process more CPU or break long computations up.")
}

// startFrames are the start functions in reach with the largest weight.
func startFrames(p *diagnose.Pass, s *exectrace.Summary, weight func(exectrace.StartFunc) int64) []report.Frame {
	starts := slices.Clone(s.Starts)
	slices.SortStableFunc(starts, func(a, b exectrace.StartFunc) int { return cmp.Compare(weight(b), weight(a)) })
	var out []report.Frame
	for _, f := range starts {
		if p.Class(f.Function) <= symbol.ThirdParty && weight(f) > 0 && len(out) < 3 {
			out = append(out, report.Frame{Function: symbol.Unwrap(f.Function)})
		}
	}
	return out
}

func checkChurn(p *diagnose.Pass) []report.Finding {
	s := p.Set.Sched
	if s.Window <= 0 || s.Created == 0 {
		return nil
	}
	rate := float64(s.Created) / s.Window.Seconds()
	short := ratio(s.ShortLived, s.Created)
	where := startFrames(p, s, func(f exectrace.StartFunc) int64 { return f.Created })
	sched := 0.0 // what starting, scheduling and ending them costs is on the scheduler's stacks
	if t := p.CPU(); t != nil && t.Total > 0 {
		sched = ratio(t.Classes[blame.InSched], t.Total)
	}
	if rate < 10_000 && (rate < 2_000 || sched < 0.1) || short < 0.5 || len(where) == 0 {
		return nil
	}
	share := clamp(max(rate*3e-7, sched))
	return traceFinding(fmt.Sprintf("%.0f goroutines start each second, most of them for less than 100 µs", rate), where, share, share*0.8, churnCertain(p, rate, where[0].Function), []report.Fact{
		{Text: "goroutines started", Value: rate, Unit: "count/s", Source: "trace"},
		{Text: "of them ran less than 100 µs", Value: short, Unit: "ratio", Source: "trace"},
		{Text: "of process CPU is the scheduler", Value: sched, Unit: "ratio", Source: "cpu"},
	}, fmt.Sprintf("Hand items to a fixed set of workers in batches instead of starting %s for each.", symbol.Short(where[0].Function)))
}

// churnCertain: a server that starts a goroutine for each request is no news,
// whatever the rate; one that starts them in a loop over items is.
func churnCertain(p *diagnose.Pass, rate float64, started string) float64 {
	if rate < 10_000 || !spawnsInLoop(p, started) {
		return 0.4
	}
	return 0.62
}

// spawnsInLoop says that the function's package has a go statement in a loop that
// ends, in the function itself or where its goroutines are started.
func spawnsInLoop(p *diagnose.Pass, function string) bool {
	pkg := symbol.Package(function)
	for name, fs := range p.Set.Syntax {
		if symbol.Package(name) != pkg {
			continue
		}
		for line := range fs.Lines {
			if l := p.Loop(name, int32(line)); l != nil && bounded(*l) && p.Does(name, int32(line), "go-stmt") {
				return true
			}
		}
	}
	return false
}

func checkSTW(p *diagnose.Pass) []report.Finding {
	s := p.Set.Sched
	n, total := 0, 0.0
	var frame report.Frame
	for _, pause := range s.STW {
		reason := strings.ToLower(pause.Reason)
		if strings.Contains(reason, "gc") || strings.Contains(reason, "trace") || strings.Contains(reason, "profile") {
			continue // the collector's own, and what this tool asks for
		}
		n++
		total += pause.Took.Seconds()
		if f, ok := reachable(p, pause.Stack); ok && frame.Function == "" {
			frame = report.Frame{Function: f.Function, File: f.File, Line: f.Line}
		}
	}
	share := total / max(s.Window.Seconds(), 1e-9)
	if n < 3 && total < 0.001 || frame.Function == "" {
		return nil
	}
	return traceFinding(fmt.Sprintf("%s stops the world %d times in the traced window", symbol.Short(frame.Function), n), []report.Frame{frame}, share, share, 0.6, []report.Fact{
		{Text: "stops of the world that the collector did not ask for", Value: float64(n), Unit: "count", Source: "trace"},
		{Text: "all goroutines stopped", Value: total, Unit: "s", Source: "trace"},
	}, fmt.Sprintf("Call what needs the world stopped at %s:%d less often; runtime/metrics does not need it.", frame.File, frame.Line))
}
