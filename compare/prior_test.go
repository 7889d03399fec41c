package compare

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTrigamma(t *testing.T) {
	for x, want := range map[float64]float64{0.5: math.Pi * math.Pi / 2, 1: math.Pi * math.Pi / 6, 2: math.Pi*math.Pi/6 - 1, 10: 0.1051663356816858} {
		if got := trigamma(x); math.Abs(got-want) > 1e-9 {
			t.Errorf("trigamma(%v) = %v, want %v", x, got, want)
		}
		if got := inverseTrigamma(want); math.Abs(got-x) > 1e-6 {
			t.Errorf("inverse of %v is %v, want %v", want, got, x)
		}
	}
}

// The more alike the dispersions of functions are, the more the prior is worth.
func TestBeliefFollowsTheData(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	chi2 := func(df int) float64 {
		sum := 0.0
		for range df {
			sum += square(rng.NormFloat64())
		}
		return sum / float64(df)
	}
	draw := func(prior int) []weighted {
		var all []weighted
		for range 400 {
			v := chi2(9)
			if prior > 0 {
				v /= chi2(prior)
			}
			all = append(all, weighted{v, 1})
		}
		return all
	}
	if got := belief(draw(0), 9); got < 40 {
		t.Errorf("all alike: %v", got)
	}
	if got := belief(draw(20), 9); got < 12 || got > 36 {
		t.Errorf("20 degrees of freedom: %v", got)
	}
	if got := belief(draw(4), 9); got != leastBelief {
		t.Errorf("very different: %v", got)
	}
}

// With weights the false discovery rate stays what it is: they are one on average.
func TestWeightsAreOneOnAverage(t *testing.T) {
	n := newNames("example.com/shop")
	var all []result
	for _, name := range []string{"example.com/shop/a.F", "encoding/json.G", "net/http.H", "bytes.I", "io.J", "sort.K"} {
		all = append(all, result{id: n.number(name), Row: Row{Family: Fold}})
	}
	all = append(all, result{id: all[0].id, Row: Row{Family: Own}, control: true})
	w := (&trial{n: n}).weights(all)
	var sum float64
	for i := range all {
		if !all[i].control {
			sum += w[i]
		}
	}
	if math.Abs(sum-6) > 1e-9 || w[0] <= w[1] || w[6] != w[0] {
		t.Errorf("weights %v", w)
	}
}
