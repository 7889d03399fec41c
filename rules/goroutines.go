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

var goroutineLeak = diagnose.Rule{
	ID: "goroutine-leak", Title: "goroutines accumulate", Mechanism: "goroutine-leak",
	Needs: []evidence.Kind{evidence.Goroutine},
	Doc: "The number of goroutines with one stack grew between snapshots and did not fall.\n\n" +
		"Evidence: the count of each distinct stack in every goroutine profile, the state and the creator from goroutine?debug=2 when it was taken.\n\n" +
		"**Remedy.** Give every goroutine a way to end: a context, a closed channel, a buffered result channel.\n\n" +
		"**When it is wrong.** A burst of requests that are all still waiting looks the same for as long as it lasts.",
	Check: checkGoroutineLeak,
}

// herd is the goroutines that began in one function.
type herd struct {
	entry  string // the goroutine's own function, outermost in reach
	cell   *blame.Cell
	growth int64
	series []int64
	drift  drift
	large  bool // grew by much, for its size
	std    bool // no frame in the developer's reach
}

func checkGoroutineLeak(p *diagnose.Pass) []report.Finding {
	each := p.Each(evidence.Goroutine, "goroutine")
	d := p.Delta(evidence.Goroutine, "goroutine")
	if len(each) < 2 || d == nil || d.Seconds <= 0 {
		return nil
	}
	var hs []herd
	for name, cell := range biggestGrowth(d) {
		h := &herd{entry: name, cell: cell, growth: d.Funcs[cell.Owner].Near}
		for _, t := range each {
			h.series = append(h.series, nearOf(t, name))
		}
		if h.leaks(p) && grown(each)*2 >= h.growth {
			hs = append(hs, *h)
		}
	}
	if h, ok := idleConnections(p, each); ok {
		hs = append(hs, h)
	}
	slices.SortFunc(hs, func(a, b herd) int { return cmp.Or(cmp.Compare(b.growth, a.growth), cmp.Compare(a.entry, b.entry)) })
	var out []report.Finding
	for _, h := range hs[:min(len(hs), 3)] {
		out = append(out, h.finding(p, d))
	}
	return out
}

// leaks asks for growth that never turned back: by much for the size of the
// herd, or by little and steadily, or with hardly one that ended.
func (h *herd) leaks(p *diagnose.Pass) bool {
	first, last := h.series[0], h.series[len(h.series)-1]
	if h.growth < 8 || !rises(h.series, h.growth/10) {
		return false
	}
	h.drift = steadiness(taken(p), h.series)
	h.drift.z = max(h.drift.z, h.moved(p))
	h.large = float64(h.growth) >= 0.1*float64(first) && float64(h.growth) >= 2*math.Sqrt(float64(first+last))
	return h.large || h.drift.z > 0
}

// confidence is that of a herd: the larger the growth against the square root of
// the count the surer, and steady growth makes it surer yet.
func (h herd) confidence() float64 {
	last := h.series[len(h.series)-1]
	steady := h.drift.sure(last)
	if !h.large {
		return steady
	}
	return max(0.55+0.3*clamp(float64(h.growth)/math.Sqrt(float64(last+1))/8)+0.05*clamp(float64(len(h.series)-2)), steady)
}

func (h herd) finding(p *diagnose.Pass, d *diagnose.Delta) report.Finding {
	name := symbol.Short(h.entry)
	last := h.series[len(h.series)-1]
	rate := float64(h.growth) / d.Seconds
	f := report.Finding{
		Mechanism: "goroutine-leak", Title: fmt.Sprintf("goroutines in %s accumulate", name),
		Cost:   report.Cost{Resource: "goroutines", Share: ratio(h.growth, max(d.Total, h.growth)), Low: 0, High: 1, Of: "growth of all goroutines", Amount: rate, Unit: "count/s"},
		Saving: report.Range{Low: rate * 0.8, High: rate, Unit: "count/s", Share: clamp(0.5 + 0.5*ratio(h.growth, max(last, 1))), Basis: "the growth stops"},
		Because: []report.Fact{
			{Text: "more of them than at the first snapshot", Value: float64(h.growth), Unit: "count", Source: "goroutine"},
			h.drift.fact(),
			{Text: "of them now", Value: float64(last), Unit: "count", Source: "goroutine"},
		},
		Severity: report.Warning,
	}
	f.Cost.Low, f.Cost.High = diagnose.Wilson(float64(h.growth), float64(max(d.Total, h.growth)))
	state, creator, wait := describe(p, h.entry)
	h.drift.aged = h.drift.rate * wait
	f.Confidence = h.confidence()
	if h.std {
		f.Mechanism = "unclosed-body"
		f.Title = fmt.Sprintf("connections opened by %s stay open: their goroutines accumulate", name)
		f.Where = []report.Frame{{Function: h.entry, Line: int(h.cell.TopLine())}}
		f.Advice = []string{"Read each response body to the end and close it on every path, errors included; share one http.Transport and set MaxIdleConnsPerHost and IdleConnTimeout."}
		f.Confidence *= 0.85
		return f
	}
	f.Where = where(d.Table, &group{cells: []*blame.Cell{h.cell}, value: h.growth})
	if creator.Function != "" {
		f.Where = append(f.Where, report.Frame{Function: creator.Function, File: creator.File, Line: creator.Line})
	}
	if state != "" {
		f.Because = append(f.Because, longest("the longest time one has been in state ["+state+"]", wait))
	}
	f.Advice = []string{
		fmt.Sprintf("Give the goroutine of %s a way to end: select on ctx.Done(), close the channel it reads, or buffer the channel it sends its result to.", name),
	}
	if creator.Function != "" {
		f.Advice = append(f.Advice, fmt.Sprintf("It is started at %s:%d in %s.", creator.File, creator.Line, symbol.Short(creator.Function)))
	}
	return f
}

// grown is by how many all goroutines grew: where they did not, those of one
// function have only been seen in another function before.
func grown(each []*blame.Table) int64 {
	first, last := each[0], each[len(each)-1]
	if first == nil || last == nil {
		return 0
	}
	return last.Total - first.Total
}
