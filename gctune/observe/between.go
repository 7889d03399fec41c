package observe

import (
	"slices"
	"sort"
	"time"

	"github.com/goperf/goperf/gctune/pacer"
)

// fillLive adds the collections between two pages to a live heap that goes up and
// down: a page a second sees one in a few of them, and a burst of two seconds
// once, twice or three times. The pages tell when each collection ended and how
// much was allocated meanwhile: the next one comes after as much as the goal
// allows, which is in proportion to what this one found alive. How much that is
// in proportion is learned from the collections that were seen, and nothing is
// made larger or smaller than they were.
func (o *observer) fillLive() {
	const uneven = 1.3
	seen := o.out.Live
	sizes := make([]pacer.Bytes, len(seen))
	for i, l := range seen {
		sizes[i] = l.Marked
	}
	slices.Sort(sizes)
	n := len(sizes)
	if n < 10 || len(o.ends) < 2*n || float64(sizes[n*9/10]) < uneven*float64(sizes[n/10]) {
		return
	}
	grown := o.between()
	var factors []float64
	known := map[int]pacer.Bytes{}
	for _, l := range seen {
		if k, ok := o.endAt(l.At); ok && k < len(grown) && grown[k] > 0 {
			known[k] = l.Marked
			factors = append(factors, float64(l.Marked)/grown[k])
		}
	}
	if len(factors) < 10 {
		return
	}
	slices.Sort(factors)
	factor := factors[len(factors)/2]
	o.out.Live = nil
	for k, bytes := range grown {
		marked, ok := known[k]
		if !ok {
			marked = min(max(pacer.Bytes(bytes*factor), sizes[0]), sizes[n-1])
		}
		o.addLive(seconds(o.ends[k].Sub(o.begin)), marked)
	}
}

// between is what was allocated from the end of each collection to the end of the next.
func (o *observer) between() []float64 {
	grown := make([]float64, len(o.ends)-1)
	for k := range grown {
		grown[k] = o.allocatedBy(o.ends[k+1]) - o.allocatedBy(o.ends[k])
	}
	return grown
}

// allocatedBy is TotalAlloc at a time, between the pages around it.
func (o *observer) allocatedBy(at time.Time) float64 {
	i := sort.Search(len(o.mem), func(i int) bool { return o.mem[i].At.After(at) })
	i = min(max(i, 1), len(o.mem)-1)
	a, b := o.mem[i-1], o.mem[i]
	share := at.Sub(a.At).Seconds() / b.At.Sub(a.At).Seconds()
	return float64(a.TotalAlloc) + share*float64(b.TotalAlloc-a.TotalAlloc)
}

// endAt is the number of the collection that ended at a time of the window.
func (o *observer) endAt(at pacer.Seconds) (int, bool) {
	const same = 2 * time.Millisecond
	t := o.begin.Add(time.Duration(float64(at) * float64(time.Second)))
	k := sort.Search(len(o.ends), func(i int) bool { return o.ends[i].After(t.Add(-same)) })
	return k, k < len(o.ends) && o.ends[k].Sub(t).Abs() <= same
}
