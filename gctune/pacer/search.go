package pacer

import "math"

const (
	// steadyShare is how much of a limit the heap may fill as a rule: the limit
	// guards against bursts and is not where the program lives.
	steadyShare = 0.92
)

// best searches the settings for the policy's. Where one that keeps the usual heap
// away from the limit costs more than now, the heap may go up to the limit: a burst
// finds the same limit either way.
func (m *Model) best(t Terms, limit Bytes) (Prediction, string) {
	best, why := m.search(t, limit)
	now := m.Predict(m.obs.Setting).GC.Mid
	if t.Container <= 0 || t.Policy == MinMem || best.GC.Mid <= now {
		return best, why
	}
	t.full = true
	full, _ := m.search(t, limit)
	if full.Verdict == Tight || !full.Verdict.HasFigures() || full.GC.Mid > 0.9*best.GC.Mid {
		return best, why
	}
	return full, "the container is small: below its limit collections would cost more"
}

// search is the best of the settings that fit.
func (m *Model) search(t Terms, limit Bytes) (Prediction, string) {
	var best Prediction
	least := math.Inf(1)
	floor := m.Base()
	for g := smallestGOGC; g <= largestGOGC; g = nextGOGC(g) {
		p := m.Predict(Setting{g, limit})
		if !p.Verdict.HasFigures() || !m.fits(p.Setting, t) {
			continue
		}
		if c := m.costOf(p, t, floor); c < least {
			least, best = c, p
		}
	}
	if math.IsInf(least, 1) {
		return m.Predict(Setting{smallestGOGC, limit}), "no setting keeps away from the limit; this one uses the least memory"
	}
	if t.Policy == Balanced && t.Container > 0 {
		best, why := m.useRoom(best, t)
		return m.keep(best, why, t, floor)
	}
	why := reasons[t.Policy]
	if m.cost <= 0 {
		why += " (CPU was not measured: half a second for each GiB that is marked is assumed)"
	}
	return m.keep(best, why, t, floor)
}

// keep stays with the present setting where another one gains next to nothing.
func (m *Model) keep(best Prediction, why string, t Terms, now Prediction) (Prediction, string) {
	const gain = 0.03
	if m.holds(best, t, now) {
		return now, "it was applied, and nothing is clearly better by what was measured since"
	}
	here := Setting{m.obs.Setting.GOGC, best.Setting.Limit}
	if here.GOGC == Off && here.Limit == 0 || here == best.Setting {
		return best, why
	}
	p := m.Predict(here)
	near := p.GC.Mid > 0 && math.Abs(float64(p.GC.Mid-best.GC.Mid)) < 0.1*float64(m.obs.CPU.GC)
	cheap := t.Container <= 0 && m.costOf(p, t, now) < (1+gain)*m.costOf(best, t, now)
	if p.Verdict.HasFigures() && m.fits(here, t) && (near || cheap) {
		return p, "another GOGC would gain next to nothing"
	}
	return best, why
}

// holds says whether the present setting was recommended before, is safe, and
// another one is not better even where its intervals end. Half of the CPU, or
// twice of it for less memory, was found already: each step after that has to be
// worth its memory at its price.
func (m *Model) holds(best Prediction, t Terms, now Prediction) bool {
	here := m.obs.Setting
	if !t.Applied && (t.Container <= 0 || here.Limit != best.Setting.Limit) || here == best.Setting {
		return false
	}
	if level, _ := m.risk(t, m.Worst(t.Burst)); level != Green || !now.Verdict.HasFigures() {
		return false
	}
	saved := m.obs.CPU.GC - best.GC.High
	if t.Policy == MinCPU {
		return saved < clearGain*m.obs.CPU.Process
	}
	return saved < t.Price*Cores((best.RSS.High-now.RSS.Mid)/gib)
}

// reasons say what each policy looks for.
var reasons = map[Policy]string{
	Balanced: "more memory would cost more than the CPU it saves, at this price",
	MinCPU:   "the least CPU that memory can buy: beyond it, more memory saves less than a hundredth of the process's CPU",
	MinMem:   "the least memory whose collections do not take much more CPU than now",
}

// nextGOGC goes up by about a twelfth, in steps of 5.
func nextGOGC(g Percent) Percent { return Percent(math.Ceil(float64(g)*1.08/5)) * 5 }

// fits says whether a setting keeps the usual heap away from its limit.
func (m *Model) fits(s Setting, t Terms) bool {
	if s.Limit <= 0 {
		return t.Container <= 0
	}
	var ms []Bytes
	for _, l := range m.live {
		ms = append(ms, l.Marked*Bytes(1+m.markAlloc))
	}
	goal, _ := m.goal(Setting{GOGC: s.GOGC}, quantile(ms, 0.5))
	share := Bytes(steadyShare)
	if t.full {
		share = 1 - goalHeadroom
	}
	return Bytes(m.obs.Memory.Inuse)*goal+m.obs.Memory.NonHeap <= share*s.Limit
}

// costOf is what a setting costs by the policy, in cores.
func (m *Model) costOf(p Prediction, t Terms, now Prediction) float64 {
	gc, memory, before := float64(p.GC.Mid), float64(p.RSS.Mid/gib), float64(now.GC.Mid)
	if m.cost <= 0 {
		gc = float64(p.Cycles.Mid) * float64(m.guessedCost())
		before = float64(now.Cycles.Mid) * float64(m.guessedCost())
	}
	if memory == 0 {
		memory = float64(p.Heap / gib)
	}
	switch t.Policy {
	case MinCPU:
		return gc + 0.002*float64(m.obs.CPU.Process)*memory/max(float64(now.RSS.Mid/gib), 0.05)
	case MinMem:
		allowed := max(2*before, 0.05*float64(m.obs.CPU.Process))
		return memory + 1e3*max(gc-allowed, 0)
	}
	return gc + float64(t.Price)*memory
}

// guessedCost is the CPU of one collection where none was measured: about half
// a second for each GiB.
func (m *Model) guessedCost() Seconds {
	return fixedCost + Seconds(0.5*float64((m.base.marked+m.scan)/gib))
}

// useRoom spends memory that the container has anyway: until collecting costs
// two fifths of what it does now, as long as that is worth anything. Bursts bring
// the heap to the limit for a while, and less is saved then.
func (m *Model) useRoom(best Prediction, t Terms) (Prediction, string) {
	now := m.obs.CPU.GC
	why := reasons[Balanced]
	if m.obs.CPU.Process <= 0 || now < worthwhile*m.obs.CPU.Process {
		return best, why
	}
	for g := nextGOGC(best.Setting.GOGC); g <= largestGOGC && best.GC.Mid > 0.4*now; g = nextGOGC(g) {
		p := m.Predict(Setting{g, best.Setting.Limit})
		if !p.Verdict.HasFigures() || !m.fits(p.Setting, t) {
			return best, "the largest that keeps the usual heap below the limit"
		}
		best, why = p, "more than halves the CPU of the collector with memory that the container has anyway"
	}
	return best, why
}
