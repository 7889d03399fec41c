package evidence

import (
	"math"

	"github.com/goperf/goperf/profile"
)

// HeapError is the relative standard error of bytes in heap profiles, from the
// bytes and objects that they show. An object of s bytes is sampled with
// probability p = 1 - exp(-s/rate) and counted 1/p times
// (runtime/pprof.scaleHeapSample): k sampled objects give sqrt((1-p)/k). It is 1
// when nothing is known.
func HeapError(ps []*profile.Profile, bytes, objects int64) float64 {
	if bytes <= 0 || objects <= 0 {
		return 1
	}
	prob := -math.Expm1(-float64(bytes) / float64(objects) / heapRate(ps))
	return math.Sqrt((1 - prob) / (float64(objects) * prob))
}

// heapRate is runtime.MemProfileRate as heap profiles state it, B.
func heapRate(ps []*profile.Profile) float64 {
	const usual = 512 << 10
	for _, p := range ps {
		if p.PeriodType.Type == "space" && p.Period > 0 {
			return float64(p.Period)
		}
	}
	return usual
}
