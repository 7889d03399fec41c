package rules

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

var heapGrowth = diagnose.Rule{
	ID: "heap-growth", Title: "the live heap grows and is not given back", Mechanism: "memory-leak",
	Needs: []evidence.Kind{evidence.Heap},
	Doc: "The live heap allocated by one function grew between the first and last heap snapshot, by more than the profile's sampling can explain.\n\n" +
		"Evidence: inuse_space of the function in every snapshot; the number of sampled allocations behind it (one for each 512 KiB by default); what the source line does with the memory (append to a field, insert into a map that nothing is deleted from, make a context or timer).\n\n" +
		"**Remedy.** Bound what is kept (size, age), delete what is finished, cancel contexts, stop timers.\n\n" +
		"**When it is wrong.** A cache that is still warming up grows too: look again after some minutes. Heap profiles show memory as of the last completed collections.",
	Check: checkHeapGrowth,
}

// grower is one function's live heap over the snapshots.
type grower struct {
	fn      string
	cell    *blame.Cell
	growth  int64
	series  []int64 // live bytes in each snapshot
	samples float64 // sampled allocations behind the growth
	alive   float64 // sampled allocations that the growing lines still hold
	kept    float64 // of what these lines allocated in the window, the share that is live
	pooled  bool    // made by a sync.Pool's New
	steady  bool    // never fell by more than a tenth of the growth and one sampled allocation
}

func checkHeapGrowth(p *diagnose.Pass) []report.Finding {
	d := p.Delta(p.Heap(), "inuse_space")
	if d == nil || d.Seconds <= 0 {
		return nil
	}
	series, total := inuseSeries(p)
	var gs []grower
	for name, cell := range biggestGrowth(d) {
		g := grower{fn: name, cell: cell, growth: d.Funcs[cell.Owner].Near, series: series[name]}
		g.judge(p, d)
		if g.growth > 0 && g.samples >= 0.8 && g.kept > 0.15 && cell.Concept != blame.ProfilerSelf {
			gs = append(gs, g)
		}
	}
	slices.SortFunc(gs, func(a, b grower) int { return cmp.Or(cmp.Compare(b.growth, a.growth), cmp.Compare(a.fn, b.fn)) })
	var out []report.Finding
	for _, g := range gs[:min(len(gs), 3)] {
		if f, ok := g.finding(p, d, total); ok {
			out = append(out, f)
		}
	}
	return out
}

func (g *grower) judge(p *diagnose.Pass, d *diagnose.Delta) {
	const rate = 512 << 10 // runtime.MemProfileRate's default, B
	size := math.Max(rate, averageSize(p, g.fn))
	g.samples = float64(g.growth) / size
	if size >= rate/2 && keepsInField(p, g) {
		g.samples = max(g.samples, 1.5) // one array that is moved to a larger one: seen whole, or not at all
	}
	var grown int64
	for _, v := range g.cell.Lines {
		grown += max(v, 0)
	}
	g.kept = clamp(ratio(grown, allocatedAt(p, g)))
	if t := p.Last(p.Heap(), "inuse_space"); t != nil {
		g.alive = float64(atLines(t, g)) / size
	}
	g.pooled = slices.ContainsFunc(g.cell.Stack, func(f blame.Frame) bool { return d.Funcs[f.Func].Name == "sync.(*Pool).Get" })
	g.steady = true
	for i := 1; i < len(g.series); i++ {
		if g.series[i] < g.series[i-1]-g.growth/10-int64(min(size, rate)) && (g.series[i] > 0 || size < rate/2) {
			g.steady = false
		}
	}
}

func (g *grower) finding(p *diagnose.Pass, d *diagnose.Delta, total []int64) (report.Finding, bool) {
	rate := float64(g.growth) / d.Seconds
	share := ratio(g.growth, max(d.Total, g.growth))
	last := total[len(total)-1]
	relative := ratio(g.growth, max(last, 1))
	if relative < 0.05 || rate < 1<<10 {
		return report.Finding{}, false
	}
	size := 0.25 + 0.75*clamp(math.Log10(rate/(10<<10))/2) // 10 KiB/s is a drip, 1 MiB/s is urgent
	name := symbol.Short(g.fn)
	mech, what := leakKind(p, d.Table, g.cell)
	line := g.cell.TopLine()
	f := report.Finding{
		Mechanism: mech, Title: fmt.Sprintf("%s %s: %s grow without being given back", name, what, "its live bytes"),
		Where: where(d.Table, &group{cells: []*blame.Cell{g.cell}, value: g.growth}),
		Cost: spread(report.Cost{
			Resource: "heap", Share: share, Of: "growth of the live heap", Amount: rate, Unit: "B/s",
		}, grownError(p, g.fn)),
		Saving: report.Range{Low: rate * 0.5, High: rate, Unit: "B/s", Share: clamp(0.3+0.7*relative*share*2) * size, Basis: "the growth stops"},
		Because: []report.Fact{
			{Text: "more live bytes from " + name + " than at the first snapshot", Value: float64(g.growth), Unit: "B", Source: "heap", Doubt: fewSampled(g.samples)},
			{Text: "growth", Value: rate, Unit: "B/s", Source: "heap"},
			{Text: "of what it allocated in the window is still live", Value: g.kept, Unit: "ratio", Source: "heap"},
			{Text: "of the growth of the whole live heap", Value: share, Unit: "ratio", Source: "heap"},
			{Text: fmt.Sprintf("live at the first snapshot, %.0f s before the last", d.Seconds), Value: float64(firstOf(g.series)), Unit: "B", Source: "heap"},
		},
		Advice: leakAdvice(mech, d.Funcs[g.cell.Owner].File, int(line), name),
	}
	if mech == "context-leak" {
		f.Where = aboveWrappers(d.Table, g.cell, f.Where)
	}
	f.Confidence = g.confidence(share, relative, mech)
	if f.Cost.Low == 0 || g.samples < 3 {
		f.Confidence = min(f.Confidence, 0.45) // chance gives as much now and then
	}
	f.Severity = report.Notice
	if f.Confidence >= 0.6 {
		f.Severity = report.Warning
	}
	if limit := p.Set.Host.MemoryLimit; limit > 0 && rate*86400 > float64(limit) && f.Confidence >= 0.6 {
		f.Severity = report.Critical
		f.Because = append(f.Because, report.Fact{Text: "until the container's memory limit at this rate", Value: float64(limit-p.Set.Host.MemoryUsed) / rate, Unit: "s", Source: "host"})
	}
	return f, true
}

// confidence: memory that is in use as often as it was allocated is being kept;
// the more sampled allocations say so, the surer.
func (g *grower) confidence(share, relative float64, mech string) float64 {
	c := 0.45 + 0.35*clamp((g.kept-0.1)/0.5) + 0.1*clamp(share) + 0.1*clamp(relative*3)
	c *= (1 - math.Exp(-g.alive/1.2)) * (1 - math.Exp(-g.samples/0.8))
	if !g.steady {
		c *= 0.5
	}
	if g.pooled {
		c *= 0.4 // a pool that is warming up
	}
	if mech != "memory-leak" {
		c += 0.05
	}
	return min(c, 0.93)
}
