package tcp

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/goperf/goperf/kernel"
)

// maxKept is how many values a spread keeps; beyond that every second one goes,
// and again.
const maxKept = 256

// spread is how durations are distributed.
type spread struct {
	n             int
	low, high     time.Duration
	kept          []time.Duration
	stride, until int
}

func (s *spread) add(d time.Duration) {
	if s.n == 0 || d < s.low {
		s.low = d
	}
	s.n++
	s.high = max(s.high, d)
	if s.until > 0 {
		s.until--
		return
	}
	s.stride = max(s.stride, 1)
	s.until = s.stride - 1
	if len(s.kept) == maxKept {
		half := s.kept[:0]
		for i := 0; i < maxKept; i += 2 {
			half = append(half, s.kept[i])
		}
		s.kept = half
		s.stride *= 2
	}
	s.kept = append(s.kept, d)
}

// quantile is in seconds, 0 of nothing.
func (s *spread) quantile(q float64) float64 {
	if len(s.kept) == 0 {
		return 0
	}
	if q >= 1 {
		return s.high.Seconds()
	}
	sorted := slices.Sorted(slices.Values(s.kept))
	return sorted[max(int(math.Ceil(q*float64(len(sorted))))-1, 0)].Seconds()
}

// buckets counts durations by power of two of nanoseconds.
type buckets [48]uint64

func (b *buckets) add(d time.Duration) {
	b[min(max(bits.Len64(uint64(max(d, 1)))-1, 0), len(b)-1)]++
}

// histogram is the buckets from the first to the last that hold something.
func (b *buckets) histogram(name string) (kernel.Histogram, bool) {
	first := slices.IndexFunc(b[:], func(n uint64) bool { return n > 0 })
	if first < 0 {
		return kernel.Histogram{}, false
	}
	last := len(b) - 1
	for b[last] == 0 {
		last--
	}
	h := kernel.Histogram{Name: name, Unit: "s", Counts: slices.Clone(b[first : last+1])}
	for i := first; i <= last+1; i++ {
		h.Bounds = append(h.Bounds, float64(uint64(1)<<i)/1e9)
	}
	return h, true
}
