package pacer

import (
	"math"
	"testing"
)

// What two observations say of a setting is what the nearer one says, most of it.
func TestTheNearerObservationCounts(t *testing.T) {
	const off = 1.1 // at GOGC=200, of what the first observation would have
	p := processes["steady"]
	alone := fit(t, p.observe(100, 0, 120))
	second := p.observe(200, 0, 120)
	second.Cadence.Every *= off
	m := fit(t, p.observe(100, 0, 120))
	if !m.Second(second) {
		t.Fatal("the second observation adds nothing")
	}
	for _, c := range []struct {
		gogc      Percent
		low, high float64 // share of what the second is off by
	}{{50, 0, 0.35}, {150, 0.3, 0.7}, {200, 0.7, 1}, {400, 0.6, 1}} {
		got := float64(m.Predict(Setting{c.gogc, 0}).Cycles.Mid / alone.Predict(Setting{c.gogc, 0}).Cycles.Mid)
		if share := math.Log(got) / math.Log(off); share < c.low || share > c.high {
			t.Errorf("GOGC=%v: %.2f of what the second is off by, want %v to %v", c.gogc, share, c.low, c.high)
		}
	}
	few := p.observe(200, 0, 120)
	few.Cadence.Count = 3
	n := fit(t, p.observe(100, 0, 120))
	if !n.Second(few) || n.weight(float64(few.Cadence.Every), (*Model).counted) <= m.weight(float64(second.Cadence.Every), (*Model).counted) {
		t.Error("three collections count as much as many")
	}
}

// A weight is one: between 0 and 1 wherever the setting, and the larger the nearer.
func TestWeightsAreMonotonic(t *testing.T) {
	p := processes["steady"]
	m := fit(t, p.observe(100, 0, 60))
	if !m.Second(p.observe(200, 0, 60)) {
		t.Fatal("the second observation adds nothing")
	}
	last := 0.0
	for f := 0.01; f < 100; f *= 1.1 { // from GOGC far above both to far below
		w := m.weight(f, (*Model).counted)
		if w <= 0 || w >= 1 || w < last-1e-9 {
			t.Errorf("%v/s: %v after %v", f, w, last)
		}
		last = w
	}
}
