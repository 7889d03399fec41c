package demo

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

var compressionSickness = Sickness{
	Name:      "compression",
	Doc:       "A page that never changes is packed for each visitor, at the best and slowest level.",
	Mechanism: "compression-level",
	Accept:    []string{"redundant-work", "cpu-hot-path"},
	Function:  symbol("(*landing).pack"),
	Shows:     "cpu",
	build:     buildLanding,
}

// landing is the first page; its compressors are kept, so that only the
// packing itself costs.
type landing struct {
	page []byte
	pool sync.Pool
}

func buildLanding(*host) (*app, error) {
	var page strings.Builder
	for _, p := range newStock(250) {
		page.WriteString(p.Description)
	}
	l := &landing{page: []byte(page.String())}
	l.pool.New = func() any {
		z, err := gzip.NewWriterLevel(nil, gzip.BestCompression)
		if err != nil {
			return err
		}
		return z
	}
	return &app{
		handler: http.HandlerFunc(l.serve),
		clients: 2,
		rate:    300,
		ask:     func(int) request { return request{path: "/"} },
	}, nil
}

func (l *landing) serve(w http.ResponseWriter, _ *http.Request) {
	packed, err := l.pack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(packed)
}

func (l *landing) pack() ([]byte, error) {
	var out bytes.Buffer
	z, ok := l.pool.Get().(*gzip.Writer)
	if !ok {
		return nil, gzip.ErrHeader
	}
	defer l.pool.Put(z)
	z.Reset(&out)
	if _, err := z.Write(l.page); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}
