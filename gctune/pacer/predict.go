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

// Words are what a verdict says to people; its own text is a name that stays.
func (v Verdict) Words() string {
	switch v {
	case Fine:
		return ""
	case Assists:
		return "goroutines must help the collector"
	case OverBudget:
		return "more than the container has"
	case Thrash:
		return "the collector takes the CPU"
	case Throttled:
		return "the CPU quota stops marking"
	case TinyHeap:
		return "heap too small to tell"
	case Unsteady:
		return "heap not steady: cannot tell"
	}
	return string(v)
}

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
	apart := m.apart(out)
	var also outcome
	if m.second != nil {
		also = m.second.run(s)
		out = m.joined(out, also)
		apart = min(apart, m.second.apart(also))
	}
	f := Frequency(out.cycles / float64(out.time))
	p.Cycles = within(max(f, Frequency(1/periodic))+m.obs.Cadence.Forced, m.cyclesSD(p.Setting, out, apart))
	if m.cost > 0 {
		m.predictCPU(&p, out, apart)
	}
	m.predictRSS(&p, out, apart)
	if m.second != nil {
		m.joinRSS(&p, out, also)
	}
	return p
}

// apart is how far a heap is from the observed one.
func (m *Model) apart(out outcome) float64 {
	return math.Abs(math.Log(float64(out.heap / m.base.heap)))
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
func (m *Model) cyclesSD(s Setting, out outcome, apart float64) float64 {
	counting := 0.5 / max(m.obs.Cadence.Count, 1)
	sd := 0.035
	if !m.marks {
		sd = 0.06
	}
	// Where collections empty pools, the allocation rate goes with a power of how often they come.
	feedback := 0.05
	if m.second != nil {
		feedback = 0.02
	}
	feedback *= math.Abs(math.Log(out.cycles / float64(out.time) / float64(m.obs.Cadence.Every)))
	if out.limited > 0.05 {
		sd = spread(sd, 0.04, m.gapsSD(s, out))
	}
	if m.hidden {
		sd = spread(sd, 0.08*apart) // where marking begins was not seen
	}
	return spread(counting, sd, feedback, 0.02*apart, m.contention())
}

// gapsSD is the relative deviation of what a limit leaves for garbage: the gaps
// in spans depend on how the heap came to be. Live objects that were made while
// there was much room lie further apart.
func (m *Model) gapsSD(s Setting, out outcome) float64 {
	o := m.obs.Memory
	if o.At <= 0 || out.heap <= out.marked {
		return 0.06
	}
	const unsure = 0.4
	sd := unsure * float64(o.Gaps/o.At*out.heap/(out.heap-out.marked))
	if s.GOGC < 0 { // how much of the start is left is known by its signs only
		most := m.besideOff().at(out.heap) - m.besideAt(m.obs.Setting.GOGC).at(out.heap)
		sd = spread(sd, math.Abs(float64(most/(out.heap-out.marked)))/2)
	}
	return sd
}

// contention is the relative deviation that a machine whose processors are
// wanted by others adds: marking takes longer there, now more and now less, and
// all that is allocated meanwhile counts as live.
func (m *Model) contention() float64 {
	w := m.obs.CPU.Wall
	if w == 0 {
		return 0.04 // not known
	}
	return clamp(0.04*(w-1), 0, 0.2)
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
	layout := 0.0
	if p.Setting.GOGC == Off {
		layout = 0.12 // of live objects, as in gapsSD
	}
	sd := spread(sampling, counting, m.cyclesSD(p.Setting, out, apart), m.growthSD*apart, layout, speed)
	p.GC = within(gc, sd)
	if o.CPU.Process <= 0 {
		return
	}
	more := float64(p.Cycles.Mid-o.Cadence.Every-o.Cadence.Forced) * float64(hiddenCost)
	cpu := max(o.CPU.Process+gc-o.CPU.GC+Cores(more), gc)
	// The rest of the process is what it was, give or take what a machine gives and takes.
	off := Cores(spread(spread(speed, m.contention())*float64(o.CPU.Process), sd*float64(gc), 0.5*more) * z90)
	p.CPU = Band[Cores]{max(cpu-off, 0), cpu, cpu + off}
}

// speed is the relative deviation of the CPU time that the same work takes on a
// machine with others on it, from one quarter of an hour to the next.
const speed = 0.1

// predictRSS moves the observed peak by the difference of the largest heaps, and
// keeps it where the scavenger does under a limit.
func (m *Model) predictRSS(p *Prediction, out outcome, apart float64) {
	o := m.obs.Memory
	if o.Peak <= 0 {
		return
	}
	limit := p.Setting.Limit
	inuse := Bytes(o.Inuse)
	mid := max(o.Peak+inuse*(out.peak-m.peak), o.Peak-inuse*m.peak+inuse*out.marked)
	if limit > 0 && out.limited > 0 {
		// The gaps that a limit counts are others at each collection, and the goal with
		// them: the more, the more of them are left between live objects.
		const wavering = 0.12
		mid += inuse * Bytes(wavering*o.Spread) * out.peak
		m.predictHeld(p, limit, mid)
		return
	}
	slack := max(mid*Bytes(z90*spread(0.022, 0.03*apart, m.contention())), MiB) + o.Unseen
	p.RSS = Band[Bytes]{mid - slack, mid, mid + slack}
	p.Bound = max(p.RSS.High, o.Peak+inuse*(out.top-m.peak)+0.03*out.top) + 0.01*mid + roughly
	if limit > 0 {
		most := max(m.heldBound(limit), mid)
		p.RSS.High, p.Bound = min(p.RSS.High, most), min(p.Bound, most)
	}
}

// predictHeld is for a limit that binds: RSS goes to where the scavenger holds
// it, unless GOGC alone stays below that.
func (m *Model) predictHeld(p *Prediction, limit, mid Bytes) {
	most := held*limit + 1.5*MiB + m.heldOutside(limit)
	slack := 0.03*limit + MiB + m.obs.Memory.Unseen
	// What an earlier peak has mapped is kept up to there: RSS is between that and
	// what the largest heap of the window needs. In a small heap it comes to nothing.
	const kept, large = 0.5, 128 * MiB
	top := min(mid, most)
	top += kept * min(limit/large, 1) * (most - top)
	p.RSS = Band[Bytes]{top - slack, top, max(top+slack, min(most, top+2*slack))}
	p.Bound = max(m.heldBound(limit), p.RSS.High)
	if p.Setting.GOGC == Off {
		return
	}
	free := m.Predict(Setting{GOGC: p.Setting.GOGC})
	if free.RSS.Mid > 0 && free.RSS.Mid < top {
		p.RSS = free.RSS
		p.RSS.High = min(p.RSS.High, top+slack)
		p.Bound = max(min(p.Bound, free.Bound), p.RSS.High)
	}
}

// heldBound is what RSS stays below under a limit that does not thrash.
func (m *Model) heldBound(limit Bytes) Bytes {
	return 1.03*limit + 1.05*max(m.obs.Memory.Outside+m.obs.Memory.Unseen, 0) + roughly
}

const (
	// held is where RSS settles under a limit that binds: the scavenger works
	// towards 95 % of it (mgcscavenge.go), and was seen at 95 to 100 %.
	held = 0.965
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
