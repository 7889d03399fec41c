package compare

import (
	"math/rand/v2"
	"testing"
)

// TestSame compares a program with itself: nothing may be called changed.
func TestSame(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := mustCompare(t, side(t, rng, "a", program(), 6), side(t, rng, "b", program(), 6))
		if all := changed(r); len(all) > 0 {
			t.Errorf("seed %d: %v", seed, all)
		}
	}
}

// TestGrown puts a twentieth of all CPU time on one function.
func TestGrown(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	a, b := side(t, rng, "a", program(), 6), side(t, rng, "b", with(program(), "main.score", plus(52)), 6)
	r := mustCompare(t, a, b)
	row := find(t, r, "cpu", Own, "main.score")
	if row.Verdict != Changed || row.Class != Regression || row.Share() < 0.03 || row.Share() > 0.07 {
		t.Errorf("grown by a twentieth: %+v", row)
	}
	if first := r.Functions[0]; first.Name != "main.score" {
		t.Errorf("first is %s", first.Name)
	}
	back := find(t, mustCompare(t, b, a), "cpu", Own, "main.score")
	if back.Verdict != Changed || back.Class != Improvement {
		t.Errorf("the other way: %+v", back)
	}
}
