package rules

import "testing"

// What waiters were measured to wait stands before what the mutex profile
// estimates of them, where both are of one function.
func TestMeasuredWaitsSettleAnEstimate(t *testing.T) {
	for name, c := range map[string]struct{ mutex, block, trace, want float64 }{
		"four workers on one lock": {4, 3, 2.98, 3},
		"waiters elsewhere":        {4, 0.5, 0.4, 4},
		"no other measurement":     {4, 0, 0, 4},
		"measured more":            {2, 3, 0, 3},
	} {
		var l contended
		for source, wait := range map[string]float64{"mutex": c.mutex, "block": c.block, "trace": c.trace} {
			if wait > 0 {
				l.add(source, wait, 100)
			}
		}
		if l.settle(); l.wait != c.want {
			t.Errorf("%s: %g s/s, want %g", name, l.wait, c.want)
		}
	}
}
