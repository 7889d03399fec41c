package rules

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// TestHeapError: sampling as the runtime does it, many times over; the interval
// holds the truth about as often as it says.
func TestHeapError(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	sampled := []*profile.Profile{{PeriodType: profile.ValueType{Type: "space", Unit: "bytes"}, Period: 512 << 10}}
	for _, c := range []struct {
		size, objects int
	}{{64, 400_000}, {4096, 8_000}, {100_000, 300}, {2 << 20, 40}} {
		const rate, runs = 512 << 10, 400
		truth := float64(c.size * c.objects)
		prob := -math.Expm1(-float64(c.size) / rate)
		held := 0
		for range runs {
			k := 0
			if float64(c.objects)*prob > 100 || c.objects < 10_000 {
				for range c.objects {
					if rnd.Float64() < prob {
						k++
					}
				}
			} else {
				k = poisson(rnd, float64(c.objects)*prob)
			}
			objects := float64(k) / prob
			bytes := objects * float64(c.size)
			e := evidence.HeapError(sampled, int64(bytes), int64(objects))
			if math.Abs(bytes-truth) <= z95*e*bytes+float64(c.size) {
				held++
			}
		}
		if share := float64(held) / runs; share < 0.90 {
			t.Errorf("%d objects of %d B: the interval holds the truth in %.0f %%", c.objects, c.size, share*100)
		}
	}
	if evidence.HeapError(sampled, 0, 0) != 1 || evidence.HeapError(sampled, 1<<20, -3) != 1 {
		t.Error("nothing known is not nothing doubtful")
	}
}

func poisson(rnd *rand.Rand, mean float64) int {
	k, p := 0, rnd.Float64()
	for limit := math.Exp(-mean); p > limit; k++ {
		p *= rnd.Float64()
	}
	return k
}

// TestWaitError: sums of waits with an exponential spread whose number is chance.
func TestWaitError(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, mean := range []float64{30, 200} {
		held := 0
		const runs = 400
		for range runs {
			n, sum := poisson(rnd, mean), 0.0
			for range n {
				sum += rnd.ExpFloat64()
			}
			if math.Abs(sum-mean) <= z95*waitError(float64(n))*sum {
				held++
			}
		}
		if share := float64(held) / runs; share < 0.90 {
			t.Errorf("%g waits: the interval holds the truth in %.0f %%", mean, share*100)
		}
	}
}

func TestGCD(t *testing.T) {
	for _, c := range [][3]int64{{0, 30, 30}, {30, 100, 10}, {7, 3, 1}} {
		if got := gcd(c[0], c[1]); got != c[2] {
			t.Errorf("gcd(%d, %d) = %d", c[0], c[1], got)
		}
	}
}
