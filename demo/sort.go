package demo

import (
	"io"
	"net/http"
	"slices"
	"sort"
)

var sortSickness = Sickness{
	Name:      "sort",
	Doc:       "The ten best-sellers are found by sorting a copy of the whole stock with sort.Slice on every request.",
	Mechanism: "sort-hot-path",
	Accept:    []string{"redundant-work", "slow-algorithm", "reflection"},
	Function:  symbol("(*ranking).top"),
	Shows:     "cpu",
	build:     buildRanking,
}

// ranking knows what sells best.
type ranking struct{ products []product }

func buildRanking(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&ranking{products: newStock(2500)}).serve),
		clients: 2,
		rate:    200,
		ask:     func(int) request { return request{path: "/top"} },
	}, nil
}

func (s *ranking) serve(w http.ResponseWriter, _ *http.Request) {
	for _, p := range s.top(10) {
		_, _ = io.WriteString(w, p.Name+"\n")
	}
}

func (s *ranking) top(n int) []product {
	best := slices.Clone(s.products)
	sort.Slice(best, func(i, j int) bool {
		if best[i].Stock != best[j].Stock {
			return best[i].Stock < best[j].Stock
		}
		return best[i].Price > best[j].Price
	})
	return best[:n]
}
