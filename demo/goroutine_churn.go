package demo

import (
	"net/http"
	"strconv"
	"sync"
)

var goroutineChurnSickness = Sickness{
	Name:      "goroutine-churn",
	Doc:       "Taxes are computed with one goroutine per article, each of which lives for a few nanoseconds of work.",
	Mechanism: "goroutine-churn",
	Accept:    []string{"goroutine-handoff", "scheduler-delay", "lock-contention"},
	Function:  symbol("(*taxes).total"),
	Shows:     "cpu",
	build:     buildTaxes,
}

// taxes adds the tax of all articles.
type taxes struct{ products []product }

func buildTaxes(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&taxes{products: newStock(1500)}).serve),
		clients: 1,
		rate:    300,
		ask:     func(n int) request { return request{path: "/tax?percent=" + strconv.Itoa(7+n%2*12)} },
	}, nil
}

func (t *taxes) serve(w http.ResponseWriter, r *http.Request) {
	percent, _ := strconv.Atoi(r.FormValue("percent"))
	_, _ = w.Write(strconv.AppendInt(nil, int64(t.total(percent)), 10))
}

func (t *taxes) total(percent int) (sum int) {
	tax := make([]int, len(t.products))
	var wg sync.WaitGroup
	for i, p := range t.products {
		wg.Go(func() { tax[i] = p.Price * percent / 100 })
	}
	wg.Wait()
	for _, cents := range tax {
		sum += cents
	}
	return sum
}
