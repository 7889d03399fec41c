package trend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// history is levels of so many values each, with noise of a spread.
func history(rng *rand.Rand, spread float64, levels ...[2]float64) []float64 {
	var out []float64
	for _, l := range levels {
		for range int(l[0]) {
			out = append(out, l[1]*(1+spread*rng.NormFloat64()))
		}
	}
	return out
}

func cuts(changes []Change) []int {
	var out []int
	for _, c := range changes {
		out = append(out, c.At)
	}
	return out
}

func TestChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, test := range []struct {
		name   string
		values []float64
		want   []int
	}{
		{"nothing", nil, nil},
		{"one", []float64{1}, nil},
		{"constant", history(rng, 0, [2]float64{20, 5}), nil},
		{"a step without noise", history(rng, 0, [2]float64{10, 5}, [2]float64{10, 6}), []int{10}},
		{"a step", history(rng, 0.02, [2]float64{20, 5}, [2]float64{20, 6}), []int{20}},
		{"up and back", history(rng, 0.01, [2]float64{15, 5}, [2]float64{10, 6}, [2]float64{15, 5}), []int{15, 25}},
		{"a stair", history(rng, 0.01, [2]float64{12, 5}, [2]float64{12, 6}, [2]float64{12, 7}), []int{12, 24}},
		{"one outlier", history(rng, 0.01, [2]float64{15, 5}, [2]float64{1, 50}, [2]float64{15, 5}), nil},
		{"too small for a word", history(rng, 0.0001, [2]float64{20, 5}, [2]float64{20, 5.02}), nil},
		{"from nothing", history(rng, 0, [2]float64{8, 0}, [2]float64{8, 3}), []int{8}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := cuts(Changes(test.values))
			near := len(got) == len(test.want)
			for i := range got {
				near = near && math.Abs(float64(got[i]-test.want[i])) <= 1
			}
			if !near {
				t.Errorf("changes at %v, want %v", got, test.want)
			}
		})
	}
}

// Of histories in which nothing changed hardly any has a change, although each
// is searched at many places.
func TestNoiseIsNoChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, n := range []int{8, 20, 60} {
		wrong := 0
		for range 500 {
			if len(Changes(history(rng, 0.05, [2]float64{float64(n), 100}))) > 0 {
				wrong++
			}
		}
		if wrong > 5 {
			t.Errorf("%d of 500 histories of %d values without a change have one", wrong, n)
		}
	}
}

// A change of 2.7 times the noise is found in fifteen builds on each side.
func TestPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	found := 0
	for range 200 {
		if got := Changes(history(rng, 0.03, [2]float64{15, 100}, [2]float64{15, 108})); len(got) == 1 && got[0].At >= 13 && got[0].At <= 17 {
			found++
		}
	}
	if found < 180 {
		t.Errorf("found %d of 200", found)
	}
}

// q by its definition.
func TestEnergyIsTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	values := history(rng, 1, [2]float64{12, 3})
	e := newEnergy(values)
	distances := func(a, b []float64, pairs bool) float64 {
		sum, n := 0.0, 0.0
		for i, x := range a {
			for j, y := range b {
				if !pairs || i < j {
					sum, n = sum+math.Abs(x-y), n+1
				}
			}
		}
		return sum / n
	}
	for _, c := range [][3]int{{0, 4, 12}, {2, 5, 9}, {3, 9, 12}} {
		a, b := values[c[0]:c[1]], values[c[1]:c[2]]
		n, m := float64(len(a)), float64(len(b))
		want := n * m / (n + m) * (2*distances(a, b, false) - distances(a, a, true) - distances(b, b, true))
		if got := e.q(c[0], c[1], c[2]); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v: %v, want %v", c, got, want)
		}
	}
}

// Of a history that is too long the newest part is looked at.
func TestLongHistories(t *testing.T) {
	values := slices.Concat(slices.Repeat([]float64{1}, 300), slices.Repeat([]float64{2}, 900), slices.Repeat([]float64{3}, 50))
	if got := fmt.Sprint(cuts(Changes(values))); got != "[300 1200]" {
		t.Error(got)
	}
}

func ExampleSeries_First() {
	s := Series{Metric: "cpu", Subject: "main.score", Unit: "s/op", Points: []Point{{0, 0.001}, {1, 0.0011}, {2, 0.0019}}}
	fmt.Println(s.First(0.0015), s.First(1))
	// Output: 2 -1
}
