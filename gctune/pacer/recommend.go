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
	Doubt     string     // where Best would thrash, though it bears Worst; "" when nowhere near
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
		a.adviseTiny(loaded, limit, t)
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
	a.take(loaded, best, why, t)
	return a
}

// noRoom says why a container has no room for a limit.
func noRoom(t Terms) string {
	if t.Reserve >= t.Container {
		return "what is kept for others leaves nothing of the container"
	}
	return "the container has no room for a limit: the runtime alone needs most of it"
}

func (a *Advice) take(m *Model, best Prediction, why string, t Terms) {
	a.Best, a.Advised, a.Reason = m.Doubted(best, t), true, why
	a.Doubt = m.doubt(best.Setting, t.Burst)
	a.Effective = m.EffectiveAt(best.Setting, a.Worst)
	a.Survives = m.Survives(best.Setting.Limit)
	switch {
	case a.Level != Green:
	case a.Effective < tight:
		a.Level, a.Risk = Amber, "the container is small for the largest live heap: bursts will cost CPU at its limit"
	case a.Doubt != "":
		a.Level, a.Risk = Amber, a.Doubt
	}
}

// Doubted is a prediction of a setting that bears what was seen, called tight
// where it does not bear what may come.
func (m *Model) Doubted(p Prediction, t Terms) Prediction {
	if p.Verdict != Fine && p.Verdict != Assists {
		return p
	}
	t = t.filled()
	worst := m.Worst(t.Burst)
	e := m.EffectiveAt(p.Setting, worst)
	switch why := m.doubt(p.Setting, t.Burst); {
	case why != "":
		p.Verdict, p.Why = Tight, why
	case p.Setting.Limit > 0 && e < tight && m.limits(p.Setting, worst):
		p.Verdict, p.Why = Tight, fmt.Sprintf("at a live heap of %s the limit amounts to GOGC=%.0f", size(worst), float64(e))
	}
	return p
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
	case m.doubt(now, t.Burst) != "":
		return Amber, m.doubt(now, t.Burst)
	}
	if why := m.unheld(t, room); why != "" {
		return Amber, why
	}
	return Green, ""
}

// unheld is the risk of being killed in what was not seen, "" when there is none.
func (m *Model) unheld(t Terms, room Bytes) string {
	spare := m.spare(t.Burst)
	goal, _ := m.goal(m.obs.Setting, spare)
	if t.Container <= 0 || m.obs.Setting.Limit > 0 || m.sizeAt(goal) <= room {
		return ""
	}
	return fmt.Sprintf("a live heap of %s, %s, would need %s of %s, and no limit holds it", size(spare), m.than(spare), size(m.sizeAt(goal)), size(room))
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
func (a *Advice) adviseTiny(m *Model, limit Bytes, t Terms) {
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
	a.take(m, m.Predict(Setting{g, limit}), why, t)
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
