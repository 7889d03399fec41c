package pacer

import "math"

// Quantities of the model. They are types of their own so that one is not taken
// for another; converting between them is always written out.
type (
	// Bytes is an amount of memory.
	Bytes float64
	// Seconds is a length of time, of the wall or of a CPU.
	Seconds float64
	// Rate is memory over time, B/s.
	Rate float64
	// Cores is CPU time over wall time.
	Cores float64
	// Frequency is how often something happens, 1/s.
	Frequency float64
	// Percent is GOGC: the heap may grow by so many hundredths of what is scanned.
	Percent float64
)

// KiB and MiB are 2^10 and 2^20 bytes.
const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
)

// Off is GOGC=off: nothing but the memory limit starts a collection.
const Off Percent = -1

// Band is an estimate with its 90 % interval. A measured value has Low = Mid = High.
type Band[T ~float64] struct{ Low, Mid, High T }

// exactly is a band of one value.
func exactly[T ~float64](v T) Band[T] { return Band[T]{v, v, v} }

// within is a band around v whose logarithm has the standard deviation sd.
func within[T ~float64](v T, sd float64) Band[T] {
	f := T(math.Exp(z90 * sd))
	return Band[T]{v / f, v, v * f}
}

// z90 is how many standard deviations hold 90 % on both sides.
const z90 = 1.645

// spread joins independent relative deviations.
func spread(sds ...float64) float64 {
	var sum float64
	for _, sd := range sds {
		sum += sd * sd
	}
	return math.Sqrt(sum)
}

func clamp[T ~float64](v, low, high T) T { return max(low, min(v, high)) }
