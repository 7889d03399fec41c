package demo

import (
	"encoding/json"
	"io"
	"net/http"
)

var jsonSickness = Sickness{
	Name:      "json",
	Doc:       "The price feed is decoded into []map[string]any and the answer is printed with MarshalIndent: all of it by reflection, through maps, and indented for nobody.",
	Mechanism: "json-reflection",
	Function:  symbol("(*priceFeed).update"),
	Shows:     "cpu",
	build:     buildPriceFeed,
}

// priceFeed takes new prices from suppliers and confirms them.
type priceFeed struct{}

func buildPriceFeed(*host) (*app, error) {
	body, err := json.Marshal(newStock(80))
	if err != nil {
		return nil, err
	}
	return &app{
		handler: http.HandlerFunc((&priceFeed{}).serve),
		clients: 2,
		rate:    150,
		ask:     func(int) request { return request{path: "/feed", body: string(body)} },
	}, nil
}

func (f *priceFeed) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := f.update(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer)
}

func (f *priceFeed) update(body []byte) ([]byte, error) {
	var items []map[string]any
	if err := json.Unmarshal(body, &items); err != nil {
		return nil, err
	}
	for _, item := range items {
		if price, ok := item["price"].(float64); ok {
			item["price"] = price * 1.19
		}
		item["status"] = "accepted"
	}
	return json.MarshalIndent(items, "", "  ")
}
