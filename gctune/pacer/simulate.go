package pacer

import "math"

// outcome is what a run through the observed live heap gives.
type outcome struct {
	time      Seconds
	cycles    float64
	work      Seconds // CPU of the collector before scale
	scale     Seconds // 1 after calibration: real over simulated work
	heap      Bytes   // mean at the end of a cycle
	marked    Bytes   // mean
	peak      Bytes   // largest heap, mean over the rounds
	top       Bytes   // largest goal of all
	limited   float64 // share of the cycles that the memory limit started
	assisted  float64 // share of the cycles that ran into the goal
	effective Percent // least effective GOGC
}

const (
	minRounds = 8   // runs through the window, each at another phase
	maxRounds = 64  // where collections are rare
	enough    = 400 // cycles after which more rounds say nothing new
	plenty    = 2e4 // after which fewer rounds do
	maxCycles = 1e5 // of a round
)

// goal is the heap size that the next cycle is held to after so much was
// marked, and whether the limit decides it. (commit, memoryLimitHeapGoal)
func (m *Model) goal(s Setting, marked Bytes) (goal Bytes, limited bool) {
	goal = Bytes(math.Inf(1))
	if s.GOGC >= 0 {
		g := Bytes(s.GOGC / 100)
		goal = max(marked+g*(marked+m.scan), leastHeap*g)
	}
	if by := m.limitGoal(s, marked); by < goal {
		return by, true
	}
	return goal, false
}

// limits says whether the limit decides at a marked heap.
func (m *Model) limits(s Setting, marked Bytes) bool {
	_, limited := m.goal(s, marked)
	return limited
}

// effective is the GOGC that a goal amounts to.
func (m *Model) effective(goal, marked Bytes) Percent {
	return Percent(100 * (goal - marked) / (marked + m.scan))
}

// run simulates cycle after cycle at a setting, over the observed live heap
// again and again.
func (m *Model) run(s Setting) outcome {
	out := outcome{effective: Percent(math.Inf(1)), scale: max(m.base.scale, 0)}
	if out.scale == 0 {
		out.scale = 1
	}
	w := walk{m: m, setting: s, begin: m.live[0].At, length: m.span(), rate: m.alloc}
	if m.slope != 0 && m.base.cycles > 0 {
		w.rate = m.rateAt(s)
	}
	w.marked = m.live[0].Marked * Bytes(1+m.markAlloc)
	w.heap = m.base.heap
	rounds := 0
	for rounds < minRounds && out.cycles < plenty || rounds < maxRounds && out.cycles < enough {
		w.round(&out)
		rounds++
	}
	n := max(out.cycles, 1e-9)
	out.heap, out.marked = out.heap/Bytes(n), out.marked/Bytes(n)
	out.limited, out.assisted = out.limited/n, out.assisted/n
	out.peak /= Bytes(rounds)
	return out
}

// span is the length of the observed series, the window when it is one point.
func (m *Model) span() Seconds {
	if len(m.live) == 1 {
		return clamp(m.obs.Window, 1, 60)
	}
	return max(m.live[len(m.live)-1].At-m.live[0].At, 1)
}

// rateAt is the allocation rate at a setting, when it is known to depend on it.
func (m *Model) rateAt(s Setting) Rate {
	plain := *m
	plain.slope = 0
	out := plain.run(s)
	f := out.cycles / float64(out.time) / float64(m.obs.Cadence.Every)
	return m.alloc * Rate(clamp(math.Pow(f, m.slope/(1-m.slope)), 0.5, 2))
}

// walk is where a simulation is.
type walk struct {
	m       *Model
	setting Setting
	begin   Seconds
	length  Seconds
	rate    Rate
	now     Seconds // in the round
	at      int     // of the live series
	marked  Bytes
	heap    Bytes // at the end of the last cycle
	high    Bytes // largest of the last round
}

// round goes once through the window.
func (w *walk) round(out *outcome) {
	m := w.m
	var peak Bytes
	w.at = 0
	for w.now < w.length && out.cycles < maxCycles {
		goal, limited := m.goal(w.setting, w.marked)
		goal = min(goal, w.marked+Bytes(float64(w.rate)*float64(2*periodic))) // GOGC=off without a limit
		out.effective = min(out.effective, m.effective(goal, w.marked))
		between, assisted := w.cycle(goal)
		took := Seconds(float64(between) / float64(w.rate))
		if took > periodic {
			took = periodic
			between = Bytes(float64(w.rate) * float64(took))
		}
		w.now += took
		end := w.marked + between
		w.heap = end
		peak, out.top = max(peak, end), max(out.top, goal)
		w.marked = w.liveNow() + w.markAllocated(end)
		out.cycles++
		out.time += took
		out.heap += end
		out.marked += w.marked
		out.work += m.cycleCost(w.marked, max(end, w.high)+m.strewn(w.setting, w.marked)) * out.scale
		if limited {
			out.limited++
		}
		if assisted {
			out.assisted++
		}
	}
	w.now -= w.length
	if peak == 0 {
		peak = w.heap // a cycle longer than the window
	}
	out.peak += peak
	w.high = peak
}

// cycle is how much is allocated from the end of one marking to the end of the
// next, and whether it was stopped by the goal.
func (w *walk) cycle(goal Bytes) (between Bytes, assisted bool) {
	m := w.m
	gap := max(goal-w.marked, least)
	scanned := w.marked + m.scan
	if !m.marks {
		between = clamp(gap-Bytes(m.early)*scanned, minTrigger*gap, gap)
		return between * Bytes(m.stretch), false
	}
	allocated := w.markAllocated(goal)
	runway := Bytes(m.runway/max(m.markAlloc, 1e-9)) * allocated
	highest := max(maxTrigger*gap, gap-leastHeap)
	trigger := clamp(gap-runway, minTrigger*gap, highest)
	between = trigger + allocated
	if between > gap {
		between, assisted = max(gap, trigger), true
	}
	return between * Bytes(m.stretch), assisted
}

// markAllocated is what is allocated during a marking that ends at a heap of
// the size: a mark that takes longer lets more be allocated.
func (w *walk) markAllocated(end Bytes) Bytes {
	m := w.m
	d := Bytes(m.markAlloc) * (w.liveNow() + m.scan)
	return d * Bytes(m.diluted(w.liveNow(), end, m.base.heap))
}

// liveNow is the live heap at this time of the window.
func (w *walk) liveNow() Bytes {
	live := w.m.live
	t := w.begin + Seconds(math.Mod(float64(w.now), float64(w.length)))
	if w.at >= len(live) || live[w.at].At > t {
		w.at = 0
	}
	for w.at+1 < len(live) && live[w.at+1].At <= t {
		w.at++
	}
	a := live[w.at]
	if w.at+1 >= len(live) {
		return a.Marked
	}
	b := live[w.at+1]
	return a.Marked + (b.Marked-a.Marked)*Bytes((t-a.At)/max(b.At-a.At, 1e-9))
}

// cycleCost is the CPU of one collection, before scale. Spans of the largest heap
// that hold a live object stay until it dies, and are gone through until then.
func (m *Model) cycleCost(marked, high Bytes) Seconds {
	if m.cost <= 0 {
		return 0
	}
	if m.base.marked <= 0 {
		return m.cost
	}
	c := (m.cost - m.fixed) * Seconds((marked+m.scan)/(m.base.marked+m.scan))
	return m.fixed + c*Seconds(m.diluted(marked, high, m.base.peak))
}

// diluted is how much more each live byte costs to mark than in the heap of the
// observed setting, for the garbage that lies around it.
func (m *Model) diluted(marked, heap, observed Bytes) float64 {
	if observed <= 0 || m.base.marked <= 0 || heap <= 0 || marked <= 0 {
		return 1
	}
	return math.Pow(float64(heap/marked)/float64(observed/m.base.marked), m.growth)
}
