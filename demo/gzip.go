package demo

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

var gzipSickness = Sickness{
	Name:      "gzip",
	Doc:       "Each small answer gets a compressor of its own: 800 KiB are allocated and cleared to pack two kilobytes.",
	Mechanism: "excessive-alloc",
	Accept:    []string{"pool-misuse", "large-object-zeroing", "compression-level"},
	Function:  symbol("(*packed).serve"),
	Shows:     "cpu",
	build:     buildPacked,
}

// packed serves a page compressed.
type packed struct{ page string }

func buildPacked(*host) (*app, error) {
	var page strings.Builder
	for _, p := range newStock(12) {
		page.WriteString(p.Description)
	}
	return &app{
		handler: http.HandlerFunc((&packed{page: page.String()}).serve),
		clients: 2,
		rate:    500,
		ask:     func(int) request { return request{path: "/page"} },
	}, nil
}

func (p *packed) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = io.WriteString(z, p.page)
	_ = z.Close()
}
