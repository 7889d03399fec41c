package demo

import (
	"io"
	"net/http"
	"strings"
	"text/template"
)

var templateSickness = Sickness{
	Name:      "template",
	Doc:       "The confirmation mail is parsed as a template for every order before it is executed once.",
	Mechanism: "parse-per-request",
	Accept:    []string{"compile-per-call", "redundant-work"},
	Function:  symbol("(*mailer).confirm"),
	Shows:     "cpu",
	build:     buildMailer,
}

// mailer writes to customers.
type mailer struct{ products []product }

const confirmation = `Dear {{.Customer}},
{{if .Express}}your parcel leaves today{{else}}your parcel leaves within two days{{end}}:
{{range $i, $p := .Products}}{{if $i}}
{{end}}{{$p.SKU}} {{$p.Name}}{{if lt $p.Stock 5}} (the last ones){{end}} {{$p.Price}}{{end}}
{{with .Note}}You wrote: {{.}}{{end}}
{{define "footer"}}{{.Shop}}, {{.Street}}, {{.City}}{{end}}{{template "footer" .Address}}
{{if and .Express (not .Gift)}}Express delivery{{else if .Gift}}We wrap it up nicely{{end}}
`

type mail struct {
	Customer, Note string
	Express, Gift  bool
	Products       []product
	Address        struct{ Shop, Street, City string }
}

func buildMailer(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&mailer{products: newStock(2)}).serve),
		clients: 2,
		rate:    500,
		ask:     func(int) request { return request{path: "/confirm?customers=Ada,Grace,Barbara,Frances,Jean,Radia"} },
	}, nil
}

func (m *mailer) serve(w http.ResponseWriter, r *http.Request) {
	for _, customer := range strings.Split(r.FormValue("customers"), ",") {
		if err := m.confirm(w, customer); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
}

func (m *mailer) confirm(w io.Writer, customer string) error {
	t, err := template.New("confirmation").Parse(confirmation)
	if err != nil {
		return err
	}
	return t.Execute(w, mail{Customer: customer, Express: true, Products: m.products})
}
