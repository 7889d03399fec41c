package demo

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

var connectionChurnSickness = Sickness{
	Name:      "connection-churn",
	Doc:       "The client of the stock service has keep-alive switched off: every call dials a new connection.",
	Mechanism: "connection-churn",
	Accept:    []string{"http-misconfiguration"},
	Function:  symbol("(*availability).ask"),
	Shows:     "cpu",
	build:     buildAvailability,
}

// availability asks the stock service whether a product can be had.
type availability struct {
	base   string
	client *http.Client
}

func buildAvailability(h *host) (*app, error) {
	base, err := startStockService(h)
	if err != nil {
		return nil, err
	}
	a := &availability{base: base, client: &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true},
		Timeout:   5 * time.Second,
	}}
	return &app{
		handler: http.HandlerFunc(a.serve),
		clients: 2,
		rate:    120,
		ask:     func(n int) request { return request{path: "/availability?product=" + strconv.Itoa(n)} },
	}, nil
}

func (a *availability) serve(w http.ResponseWriter, r *http.Request) {
	for _, depot := range []string{"north", "south", "east", "west"} {
		left, err := a.ask(r, depot)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_, _ = w.Write(left)
	}
}

func (a *availability) ask(r *http.Request, depot string) ([]byte, error) {
	url := a.base + "/stock?depot=" + depot + "&product=" + r.FormValue("product")
	q, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := a.client.Do(q)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("stock service: %s", answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// startStockService runs the other side: a service that is fast and well.
func startStockService(h *host) (base string, err error) {
	s, err := serve(h.ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.FormValue("product")+" 12\n")
	}))
	if err != nil {
		return "", err
	}
	h.onStop(s.close)
	return s.url(), nil
}
