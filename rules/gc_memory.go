package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

// memoryWindow is the first and last memory samples and the seconds between.
func memoryWindow(p *diagnose.Pass) (first, last evidence.MemorySample, seconds float64, ok bool) {
	m := p.Set.Memory
	if len(m) < 2 {
		return first, last, 0, false
	}
	first, last = m[0], m[len(m)-1]
	seconds = last.At.Sub(first.At).Seconds()
	return first, last, seconds, seconds > 0.5
}

func checkTinyHeap(p *diagnose.Pass) []report.Finding {
	first, last, secs, ok := memoryWindow(p)
	t := p.CPU()
	if !ok || t == nil || t.Total == 0 {
		return nil
	}
	cycles := float64(last.NumGC-first.NumGC-int64(forcedByUs(p))) / secs
	live := last.NextGC / 2
	v := t.Classes[blame.InGC] + t.Classes[blame.InAssist]
	cost := p.CPUCost(v, samplesOf(t, v))
	cost.Resource = "gc"
	if cycles < 5 || live > 32<<20 || cost.Low < 0.03 || pacedByLimit(p) {
		return nil
	}
	f := report.Finding{
		Title: fmt.Sprintf("the collector runs %.0f times a second for a live heap of a few megabytes", cycles), Cost: cost, Confidence: 0.1,
		Because: []report.Fact{
			{Text: "collections", Value: cycles, Unit: "count/s", Source: "heap-text"},
			{Text: "heap size at which the next one starts", Value: float64(last.NextGC), Unit: "B", Source: "heap-text"},
			{Text: "of process CPU in marking and assists", Value: cost.Share, Unit: "ratio", Source: "cpu"},
		},
		Advice: []string{"Set GOGC=400 (four times fewer collections; about 3 × the live heap of extra memory, here some tens of megabytes), or GOMEMLIMIT with GOGC=off when the limit is known."},
		Saving: report.Range{Low: cost.Low * 0.5, High: cost.High * 0.75, Share: cost.Share * 0.6, Unit: "ratio", Basis: "GC guide: GOGC 100 to 400 leaves a quarter of the cycles"},
	}
	_, f.Because = biggestAllocators(p, f.Because) // a setting of the process is the matter, not a function
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return []report.Finding{f}
}

// pacedByLimit says whether a memory limit starts the collections, so that no
// GOGC changes their pace: it is known to be near, or, where it cannot be read,
// the heap is at its goal whenever one looks: no GOGC above 10 does that.
func pacedByLimit(p *diagnose.Pass) bool {
	const looks, near = 4, 0.9 // a heap with room to grow is not near its goal by chance so often
	room := func(m evidence.MemorySample) bool { return float64(m.HeapAlloc) < near*float64(m.NextGC) }
	always := len(p.Set.Memory) >= looks && !slices.ContainsFunc(p.Set.Memory, room)
	return always || len(checkTightLimit(p)) > 0
}

// forcedByUs is how many collections this tool asked for.
func forcedByUs(p *diagnose.Pass) int {
	n := 0
	for _, a := range p.Set.Asked {
		if strings.Contains(a.What, "gc=1") {
			n++
		}
	}
	return n
}

func checkForced(p *diagnose.Pass) []report.Finding {
	first, last, secs, ok := memoryWindow(p)
	if !ok {
		return nil
	}
	forced := last.NumForcedGC - first.NumForcedGC - int64(forcedByUs(p))
	if forced < 1 || float64(forced)/secs < 1.0/60 {
		return nil
	}
	forcedShare := ratio(forced, max(last.NumGC-first.NumGC, 1))
	return []report.Finding{{
		Title: fmt.Sprintf("the program forced %d collections in %.0f s", forced, secs), Confidence: 0.75, Severity: report.Notice,
		Cost:    report.Cost{Resource: "gc", Amount: float64(forced) / secs, Unit: "count/s", Of: "all collections", Share: forcedShare, Low: forcedShare, High: forcedShare},
		Saving:  report.Range{Low: 0, High: float64(forced) / secs, Unit: "count/s", Share: 0.05, Basis: "each is a full mark"},
		Because: []report.Fact{{Text: "collections forced by runtime.GC or debug.FreeOSMemory", Value: float64(forced), Unit: "count", Source: "heap-text"}},
		Advice:  []string{"Find the calls of runtime.GC and debug.FreeOSMemory and delete them; set GOMEMLIMIT to bound memory."},
	}}
}

func checkThrash(p *diagnose.Pass) []report.Finding {
	m := p.Set.Memory
	last := m[len(m)-1]
	now := 0.0
	if t := p.CPU(); t != nil && t.Total > 0 {
		v := t.Classes[blame.InGC] + t.Classes[blame.InAssist] + t.Classes[blame.InSweep]
		if n := samplesOf(t, v); n >= p.Limits.MinSamples {
			now = p.CPUCost(v, n).Low
		}
	}
	cores, known := p.Cores()
	if known && cores < p.Limits.IdleCores {
		return nil // a process that does nothing else collects its own profiles
	}
	if last.GCCPUFraction < 0.4 && (now < 0.4 || roomToGrow(p, last)) {
		return nil
	}
	share := max(last.GCCPUFraction, now)
	f := report.Finding{
		Title: "the collector takes most of the CPU", Confidence: 0.85, Severity: report.Critical,
		Cost:   report.Cost{Resource: "gc", Share: share, Low: share, High: share, Of: "process CPU", Unit: "cores"},
		Saving: report.Range{Low: share * 0.5, High: share, Unit: "ratio", Share: share * 0.75, Basis: "estimate"},
		Because: []report.Fact{
			{Text: "GC CPU fraction since start", Value: last.GCCPUFraction, Unit: "ratio", Source: "heap-text"},
			{Text: "of process CPU in the collector now", Value: now, Unit: "ratio", Source: "cpu"},
			{Text: "live heap and garbage", Value: float64(last.HeapAlloc), Unit: "B", Source: "heap-text"},
			{Text: "next goal", Value: float64(last.NextGC), Unit: "B", Source: "heap-text"},
		},
		Advice: []string{"Raise GOMEMLIMIT (or GOGC) until the goal is at least one and a half times the live heap, or find out what fills the heap."},
	}
	f.Where, f.Because = biggestAllocators(p, f.Because)
	return []report.Finding{f}
}

// roomToGrow says that the next collection is as far off as GOGC=100 has it:
// then it is the rate of allocation that keeps the collector busy, not a limit
// or a low GOGC. Unknown is no room.
func roomToGrow(p *diagnose.Pass, m evidence.MemorySample) bool {
	t := p.Last(p.Heap(), "inuse_space")
	return t != nil && t.Total > 0 && float64(m.NextGC) > 1.6*float64(t.Total)
}
