package demo

import "net/http"

var shopSickness = Sickness{
	Name:      "shop",
	Doc:       "A shop with three things wrong at once: orders compile their patterns on every call, late carrier quotes leave goroutines behind, and payments wait for each other at the bank.",
	Mechanism: regexpSickness.Mechanism,
	Accept:    regexpSickness.Accept,
	Function:  regexpSickness.Function,
	Shows:     "cpu",
	build:     buildShop,
}

// buildShop puts the three behind one address. The patterns cost most by far:
// that is the finding a reader must not miss.
func buildShop(h *host) (*app, error) {
	orders, err := buildCheckout(h)
	if err != nil {
		return nil, err
	}
	shipping, err := buildShipping(h)
	if err != nil {
		return nil, err
	}
	payments, err := buildLedger(h)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/orders", orders.handler)
	mux.Handle("/shipping", shipping.handler)
	mux.Handle("/payments", payments.handler)
	turns := []*app{orders, payments, orders, payments, shipping, payments, payments, orders}
	return &app{
		handler: mux,
		clients: 6,
		rate:    350,
		ask:     func(n int) request { return turns[n%len(turns)].ask(n) },
	}, nil
}
