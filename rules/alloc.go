package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

var excessiveAlloc = diagnose.Rule{
	ID: "excessive-alloc", Title: "allocates more than its share", Mechanism: "excessive-alloc",
	Needs: []evidence.Kind{evidence.CPU},
	Doc: "One function's allocations cost a visible part of the CPU: in the allocator, in GC assists and, in proportion to the bytes, in the collector's background work.\n\n" +
		"Evidence: CPU samples inside the allocator under the function; its share of the bytes allocated between two heap snapshots. The collector's background work is attributed by that share (GC guide: cost is proportional to the allocation rate at a fixed live heap).\n\n" +
		"**Remedy.** Reuse buffers and objects, size slices and maps, avoid building what is thrown away.",
	Check: checkExcessiveAlloc,
}

// spender is one function with what its allocations cost.
type spender struct {
	fn     int32
	malloc int64 // CPU in the allocator
	n      int64
	gc     float64 // share of CPU in the background collector
	rate   float64
	bytes  float64 // share of all bytes allocated
	cells  []*blame.Cell
}

func checkExcessiveAlloc(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	by := map[int32]*spender{}
	for _, c := range t.Cells {
		if c.Malloc == 0 {
			continue
		}
		s := by[c.Owner]
		if s == nil {
			s = &spender{fn: c.Owner}
			by[c.Owner] = s
		}
		s.malloc += c.Malloc
		s.n += int64(float64(c.N) * ratio(c.Malloc, c.Near))
		s.cells = append(s.cells, c)
	}
	var all []*spender
	for _, s := range by {
		name := []string{t.Funcs[s.fn].Name}
		s.rate, s.bytes, _ = allocRate(p, name)
		s.gc = gcShareOf(p, name)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *spender) int {
		return cmp.Or(cmp.Compare(b.cost(t), a.cost(t)), cmp.Compare(t.Funcs[a.fn].Name, t.Funcs[b.fn].Name))
	})
	var out []report.Finding
	for _, s := range all[:min(len(all), 4)] {
		if f, ok := s.finding(p, t); ok {
			out = append(out, f)
		}
	}
	return append(out, checkAllocVolume(p, out)...)
}

// checkAllocVolume names the function behind most of the bytes where the CPU
// profile says little about it: on a process that is starved or waits.
func checkAllocVolume(p *diagnose.Pass, have []report.Finding) []report.Finding {
	d := p.Delta(p.Heap(), "alloc_space")
	if d == nil || d.Seconds <= 0 {
		return nil
	}
	for _, c := range d.Cells {
		name := d.Funcs[c.Owner].Name
		rate, share, _ := allocRate(p, []string{name})
		if share < 0.5 || rate < 20<<20 || slices.ContainsFunc(have, func(f report.Finding) bool { return f.Place() == name }) {
			continue
		}
		f := report.Finding{
			Title: fmt.Sprintf("%s allocates %.0f %% of all bytes", symbol.Short(name), share*100), Confidence: 0.35 + 0.1*clamp((share-0.5)*2),
			Where:   where(d.Table, &group{cells: []*blame.Cell{c}, value: c.Near}),
			Cost:    spread(report.Cost{Resource: "alloc", Share: share, Of: "bytes allocated", Amount: rate, Unit: "B/s"}, (1-share)*allocError(p, name)),
			Saving:  report.Range{Low: rate * 0.3, High: rate * 0.95, Unit: "B/s", Share: 0.2 * share, Basis: "estimate: 30 to 95 % of the allocations can go"},
			Because: []report.Fact{{Text: "allocated by it", Value: rate, Unit: "B/s", Source: "heap"}, {Text: "of all bytes allocated in the window", Value: share, Unit: "ratio", Source: "heap"}},
			Advice:  []string{concrete("Keep and reuse what {callee} makes at {line} (Reset, sync.Pool).", d.Table, c)},
		}
		if c.Concept == blame.CompressNew {
			f.Mechanism = "pool-misuse"
			f.Confidence += 0.15
		}
		return []report.Finding{f}
	}
	return nil
}

func (s *spender) cost(t *blame.Table) float64 { return ratio(s.malloc, t.Total) + s.gc }

func (s *spender) finding(p *diagnose.Pass, t *blame.Table) (report.Finding, bool) {
	const least = 0.05
	cost := p.CPUCost(s.malloc, s.n)
	cost.Share += s.gc
	cost.Low += s.gc
	cost.High += s.gc
	if s.n < p.Limits.MinSamples || cost.Low < least {
		return report.Finding{}, false
	}
	g := &group{cells: s.cells, value: s.malloc, n: s.n}
	top := s.cells[0]
	name := symbol.Short(t.Funcs[s.fn].Name)
	f := report.Finding{
		Title: fmt.Sprintf("%s allocates more than its share", name), Cost: cost,
		Confidence: certainty(0.4+0.25*clamp((cost.Share-0.1)*4), cost, least), Where: aboveConstructor(t, s.fn, where(t, g)),
		Because: []report.Fact{
			{Text: "of process CPU inside the allocator under " + name, Value: ratio(s.malloc, t.Total), Unit: "ratio", Source: "cpu", Doubt: fewSamples(s.n)},
			{Text: "of process CPU in the collector that its bytes account for", Value: s.gc, Unit: "ratio", Source: "cpu"},
		},
		Advice: []string{
			concrete("Look at {line}: reuse the buffer or object between calls (a field, sync.Pool), give slices and maps their size, and do not build what the caller throws away.", t, top),
			"`goperf explain excessive-alloc` tells how the collector's share is attributed.",
		},
	}
	if s.bytes > 0 {
		f.Because = append(f.Because,
			report.Fact{Text: "allocated by it", Value: s.rate, Unit: "B/s", Source: "heap"},
			report.Fact{Text: "of all bytes allocated in the window", Value: s.bytes, Unit: "ratio", Source: "heap"})
	}
	f.Saving = report.Range{Low: cost.Low * 0.3, High: min(1, cost.High*0.9), Share: cost.Share * 0.6, Unit: "ratio", Basis: "estimate: 30 to 90 % of the allocations can go"}
	if cores, ok := p.Cores(); ok {
		f.Saving.Low, f.Saving.High, f.Saving.Unit = f.Saving.Low*cores, f.Saving.High*cores, "cores"
	}
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return f, true
}
