package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

var hashingSickness = Sickness{
	Name:      "hashing",
	Doc:       "The entity tag of the catalogue is hashed anew for every request, also when the answer is only 304 Not Modified.",
	Mechanism: "hashing",
	Accept:    []string{"redundant-work", "crypto-hot-path"},
	Function:  symbol("(*brochure).tag"),
	Shows:     "cpu",
	build:     buildBrochure,
}

// brochure is the printed catalogue, which rarely changes.
type brochure struct{ text []byte }

func buildBrochure(*host) (*app, error) {
	var text strings.Builder
	for _, p := range newStock(8000) {
		text.WriteString(p.Description)
	}
	return &app{
		handler: http.HandlerFunc((&brochure{text: []byte(text.String())}).serve),
		clients: 2,
		rate:    400,
		ask:     func(int) request { return request{path: "/brochure"} },
	}, nil
}

func (b *brochure) serve(w http.ResponseWriter, r *http.Request) {
	tag := b.tag()
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(b.text[:1000])
}

func (b *brochure) tag() string {
	sum := sha256.Sum256(b.text)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}
