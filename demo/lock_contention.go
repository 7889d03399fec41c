package demo

import (
	"net/http"
	"strconv"
	"sync"
)

var lockContentionSickness = Sickness{
	Name:      "lock-contention",
	Doc:       "One mutex guards the visit statistics, and each visit computes the averages of all products while it holds it.",
	Mechanism: "lock-contention",
	Function:  symbol("(*visits).record"),
	Shows:     "mutex",
	build:     buildVisits,
}

// visits counts who looks at what, with decay.
type visits struct {
	mu     sync.Mutex
	weight []float64
	mean   float64
}

func buildVisits(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&visits{weight: make([]float64, 200_000)}).serve),
		clients: 8,
		rate:    1200,
		ask:     func(n int) request { return request{path: "/visit?product=" + strconv.Itoa(n)} },
	}, nil
}

func (v *visits) serve(_ http.ResponseWriter, r *http.Request) {
	product, _ := strconv.Atoi(r.FormValue("product"))
	v.record(product)
}

func (v *visits) record(product int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.weight[product%len(v.weight)]++
	sum := 0.0
	for i := range v.weight {
		v.weight[i] *= 0.999
		sum += v.weight[i]
	}
	v.mean = sum / float64(len(v.weight))
}
