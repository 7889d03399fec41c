package demo

import (
	"fmt"
	"net/http"
	"strconv"
)

var sprintfSickness = Sickness{
	Name:      "sprintf",
	Doc:       "Cache keys are made with fmt.Sprintf where two appends would do.",
	Mechanism: "fmt-hot-path",
	Accept:    []string{"string-conversion"},
	Function:  symbol("(*priceCache).key"),
	Shows:     "cpu",
	build:     buildPriceCache,
}

// priceCache keeps prices by product, country and currency.
type priceCache struct {
	products []product
	prices   map[string]int
}

func buildPriceCache(*host) (*app, error) {
	c := &priceCache{products: newStock(1500), prices: make(map[string]int)}
	for _, p := range c.products {
		c.prices[c.key(p.ID, "DE", "EUR")] = p.Price
	}
	return &app{
		handler: http.HandlerFunc(c.serve),
		clients: 2,
		rate:    300,
		ask:     func(int) request { return request{path: "/total?country=DE"} },
	}, nil
}

func (c *priceCache) serve(w http.ResponseWriter, r *http.Request) {
	country, total := r.FormValue("country"), 0
	for i := range c.products {
		total += c.prices[c.key(c.products[i].ID, country, "EUR")]
	}
	_, _ = w.Write(strconv.AppendInt(nil, int64(total), 10))
}

func (c *priceCache) key(id int, country, currency string) string {
	return fmt.Sprintf("price:%d:%s:%s", id, country, currency)
}
