package demo

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

var nPlusOneSickness = Sickness{
	Name:      "n-plus-one",
	Doc:       "A basket asks the stock service once per article, one after the other, where one call for all would do.",
	Mechanism: "n-plus-one",
	Accept:    []string{"network-latency", "off-cpu-io", "syscall-storm"},
	Function:  symbol("(*basket).stock"),
	Shows:     "cpu",
	build:     buildBasket,
}

// basket shows what of it is in stock.
type basket struct {
	base   string
	client *http.Client
}

func buildBasket(h *host) (*app, error) {
	base, err := startStockService(h)
	if err != nil {
		return nil, err
	}
	b := &basket{base: base, client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 8},
		Timeout:   5 * time.Second,
	}}
	h.onStop(b.client.CloseIdleConnections)
	return &app{
		handler: http.HandlerFunc(b.serve),
		clients: 2,
		rate:    60,
		ask:     func(int) request { return request{path: "/basket?articles=40"} },
	}, nil
}

func (b *basket) serve(w http.ResponseWriter, r *http.Request) {
	articles, _ := strconv.Atoi(r.FormValue("articles"))
	for id := range articles {
		text, err := b.stock(r, id)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_, _ = w.Write(text)
	}
}

func (b *basket) stock(r *http.Request, id int) ([]byte, error) {
	url := b.base + "/stock?product=" + strconv.Itoa(id)
	q, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := b.client.Do(q)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(answer.Body)
	return text, errors.Join(err, answer.Body.Close())
}
