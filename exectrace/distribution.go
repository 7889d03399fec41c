package exectrace

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"
)

// subBuckets is the number of buckets per power of two: values are told apart
// to 1/32, so that the middle of a bucket is off by at most 1/64.
const (
	subBits    = 5
	subBuckets = 1 << subBits
)

// histogram counts durations in buckets of equal relative width.
type histogram struct {
	counts map[int]int64
	count  int64
	total  time.Duration
	max    time.Duration
}

func (h *histogram) add(d time.Duration) {
	if h.counts == nil {
		h.counts = map[int]int64{}
	}
	h.counts[bucket(d)]++
	h.count++
	h.total += d
	h.max = max(h.max, d)
}

func bucket(d time.Duration) int {
	v := uint64(max(0, d))
	if v < subBuckets {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return (shift+1)<<subBits + int(v>>shift) - subBuckets
}

// middle is the value in the middle of a bucket.
func middle(b int) time.Duration {
	if b < subBuckets {
		return time.Duration(b)
	}
	shift := b>>subBits - 1
	low := uint64(b&(subBuckets-1)+subBuckets) << shift
	return time.Duration(low + (1<<shift-1)/2)
}

func (h *histogram) distribution() Distribution {
	d := Distribution{Count: h.count, Max: h.max, Total: h.total}
	buckets := make([]int, 0, len(h.counts))
	for b := range h.counts {
		buckets = append(buckets, b)
	}
	slices.Sort(buckets)
	d.P50 = h.quantile(buckets, 50)
	d.P90 = h.quantile(buckets, 90)
	d.P99 = h.quantile(buckets, 99)
	return d
}

// quantile is the smallest value that at least percent of all are not above.
func (h *histogram) quantile(buckets []int, percent int64) time.Duration {
	rank := (h.count*percent + 99) / 100
	var seen int64
	for _, b := range buckets {
		seen += h.counts[b]
		if seen >= rank {
			return min(middle(b), h.max)
		}
	}
	return h.max
}

// Lengths counts durations between 1 µs, 2 µs, 5 µs, 10 µs and so on: the first
// element those below 1 µs, the last one those from 10 s on.
type Lengths [len(lengthBounds) + 1]int64

// lengthBounds are where the elements of Lengths meet.
var lengthBounds = [...]time.Duration{
	1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8, 2e8, 5e8, 1e9, 2e9, 5e9, 1e10,
}

// LengthBounds are the ends between which the elements of [Lengths] count: one
// more than there are elements. The last stands for no end.
func LengthBounds() []time.Duration {
	return append(append([]time.Duration{0}, lengthBounds[:]...), math.MaxInt64)
}

func (l *Lengths) add(d time.Duration) {
	i, at := slices.BinarySearch(lengthBounds[:], d)
	if at {
		i++ // a bound belongs to what begins there
	}
	l[i]++
}

// longest keeps the 100 longest of what it is given.
type longest[T any] struct {
	items []timed[T]
	least time.Duration // of items when full
}

type timed[T any] struct {
	took time.Duration
	item T
}

const keepLongest = 100

func (l *longest[T]) add(took time.Duration, make func() T) {
	if len(l.items) >= 2*keepLongest {
		l.shrink()
	}
	if took > l.least || len(l.items) < keepLongest {
		l.items = append(l.items, timed[T]{took, make()})
	}
}

func (l *longest[T]) shrink() {
	slices.SortStableFunc(l.items, func(a, b timed[T]) int { return cmp.Compare(b.took, a.took) })
	if len(l.items) > keepLongest {
		clear(l.items[keepLongest:])
		l.items = l.items[:keepLongest]
		l.least = l.items[keepLongest-1].took
	}
}

func (l *longest[T]) descending() []T {
	l.shrink()
	var out []T
	for _, t := range l.items {
		out = append(out, t.item)
	}
	return out
}
