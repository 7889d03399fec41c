package demo

import (
	"net/http"
	"strconv"
)

var allocSickness = Sickness{
	Name:      "alloc",
	Doc:       "Pricing a basket makes several small objects for every article, so that a process with a few megabytes of live heap collects garbage all the time.",
	Mechanism: "excessive-alloc",
	Accept:    []string{"gc-pressure", "gc-thrash", "slice-growth"},
	Function:  symbol("(*pricing).basket"),
	Shows:     "cpu",
	build:     buildPricing,
}

// pricing computes what a basket costs.
type pricing struct{ products []product }

// priced is an article with what was said about its price.
type priced struct {
	article  *product
	net      *money
	discount *money
	reasons  []*reason
}

type money struct {
	cents    int
	currency string
}

type reason struct {
	text string
	off  *money
}

func buildPricing(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&pricing{products: newStock(1500)}).serve),
		clients: 2,
		rate:    400,
		ask:     func(n int) request { return request{path: "/price?percent=" + strconv.Itoa(n%30)} },
	}, nil
}

func (p *pricing) serve(w http.ResponseWriter, r *http.Request) {
	percent, _ := strconv.Atoi(r.FormValue("percent"))
	total := 0
	for _, item := range p.basket(percent) {
		total += item.net.cents - item.discount.cents
	}
	_, _ = w.Write(strconv.AppendInt(nil, int64(total), 10))
}

func (p *pricing) basket(percent int) []*priced {
	var items []*priced
	for i := range p.products {
		article := &p.products[i]
		item := &priced{
			article:  article,
			net:      &money{cents: article.Price, currency: "EUR"},
			discount: &money{cents: article.Price * percent / 100, currency: "EUR"},
		}
		item.reasons = append(item.reasons, &reason{text: "season", off: &money{cents: 1, currency: "EUR"}})
		item.reasons = append(item.reasons, &reason{text: article.Category, off: item.discount})
		items = append(items, item)
	}
	return items
}
