package pacer

import (
	"fmt"
	"math"
)

// Level is how much of a risk the present setting is.
type Level string

// The levels.
const (
	Green Level = "green"
	Amber Level = "amber"
	Red   Level = "red"
)

// Advice is a recommendation and what it rests on.
type Advice struct {
	Level     Level // of the present setting
	Risk      string
	Measured  bool       // the risk was seen, and follows from no model
	Best      Prediction // Best.Setting is what to set; the present one when nothing is better or known
	Advised   bool       // Best is a recommendation
	Reason    string     // why this one, or why none
	Worst     Bytes      // live heap that it has to bear
	Effective Percent    // GOGC that Best amounts to at Worst
	Survives  Bytes      // largest live heap that Best bears at an effective GOGC of 25
	Container Bytes      // smallest sensible container
	Raise     Bytes      // smallest limit that bears Worst, where the present one is too small and no container is known
	TimeLeft  Seconds    // of a leak until the limit, 0 = no leak or no limit
}

const (
	// largestGOGC is where more saves nothing worth its memory.
	largestGOGC, smallestGOGC Percent = 800, 25
	// implausible is the part of the way to the goal below which no collection
	// ends: the trigger is at 70 % or later (mgcpacer.go).
	implausible = 0.25
	// unboundedGOGC is what a tiny heap gets where no limit holds it, should it grow.
	unboundedGOGC Percent = 400
	// steadyShare is how much of a limit the heap may fill as a rule: the limit
	// guards against bursts and is not where the program lives.
	steadyShare = 0.92
	// worthwhile is the share of the process's CPU in the collector below which
	// no setting is worth a change for its sake.
	worthwhile = 0.005
	// clearGain is the share of the process's CPU for which a setting that was
	// just applied is changed again.
	clearGain = 0.02
)

// Recommend picks a setting.
func (m *Model) Recommend(t Terms) Advice {
	t = t.filled()
	loaded := m.Loaded(t.Load)
	a := Advice{Worst: loaded.Worst(t.Burst), Container: loaded.SmallestContainer(t)}
	a.Level, a.Risk = loaded.risk(t, a.Worst)
	a.Measured = a.Risk == stopped || a.Risk == leaking
	a.Best = m.Base()
	if reason := m.refuses(); reason != "" {
		a.Reason = reason
		a.TimeLeft = m.timeLeft(t)
		return a
	}
	limit := loaded.LimitFor(t)
	if t.Container <= 0 {
		limit = m.obs.Setting.Limit // somebody had a reason for it
	}
	if t.Container > 0 && limit == 0 {
		a.Level, a.Reason = Red, noRoom(t)
		return a
	}
	if loaded.tiny(m.obs.Setting) {
		a.adviseTiny(loaded, limit)
		return a
	}
	if early := m.Early(); early > 0 && early < implausible && m.obs.Setting.Limit <= 0 {
		a.Reason = fmt.Sprintf("collections come %.0f times as often as %s explains: it is not the setting, or a limit is", 1/float64(early), m.obs.Setting)
		return a
	}
	if limit > 0 && loaded.EffectiveAt(Setting{Off, limit}, a.Worst) < thrashing {
		a.Level, a.Reason = Red, "the container is too small for the largest live heap: any limit in it would thrash"
		if t.Container <= 0 {
			a.Reason, a.Raise = "GOMEMLIMIT is too near the largest live heap: no GOGC helps below it", wholeMiB(loaded.limitFor(a.Worst)+MiB)
		}
		return a
	}
	best, why := loaded.best(t, limit)
	a.take(loaded, best, why)
	return a
}

// noRoom says why a container has no room for a limit.
func noRoom(t Terms) string {
	if t.Reserve >= t.Container {
		return "what is kept for others leaves nothing of the container"
	}
	return "the container has no room for a limit: the runtime alone needs most of it"
}

func (a *Advice) take(m *Model, best Prediction, why string) {
	a.Best, a.Advised, a.Reason = best, true, why
	a.Effective = m.EffectiveAt(best.Setting, a.Worst)
	a.Survives = m.Survives(best.Setting.Limit)
	if a.Effective < tight && a.Level == Green {
		a.Level, a.Risk = Amber, "the container is small for the largest live heap: bursts will cost CPU at its limit"
	}
}

// refuses says why there is no advice, "" when there can be.
func (m *Model) refuses() string {
	tr := m.Trend()
	switch {
	case tr.Leaking:
		return "the live heap grows all the time: a setting only moves the day on which memory ends"
	case m.obs.Throttled > throttling:
		return "the CPU quota stops the process in its marking: mend that first, then observe again"
	case tr.Unsteady():
		return "there was no steady state: " + tr.Why()
	}
	return ""
}

// timeLeft is when a leak reaches the limit or the container.
func (m *Model) timeLeft(t Terms) Seconds {
	tr := m.Trend()
	if !tr.Leaking || tr.Slope <= 0 {
		return 0
	}
	end := Bytes(math.Inf(1))
	if t.Container > 0 {
		end = t.Container - t.Reserve - m.outside() - m.obs.Memory.NonHeap
	}
	if l := m.obs.Setting.Limit; l > 0 {
		end = min(end, l-m.obs.Memory.NonHeap)
	}
	if math.IsInf(float64(end), 1) {
		return 0
	}
	now := m.obs.Live[len(m.obs.Live)-1].Marked
	if g := m.obs.Setting.GOGC; g >= 0 && m.obs.Setting.Limit == 0 {
		end /= Bytes(1 + g/100) // the goal gets there first
	}
	return max(Seconds(float64(end-now)/float64(tr.Slope)), 1)
}

// risk is what the present setting risks in the container.
func (m *Model) risk(t Terms, worst Bytes) (Level, string) {
	now := m.obs.Setting
	goal, _ := m.goal(now, worst)
	room := max(t.Container-t.Reserve, 0)
	need := m.sizeAt(goal)
	switch effective := m.EffectiveAt(now, worst); {
	case effective < thrashing && now.Limit > 0:
		return Red, fmt.Sprintf("at a live heap of %s the limit amounts to GOGC=%.0f: the collector would take the CPU", size(worst), float64(effective))
	case t.Container > 0 && now.Limit <= 0 && need > room:
		return Red, fmt.Sprintf("the heap goal at the largest live heap needs %s, the container has %s: the kernel would kill the process", size(need), size(room))
	case effective < tight && now.Limit > 0:
		return Amber, fmt.Sprintf("at a live heap of %s the limit amounts to GOGC=%.0f: bursts cost CPU", size(worst), float64(effective))
	case t.Container > 0 && now.Limit > room:
		return Amber, "GOMEMLIMIT is above what the container leaves for it: it cannot protect from being killed"
	case t.Container > 0 && now.Limit <= 0 && need > 0.9*room:
		return Amber, fmt.Sprintf("the heap goal at the largest live heap needs %s of %s, and no limit holds it", size(need), size(room))
	case m.obs.Throttled > throttling:
		return Amber, stopped
	case m.Trend().Leaking:
		return Amber, leaking
	}
	return Green, ""
}

// Risks that were seen.
const (
	stopped = "the CPU quota stops marking in its middle, and the heap passes its goal meanwhile"
	leaking = "the live heap grows all the time"
)

// sizeAt is the memory with a heap of the size that the kernel cannot take
// back: mapped files are RSS, and go when memory is short.
func (m *Model) sizeAt(heap Bytes) Bytes {
	o := m.obs.Memory
	if o.Peak <= 0 {
		return Bytes(o.Inuse)*heap + o.NonHeap
	}
	return o.Peak - o.File + Bytes(o.Inuse)*(heap-m.peak)
}

// adviseTiny is a rule and not the model: a floor of 64 MiB, or 16 MiB for each
// processor, where the container allows.
func (a *Advice) adviseTiny(m *Model, limit Bytes) {
	floor := max(64*MiB, 16*MiB*Bytes(m.obs.Procs))
	if limit > 0 {
		floor = min(floor, limit/4)
	}
	most := Percent(3200)
	if limit <= 0 {
		most = unboundedGOGC
	}
	g := Percent(math.Ceil(float64(floor/leastHeap))) * 100
	g = clamp(g, 100, most)
	if marked := m.base.marked; marked > leastHeap {
		g = clamp(Percent(math.Ceil(float64((floor-marked)/(marked+m.scan))*4)*25), 100, min(most, 1600))
	}
	now := m.obs.Setting
	if now.GOGC >= g || now.GOGC == Off {
		a.Reason = "the heap is tiny and already collected rarely"
		return
	}
	why := fmt.Sprintf("a heap this small is collected every few megabytes, whatever is live: a goal of %s costs little and saves most collections", size(floor))
	if limit <= 0 && g == most {
		why = "a heap this small is collected every few megabytes, whatever is live; more than this needs a limit beside it, or one burst of the live heap takes that many times its size"
	}
	a.take(m, m.Predict(Setting{g, limit}), why)
}

// best searches the settings for the policy's.
func (m *Model) best(t Terms, limit Bytes) (Prediction, string) {
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
	return Bytes(m.obs.Memory.Inuse)*goal+m.obs.Memory.NonHeap <= steadyShare*s.Limit
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

// size is an amount of memory in a sentence.
func size(b Bytes) string {
	switch {
	case math.IsInf(float64(b), 0) || math.IsNaN(float64(b)):
		return "unbounded"
	case b >= 10*gib:
		return fmt.Sprintf("%.0f GiB", float64(b/gib))
	case b >= gib:
		return fmt.Sprintf("%.1f GiB", float64(b/gib))
	}
	return fmt.Sprintf("%.0f MiB", float64(b/MiB))
}
