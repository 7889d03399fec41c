package demo

import (
	"io"
	"net/http"
	"strconv"
)

var stringConcatSickness = Sickness{
	Name:      "string-concat",
	Doc:       "The stock list is built with += in a loop: every line copies all lines before it.",
	Mechanism: "string-concat",
	Accept:    []string{"quadratic"},
	Function:  symbol("(*stockList).csv"),
	Shows:     "cpu",
	build:     buildStockList,
}

// stockList prints the stock for the warehouse.
type stockList struct{ products []product }

func buildStockList(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&stockList{products: newStock(600)}).serve),
		clients: 2,
		rate:    100,
		ask:     func(int) request { return request{path: "/stock.csv"} },
	}, nil
}

func (l *stockList) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/csv")
	_, _ = io.WriteString(w, l.csv())
}

func (l *stockList) csv() string {
	out := "sku,name,stock\n"
	for _, p := range l.products {
		out += p.SKU + "," + p.Name + "," + strconv.Itoa(p.Stock) + "\n"
	}
	return out
}
