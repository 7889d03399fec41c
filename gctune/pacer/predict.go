package pacer

import "math"

// Verdict is what is to be said of a setting in one word. Those from [Thrash]
// on come without figures: the model does not hold there.
type Verdict string

// The verdicts.
const (
	Fine       Verdict = "ok"
	Assists    Verdict = "assists"     // allocating goroutines will have to help the collector
	Tight      Verdict = "tight"       // effective GOGC below 25 at the largest live heap: every burst costs CPU
	OverBudget Verdict = "over-budget" // the peak may pass the container: the kernel kills the process
	Thrash     Verdict = "thrash"      // effective GOGC below 10: the collector takes the CPU and the limit does not hold
	Throttled  Verdict = "throttled"   // the CPU quota stops marking in its middle: sizes and costs follow the quota
	TinyHeap   Verdict = "tiny-heap"   // below a goal of 16 MiB caches and fixed costs rule
	Unsteady   Verdict = "unsteady"    // no steady state was seen: a leak, a start, a change of load
)

// HasFigures says whether a verdict comes with figures.
func (v Verdict) HasFigures() bool {
	switch v {
	case Thrash, Throttled, TinyHeap, Unsteady:
		return false
	}
	return true
}

const (
	thrashing Percent = 10
	tight     Percent = 25
	// throttling is the share of periods above which marking is taken to be stopped by the quota.
	throttling = 0.05
)

// Prediction is what a setting gives. Cores are zero when the CPU was not profiled.
type Prediction struct {
	Setting   Setting
	Cycles    Band[Frequency]
	GC        Band[Cores]
	CPU       Band[Cores] // the whole process
	Heap      Bytes       // largest
	RSS       Band[Bytes] // largest
	Bound     Bytes       // that the largest RSS is not above, in 98 of 100 cases
	Effective Percent     // least effective GOGC over the observed live heap
	Limited   float64     // share of the cycles that the memory limit starts
	Verdict   Verdict
	Why       string // of the verdict, "" when it says all
}

// Predict says what a setting would give under the observed load.
func (m *Model) Predict(s Setting) Prediction {
	out := m.run(s)
	p := Prediction{Setting: s, Heap: out.peak, Effective: out.effective, Limited: out.limited}
	p.Verdict, p.Why = m.verdict(s, out)
	if !p.Verdict.HasFigures() {
		return p
	}
	apart := math.Abs(math.Log(float64(out.heap / m.base.heap)))
	f := Frequency(out.cycles / float64(out.time))
	p.Cycles = within(max(f, Frequency(1/periodic))+m.obs.Cadence.Forced, m.cyclesSD(out, apart))
	if m.cost > 0 {
		m.predictCPU(&p, out, apart)
	}
	m.predictRSS(&p, out, apart)
	return p
}

// Base is the observed setting: what was measured, and the model's own figures
// of the heap.
func (m *Model) Base() Prediction {
	p := m.Predict(m.obs.Setting)
	o := m.obs
	p.Cycles = exactly(o.Cadence.Every + o.Cadence.Forced)
	p.GC, p.CPU, p.RSS = exactly(o.CPU.GC), exactly(o.CPU.Process), exactly(o.Memory.Peak)
	return p
}

// cyclesSD is the relative deviation of the cycle rate: of the observed one,
// of the pacer's arithmetic, and of the allocation rate, which falls where
// collections empty pools less often.
func (m *Model) cyclesSD(out outcome, apart float64) float64 {
	counting := 0.5 / max(m.obs.Cadence.Count, 1)
	sd := 0.03
	if !m.marks {
		sd = 0.05
	}
	feedback := 0.05 * apart
	if m.reliable {
		feedback = 0.02 * apart
	}
	if out.limited > 0.05 {
		sd = spread(sd, 0.06)
	}
	if m.hidden {
		sd = spread(sd, 0.08*apart) // where marking begins was not seen
	}
	if w := m.obs.CPU.Wall; w > 1.5 {
		sd = spread(sd, min(0.03*(w-1), 0.2)) // a contended machine does not repeat itself
	}
	return spread(counting, sd, feedback, 0.02*apart)
}

func (m *Model) predictCPU(p *Prediction, out outcome, apart float64) {
	o := m.obs
	forced := Cores(float64(o.Cadence.Forced) * float64(m.cost))
	gc := Cores(out.work/out.time) + forced
	sampling := 1 / math.Sqrt(max(o.CPU.Samples, 4))
	if o.CPU.Samples == 0 {
		sampling = 0.5
	}
	counting := 0.5 / max(o.CPU.Cycles, 1)
	sd := spread(sampling, counting, m.cyclesSD(out, apart), m.growthSD*apart, 0.04)
	p.GC = within(gc, sd)
	if o.CPU.Process <= 0 {
		return
	}
	more := float64(p.Cycles.Mid-o.Cadence.Every-o.Cadence.Forced) * float64(hiddenCost)
	cpu := max(o.CPU.Process+gc-o.CPU.GC+Cores(more), gc)
	// The rest of the process is what it was, give or take what a machine gives and takes.
	off := Cores(spread(0.03*float64(o.CPU.Process), sd*float64(gc), 0.5*more) * z90)
	p.CPU = Band[Cores]{max(cpu-off, 0), cpu, cpu + off}
}

const (
	// held is where RSS settles under a limit that binds: the scavenger works
	// towards 95 % of it (mgcscavenge.go).
	held = 0.96
	// roughly is what an arena, page tables and the like put on top of any size.
	roughly = 4 * MiB
)

// heldOutside is what RSS has beside a limit that is filled. Heap that was mapped
// and not touched when it was observed is touched then; the unused ends of
// stacks stay what they are.
func (m *Model) heldOutside(limit Bytes) Bytes {
	untouched := max(m.obs.Memory.Stacks-m.scan, 0) + 0.01*limit
	return max(m.obs.Memory.Outside, -untouched)
}

// predictRSS moves the observed peak by the difference of the largest heaps, and
// keeps it where the scavenger does under a limit.
func (m *Model) predictRSS(p *Prediction, out outcome, apart float64) {
	o := m.obs.Memory
	if o.Peak <= 0 {
		return
	}
	inuse := Bytes(o.Inuse)
	sd := spread(0.015, 0.03*apart)
	mid := o.Peak + inuse*(out.peak-m.base.peak)
	mid = max(mid, o.Peak-inuse*m.base.peak+inuse*out.marked)
	slack := max(mid*Bytes(z90*sd), MiB)
	p.RSS = Band[Bytes]{mid - slack, mid, mid + slack}
	p.Bound = max(p.RSS.High, o.Peak+inuse*(out.top-m.base.peak)+Bytes(0.03)*out.top) + Bytes(0.01)*mid + roughly
	if limit := p.Setting.Limit; limit > 0 {
		top := held*limit + m.heldOutside(limit)
		if top < mid {
			p.RSS = Band[Bytes]{top * 0.985, top, top * 1.015}
			p.RSS.Low = min(p.RSS.Low, mid)
		}
		p.RSS.High = min(p.RSS.High, 1.015*max(top, p.RSS.Mid))
		p.Bound = min(p.Bound, 1.03*limit+1.05*max(o.Outside, 0)+roughly)
		p.Bound = max(p.Bound, p.RSS.High)
	}
}

// verdict is what is to be said of a setting, the gravest first.
func (m *Model) verdict(s Setting, out outcome) (Verdict, string) {
	switch {
	case s.Limit > 0 && s.Limit <= m.obs.Memory.NonHeap:
		return Thrash, "the limit is below what the runtime needs beside the heap"
	case out.effective < thrashing:
		return Thrash, ""
	case m.obs.Throttled > throttling:
		return Throttled, ""
	case m.tiny(s):
		return TinyHeap, ""
	case m.Trend().Unsteady():
		return Unsteady, m.Trend().Why()
	case out.effective < tight && out.limited > 0:
		return Tight, ""
	case m.marks && out.assisted > 0.2:
		return Assists, ""
	}
	return Fine, ""
}

// tiny says whether the heap is too small for the model at a setting or was
// when it was observed.
func (m *Model) tiny(s Setting) bool {
	small := func(s Setting) bool {
		goal, _ := m.goal(s, m.base.marked)
		return goal < tinyGoal
	}
	return small(m.obs.Setting) || small(s)
}
