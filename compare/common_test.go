package compare

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCommonMode says what the total has grown by, as functions tell that did not
// change, though one did and the machine was another each time.
func TestCommonMode(t *testing.T) {
	var whole float64
	for _, s := range program() {
		whole += s.value
	}
	for _, more := range []float64{0, 300} {
		const times = 8
		missed, mean, half := 0, 0.0, 0.0
		for seed := range uint64(times) {
			rng := rand.New(rand.NewPCG(seed, 11))
			r := mustCompare(t, side(t, rng, "a", program(), 5), side(t, rng, "b", with(program(), "main.score", plus(more)), 5))
			n := r.Noise[0]
			mean += n.Grown / times
			half += (n.GrownHigh - n.GrownLow) / 2 / times
			if n.GrownLow > more/whole || n.GrownHigh < more/whole {
				missed++
			}
		}
		if missed > 1 || math.Abs(mean-more/whole) > 0.01 {
			t.Errorf("+%.3f is said to be %.3f ± %.3f; %d of %d intervals miss it", more/whole, mean, half, missed, times)
		}
	}
}
