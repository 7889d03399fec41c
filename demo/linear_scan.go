package demo

import (
	"io"
	"net/http"
	"strings"
)

var linearScanSickness = Sickness{
	Name:      "linear-scan",
	Doc:       "Each line of an order looks for its product from the first to the last one instead of in a map.",
	Mechanism: "linear-scan",
	Accept:    []string{"quadratic", "data-structure", "slow-algorithm", "algorithmic-complexity"},
	Function:  symbol("(*shelves).find"),
	Shows:     "cpu",
	build:     buildShelves,
}

// shelves holds the products in the order in which they came.
type shelves struct{ products []*product }

func buildShelves(*host) (*app, error) {
	s := &shelves{}
	products := newStock(6000)
	for i := range products {
		s.products = append(s.products, &products[i])
	}
	var order strings.Builder
	for i := range 120 {
		order.WriteString(products[(i*4001)%len(products)].SKU + "\n")
	}
	return &app{
		handler: http.HandlerFunc(s.serve),
		clients: 2,
		rate:    150,
		ask:     func(int) request { return request{path: "/locate", body: order.String()} },
	}, nil
}

func (s *shelves) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, sku := range strings.Fields(string(body)) {
		if p := s.find(sku); p == nil || p.Stock == 0 {
			_, _ = io.WriteString(w, sku+" is not in stock\n")
		}
	}
}

func (s *shelves) find(sku string) *product {
	for _, p := range s.products {
		if p.SKU == sku {
			return p
		}
	}
	return nil
}
