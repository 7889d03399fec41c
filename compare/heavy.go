package compare

import "math"

// waits compares functions whose values have heavy tails: the time that
// goroutines waited. Runs are compared by the logarithm of their values, and
// what one run varies by is expected to be large, because profiles do not tell.
//
// A wait is a change only when it is also one in absolute terms: least is added
// to all values, so that twice almost nothing is nothing.
func (t *trial) waits(f Family, id int32) estimate {
	const prior, belief = 0.25, 6 // a third of the runs are off by more than 1.6 times
	least := t.least()
	e := estimate{before: t.mean(0, f, id), after: t.mean(1, f, id)}
	var logs [2][]float64
	var sum [2]float64
	var variance float64
	for s := range t.sides {
		for i := range t.sides[s] {
			l := math.Log(t.value(s, i, f, id) + least)
			logs[s] = append(logs[s], l)
			sum[s] += l
		}
		sum[s] /= float64(len(logs[s]))
	}
	for s := range logs {
		for _, l := range logs[s] {
			variance += square(l - sum[s])
		}
		e.df += float64(len(logs[s]) - 1)
		if n := t.raw(s, f, id); n > 0 {
			e.fano += 1 / n
		}
	}
	v := (belief*prior + variance) / (belief + e.df)
	e.phi, e.total = v/prior, belief+e.df
	e.delta = sum[1] - sum[0]
	e.se = math.Sqrt(v*(1/float64(len(logs[0]))+1/float64(len(logs[1]))) + e.fano)
	return e
}

// least is a wait that nobody minds, in the unit of means: a hundredth of all
// waits, and half a millisecond in each second.
func (t *trial) least() float64 {
	return 0.01*math.Max(t.whole(), over(t.sum[1].total.value, t.sum[1].exposure)) + t.trifle()
}

// trifle is an absolute floor, known where values are rates of time.
func (t *trial) trifle() float64 {
	if t.per == "s" {
		return 0.5e-3
	}
	return 0
}

// waitFloor is the log ratio that a wait must have changed by.
const waitFloor = 0.2231435513142098 // log 1.25
