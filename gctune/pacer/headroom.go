package pacer

import (
	"fmt"
	"math"
)

// Worst is the live heap that a setting has to bear: the largest that was seen,
// and beyond it half of what it rose above the median, for there was not much
// time to see a larger one. A burst of so many times is so many times the
// largest, whether it varied or not.
func (m *Model) Worst(burst float64) Bytes {
	top, median := m.seen()
	const half = 0.5
	return max(top+Bytes(half*burst)*(top-median), Bytes(burst)*top) * Bytes(1+m.markAlloc)
}

// seen is the largest live heap and the median one.
func (m *Model) seen() (top, median Bytes) {
	var ms []Bytes
	for _, l := range m.all {
		ms = append(ms, l.Marked)
	}
	return quantile(ms, 1), quantile(ms, 0.5)
}

// spare is the live heap at which a setting must not thrash yet: Worst, and what
// a look as short as this one cannot know of. A heap that did not vary in 45 s
// says nothing of its next hour.
func (m *Model) spare(burst float64) Bytes {
	top, _ := m.seen()
	return max(m.Worst(burst), top*Bytes(1+unseen(m.obs.Window))*Bytes(1+m.markAlloc))
}

// unseen is how much larger than in the window a live heap is taken to become: a
// quarter where a minute was seen, nothing where a day was, which has shown what
// a day brings. Each doubling of the window, in which as many larger heaps were
// to be seen as in all of it before, counts the same.
func unseen(window Seconds) float64 {
	const (
		most        = 0.25
		short, long = 60, 24 * 3600
	)
	return most * clamp(math.Log(long/max(float64(window), 1))/math.Log(long/short), 0, 1)
}

// doubt is the risk of thrashing in what was not seen, "" when there is none.
func (m *Model) doubt(s Setting, burst float64) string {
	spare := m.spare(burst)
	e := m.EffectiveAt(s, spare)
	if s.Limit <= 0 || e >= thrashing {
		return ""
	}
	return fmt.Sprintf("thrash risk: at a live heap of %s, %s, the limit amounts to GOGC=%.0f and the collector would take the CPU",
		size(spare), m.than(spare), max(float64(e), 0))
}

// than puts a live heap beside the largest that was seen.
func (m *Model) than(live Bytes) string {
	top, _ := m.seen()
	return fmt.Sprintf("%.0f %% more than in the %s that were seen", 100*(float64(live/(top*Bytes(1+m.markAlloc)))-1), length(m.obs.Window))
}

// length is a time in a sentence.
func length(s Seconds) string {
	switch {
	case s >= 2*3600:
		return fmt.Sprintf("%.0f hours", s/3600)
	case s >= 120:
		return fmt.Sprintf("%.0f minutes", s/60)
	}
	return fmt.Sprintf("%.0f seconds", s)
}

// safety is what is kept free of a container: a twentieth, by which a busy
// runtime passes its limit for a moment, and 4 MiB that the kernel charges and
// the runtime does not know of (page tables, stacks of threads, sockets). Up to
// 320 MiB that is 16 MiB at most, and from there the twentieth alone.
func safety(container Bytes) Bytes {
	share := 0.05 * container
	return max(share, min(share+4*MiB, 16*MiB))
}
