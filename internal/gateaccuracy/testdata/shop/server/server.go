// Package server answers baskets with offers over HTTP.
package server

import (
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"example.com/shop/audit"
	"example.com/shop/auth"
	"example.com/shop/catalog"
	"example.com/shop/inventory"
	"example.com/shop/price"
	"example.com/shop/recommend"
	"example.com/shop/wire"
)

// Shop is what the handlers share.
type Shop struct {
	Catalog *catalog.Catalog
	Book    *price.Book
	Model   *recommend.Model
	Stock   *inventory.Stock

	// Trails is how many copies of a basket are kept for the auditors.
	Trails int

	writers sync.Pool
}

// ServeHTTP makes an offer for a basket.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var basket wire.Basket
	if err := json.NewDecoder(r.Body).Decode(&basket); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := auth.Verify(basket.Customer, basket.Token); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	s.reply(w, s.offer(&basket))
}

func (s *Shop) offer(basket *wire.Basket) *wire.Offer {
	offer := &wire.Offer{
		Tax:     s.Book.Tax(basket.Items),
		Similar: s.Catalog.Find(basket.Query, s.Catalog.Number(basket.Items[0].SKU), 300),
		Ranking: s.Model.Rank(basket.Items, 150, 10),
	}
	left := s.Stock.Reserve(basket.Items)
	for i, item := range basket.Items {
		cents := s.Book.Quote(item)
		offer.Total += cents
		offer.Lines = append(offer.Lines, wire.Line{SKU: item.SKU, Cents: cents, Stock: left[i]})
	}
	offer.Reserved = s.Stock.Report()
	offer.Audit = audit.Line(basket, offer.Total) + "#" + strconv.Itoa(len(audit.Trail(basket, s.Trails)))
	return offer
}

func (s *Shop) reply(w http.ResponseWriter, offer *wire.Offer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	z, _ := s.writers.Get().(*gzip.Writer)
	if z == nil {
		z, _ = gzip.NewWriterLevel(w, gzip.BestSpeed)
	} else {
		z.Reset(w)
	}
	_ = json.NewEncoder(z).Encode(offer)
	_ = z.Close()
	s.writers.Put(z)
}
