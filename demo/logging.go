package demo

import (
	"log/slog"
	"net/http"
	"strconv"
)

var loggingSickness = Sickness{
	Name:      "logging",
	Doc:       "The import logs every line with its source position: for each of them the stack is walked and the function looked up.",
	Mechanism: "caller-lookup",
	Accept:    []string{"logging-hot-path", "log-formatting", "stack-walk"},
	Function:  symbol("(*importer).run"),
	Shows:     "cpu",
	build:     buildImporter,
}

// importer takes products from a supplier.
type importer struct {
	log      *slog.Logger
	products []product
}

// drain is where the log goes: a collector that takes everything at once.
type drain struct{}

func (drain) Write(p []byte) (int, error) { return len(p), nil }

func buildImporter(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&importer{
			log:      slog.New(slog.NewJSONHandler(drain{}, &slog.HandlerOptions{AddSource: true})),
			products: newStock(600),
		}).serve),
		clients: 2,
		rate:    250,
		ask:     func(n int) request { return request{path: "/import?supplier=" + strconv.Itoa(n%9)} },
	}, nil
}

func (m *importer) serve(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write(strconv.AppendInt(nil, int64(m.run(r.FormValue("supplier"))), 10))
}

func (m *importer) run(supplier string) (taken int) {
	for i := range m.products {
		p := &m.products[i]
		m.log.Info("product taken", "supplier", supplier, "sku", p.SKU, "price", p.Price)
		taken++
	}
	return taken
}
