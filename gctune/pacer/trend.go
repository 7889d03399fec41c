package pacer

import (
	"fmt"
	"math"
)

// Trend is where the live heap and the load were going while they were observed.
type Trend struct {
	Slope   Rate    // of the live heap
	Growth  float64 // over the window, relative to the mean; 0 when there is no trend
	Load    float64 // allocation rate of the window's second half over its first, 1 = steady
	Leaking bool    // the live heap grows all the time
}

const (
	leastDrift = 4 * MiB // less is a pool or a cache that fills, however small the heap
	drifting   = 0.10    // growth of the live heap over the window that is no steady state
	loadShift  = 0.30
)

// Unsteady says whether there was no steady state.
func (t Trend) Unsteady() bool {
	return math.Abs(t.Growth) > drifting || t.Load > 1+loadShift || t.Load < 1/(1+loadShift)
}

// Why says what was not steady.
func (t Trend) Why() string {
	switch {
	case t.Growth > drifting:
		return fmt.Sprintf("the live heap grew by %.0f %% while it was observed", 100*t.Growth)
	case t.Growth < -drifting:
		return fmt.Sprintf("the live heap shrank by %.0f %% while it was observed", -100*t.Growth)
	case t.Unsteady():
		return fmt.Sprintf("the allocation rate changed by %+.0f %% from the first half of the window to the second", 100*(t.Load-1))
	}
	return ""
}

// Trend looks for a direction in the observed live heap. A heap that goes up
// and down has none, however far it goes.
func (m *Model) Trend() Trend {
	t := Trend{Load: 1}
	if n := len(m.obs.Steady); n >= 8 {
		first, second := mean(m.obs.Steady[:n/2]), mean(m.obs.Steady[n/2:])
		// What differs by less than its own scatter is no shift.
		noise := deviation(m.obs.Steady) / Rate(math.Sqrt(float64(n)/4))
		if first > 0 && Rate(math.Abs(float64(second-first))) > 2*noise {
			t.Load = float64(second / first)
		}
	}
	n := len(m.obs.Live)
	if n < 5 {
		return t
	}
	var ts []Seconds
	var ms []Bytes
	for _, l := range m.obs.Live {
		ts, ms = append(ts, l.At), append(ms, l.Marked)
	}
	slope, explained := line(ts, ms)
	length := ts[n-1] - ts[0]
	if explained < 0.5 || math.Abs(float64(slope)*float64(length)) < float64(leastDrift) {
		return t
	}
	t.Slope = slope
	t.Growth = float64(slope) * float64(length) / float64(mean(ms))
	t.Leaking = t.Growth > drifting && explained > 0.7
	return t
}

// line is the slope of the least squares line, and the share of the variance
// that it explains.
func line(ts []Seconds, ms []Bytes) (slope Rate, explained float64) {
	mt, mm := mean(ts), mean(ms)
	var tt, tm, vv float64
	for i := range ts {
		dt, dm := float64(ts[i]-mt), float64(ms[i]-mm)
		tt += dt * dt
		tm += dt * dm
		vv += dm * dm
	}
	if tt == 0 || vv == 0 {
		return 0, 0
	}
	return Rate(tm / tt), tm * tm / (tt * vv)
}

func deviation[T ~float64](xs []T) T {
	m := mean(xs)
	var sum float64
	for _, x := range xs {
		sum += float64(x-m) * float64(x-m)
	}
	return T(math.Sqrt(sum / float64(max(len(xs)-1, 1))))
}
