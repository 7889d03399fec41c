package demo

import (
	"net/http"
	"strconv"
)

var mapGrowthSickness = Sickness{
	Name:      "map-growth",
	Doc:       "Sales are counted into a fresh map without a size for each request: the map is rehashed a dozen times on its way to thousands of keys.",
	Mechanism: "map-growth",
	Accept:    []string{"map-build-per-call"},
	Function:  symbol("(*sales).byProduct"),
	Shows:     "cpu",
	build:     buildSales,
}

// sales are the ids of the products sold today, in order of time.
type sales struct{ sold []int }

func buildSales(*host) (*app, error) {
	s := &sales{sold: make([]int, 9000)}
	for i := range s.sold {
		s.sold[i] = i * 7919 % 8000
	}
	return &app{
		handler: http.HandlerFunc(s.serve),
		clients: 2,
		rate:    250,
		ask:     func(n int) request { return request{path: "/sales?product=" + strconv.Itoa(n%8000)} },
	}, nil
}

func (s *sales) serve(w http.ResponseWriter, r *http.Request) {
	product, _ := strconv.Atoi(r.FormValue("product"))
	_, _ = w.Write(strconv.AppendInt(nil, int64(s.byProduct()[product]), 10))
}

func (s *sales) byProduct() map[int]int {
	count := make(map[int]int)
	for _, id := range s.sold {
		count[id]++
	}
	return count
}
