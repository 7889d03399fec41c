package pacer

import (
	"math"
	"slices"
)

// Model is an observation with the constants that make the pacer's arithmetic
// give what was observed.
type Model struct {
	obs   Observation
	live  []Live // true live heap: without what was allocated while marking
	all   []Live // the same with the process's start, where that was seen
	scan  Bytes  // stacks and globals
	alloc Rate

	markAlloc float64 // d: allocated while marking, per byte scanned
	runway    float64 // R per byte scanned; see early when there were no marks
	early     float64 // R-D per byte scanned
	marks     bool    // markAlloc and runway were seen
	hidden    bool    // the runway is longer than what was seen

	stretch float64 // bytes between collections, real over simulated
	cost    Seconds // CPU of one collection at the observed setting
	fixed   Seconds // of it, whatever the heap
	exact   bool    // cost comes from a CPU profile

	growth   float64 // γ: the exponent with which cost grows with the heap
	growthSD float64
	slope    float64 // ω: relative change of the allocation rate per unit of ln f
	second   *Model  // of an observation at another setting, nil without one

	base outcome // the observed setting, simulated
	peak Bytes   // of the heap at the observed setting, the process's start included
}

const (
	// goalHeadroom is what the limit's goal leaves free (memoryLimitHeapGoalHeadroomPercent).
	goalHeadroom = 0.03
	// leastHeap is the heap goal's floor at GOGC=100 (defaultHeapMinimum).
	leastHeap = 4 * MiB
	// minTrigger and maxTrigger bound the trigger as a share of the way to the goal.
	minTrigger, maxTrigger = 0.70, 0.95
	// fixedCost is the CPU of a collection of nothing.
	fixedCost Seconds = 0.45e-3
	// hiddenCost is CPU that each collection costs the program outside of the
	// collector: refilled caches, wake-ups, a colder allocator.
	hiddenCost Seconds = 0.5e-3
	// periodic is how often a collection comes at least (forcegcperiod).
	periodic Seconds = 120
	// tinyGoal is where heaps are too small for the model: spans of caches and fixed costs rule.
	tinyGoal = 16 * MiB
	// maxLive is how many collections are gone through; of a longer log, the last.
	maxLive = 3000
	// usualGrowth is γ where it was not measured: 0 where a static heap lies apart
	// from short-lived garbage, up to 0.5 where live objects that are replaced at
	// random lie among it (Green Tea scans whole spans).
	usualGrowth = 0.2
	// inferredGrowth is how far off γ is that was inferred from the spans.
	inferredGrowth = 0.15
	spanSize       = 8 * KiB
	// spanCost is the CPU of marking that comes with a span, whatever is live in
	// it: with it the cost of collections of cache-like, pointer-heavy and
	// queue-like heaps grows as it was seen to, from GOGC=50 to 400.
	spanCost Seconds = 0.7e-6
	// least is the smallest amount of heap that is told from nothing.
	least Bytes = 64 << 10
)

// Fit makes a model of an observation.
func Fit(o Observation) (*Model, error) {
	if len(o.Live) == 0 {
		return nil, errNoLive()
	}
	if o.Alloc <= 0 || o.Cadence.Every <= 0 || o.Window <= 0 {
		return nil, errNoRate()
	}
	if o.Memory.Inuse < 1 {
		o.Memory.Inuse = 1
	}
	m := &Model{obs: o, scan: o.Scan.Bytes, alloc: o.Alloc, stretch: 1, fixed: fixedCost, growth: usualGrowth, growthSD: 0.2}
	m.fitMarks()
	m.fitLive()
	m.fitCost()
	if !m.marks {
		m.fitEarly()
	}
	m.calibrate()
	if m.fitGrowth() {
		m.calibrate()
	}
	return m, nil
}

// fitGrowth infers how the cost of a collection grows with the heap from how live
// objects lie in it. Marking goes from span to span (Green Tea, golang/go#73581),
// and a span that holds one live object costs its share like a full one: where
// garbage leaves spans in use, more of it makes more spans. How much of the cost
// is the spans' depends on how large the objects are: many small ones cost more
// than their spans do.
func (m *Model) fitGrowth() bool {
	o := m.obs.Memory
	if o.Spread <= 0 || !m.exact || m.cost <= 0 || m.base.marked <= 0 {
		return false
	}
	garbage := max(m.base.peak-m.base.marked, 0)
	spans := m.base.marked + Bytes(o.Spread)*garbage
	share := min(float64(spans/spanSize)*float64(spanCost)/float64(m.cost), 0.9)
	m.growth = clamp(share*o.Spread*float64(m.base.peak/spans), 0, 0.6)
	m.growthSD = inferredGrowth
	return true
}

// fitMarks learns from whole cycles how much is allocated while marking, and
// how long before the goal it begins.
func (m *Model) fitMarks() {
	var ds, runways []float64
	clamped := 0
	for _, c := range m.obs.Marks {
		allocated := max(c.HeapEnd-c.HeapStart, 0)
		scanned := max(c.Marked-allocated+m.scan, MiB)
		ds = append(ds, float64(allocated/scanned))
		if gap := c.Goal - c.Before; c.Before > 0 && gap > least {
			runways = append(runways, float64(max(c.Goal-c.HeapStart, 0)/(c.Marked+m.scan)))
			if (c.HeapStart-c.Before)/gap < minTrigger+0.015 {
				clamped++
			}
		}
	}
	if len(ds) == 0 || len(runways) == 0 {
		return
	}
	m.marks = true
	m.markAlloc, m.runway = mean(ds), mean(runways)
	// Where it hides behind the clamp it is at least that long. The pacer's own
	// formula would say more, were its clocks not exaggerated by contention: runs
	// at other settings are nearer to the least.
	m.hidden = clamped*2 > len(runways)
}

// fitLive takes off what was allocated while marking, which counts as live.
func (m *Model) fitLive() {
	for _, l := range m.obs.Live[max(len(m.obs.Live)-maxLive, 0):] {
		live := (l.Marked - Bytes(m.markAlloc)*m.scan) / Bytes(1+m.markAlloc)
		m.all = append(m.all, Live{l.At, max(live, least)})
	}
	m.live = settled(m.all)
}

// settled leaves out a larger heap at the beginning that did not come again: a
// preload, or what a process reads when it starts. Bursts come again.
func settled(live []Live) []Live {
	const larger = 1.15
	first := len(live) / 6
	if first == 0 || len(live) < 10 {
		return live
	}
	var rest Bytes
	for _, l := range live[first:] {
		rest = max(rest, l.Marked)
	}
	for i := first - 1; i >= 0; i-- {
		if live[i].Marked > larger*rest {
			return live[i+1:]
		}
	}
	return live
}

func (m *Model) fitCost() {
	u := m.obs.CPU
	if u.GC <= 0 || m.obs.Cadence.Every <= 0 {
		return
	}
	m.exact = u.Samples > 0
	m.cost = Seconds(float64(u.GC) / float64(m.obs.Cadence.Every+m.obs.Cadence.Forced))
	m.fixed = min(fixedCost, m.cost/2)
}

// fitEarly learns from the cadence alone how much earlier than at the goal a
// cycle ends.
func (m *Model) fitEarly() {
	between := Bytes(float64(m.alloc) / float64(m.obs.Cadence.Every))
	var gaps, scans Bytes
	for _, l := range m.obs.Live {
		goal, _ := m.goal(m.obs.Setting, l.Marked)
		gaps += goal - l.Marked
		scans += l.Marked + m.scan
	}
	n := Bytes(len(m.obs.Live))
	m.early = max(float64((gaps/n-between)/(scans/n)), 0)
}

// calibrate makes the observed setting come out as observed.
func (m *Model) calibrate() {
	want := float64(m.obs.Cadence.Every)
	for range 6 {
		m.base = m.run(m.obs.Setting)
		f := m.base.cycles / float64(m.base.time)
		m.stretch = clamp(m.stretch*f/want, 0.7, 1.4)
	}
	m.alloc = max(m.alloc-m.obs.Own, m.alloc/4)
	m.base = m.run(m.obs.Setting)
	m.peak = m.base.peak
	if len(m.live) < len(m.all) {
		whole := *m
		whole.live = m.all
		m.peak = whole.run(m.obs.Setting).peak
	}
	if m.base.work > 0 && m.cost > 0 {
		m.base.scale = m.cost * Seconds(m.base.cycles) / m.base.work
	}
}

func mean[T ~float64](xs []T) T {
	var sum T
	for _, x := range xs {
		sum += x
	}
	return sum / T(max(len(xs), 1))
}

// quantile is the value at q of the sorted values, between neighbours.
func quantile[T ~float64](xs []T, q float64) T {
	if len(xs) == 0 {
		return 0
	}
	s := slices.Clone(xs)
	slices.Sort(s)
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (s[i+1]-s[i])*T(at-float64(i))
}

// Early is ρ: how far on the way from the live heap to the goal a cycle ends at
// the observed setting, 0..1.
func (m *Model) Early() float64 {
	var gap Bytes
	for _, l := range m.obs.Live {
		goal, _ := m.goal(m.obs.Setting, l.Marked)
		gap += (goal - l.Marked) / Bytes(len(m.obs.Live))
	}
	if gap <= 0 || math.IsInf(float64(gap), 1) {
		return 0
	}
	return clamp(float64(m.obs.Alloc)/float64(m.obs.Cadence.Every)/float64(gap), 0, 1)
}
