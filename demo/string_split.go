package demo

import (
	"net/http"
	"strconv"
	"strings"
)

var stringSplitSickness = Sickness{
	Name:      "string-split",
	Doc:       "To read one column, each line of the supplier's list is split into all of its columns.",
	Mechanism: "string-split",
	Accept:    []string{"excessive-alloc"},
	Function:  symbol("(*supplier).price"),
	Shows:     "cpu",
	build:     buildSupplier,
}

// supplier is a price list with many columns of which the second is the price.
type supplier struct{ lines []string }

func buildSupplier(*host) (*app, error) {
	s := &supplier{}
	for _, p := range newStock(4000) {
		s.lines = append(s.lines, p.SKU+";"+strconv.Itoa(p.Price)+";"+p.Brand+";"+p.Category+";EUR;19;DE;box;kg;1;2;3;4;5;6;7")
	}
	return &app{
		handler: http.HandlerFunc(s.serve),
		clients: 2,
		rate:    200,
		ask:     func(int) request { return request{path: "/value"} },
	}, nil
}

func (s *supplier) serve(w http.ResponseWriter, _ *http.Request) {
	total := 0
	for _, line := range s.lines {
		total += s.price(line)
	}
	_, _ = w.Write(strconv.AppendInt(nil, int64(total), 10))
}

func (s *supplier) price(line string) int {
	cents, err := strconv.Atoi(strings.Split(line, ";")[1])
	if err != nil {
		return 0
	}
	return cents
}
