package demo

import (
	"encoding/csv"
	"net/http"
	"regexp"
	"strings"
)

var regexpSickness = Sickness{
	Name:      "regexp",
	Doc:       "Every line of an incoming order is checked with regexp.MatchString, which compiles its pattern on each call.",
	Mechanism: "regexp-compile",
	Accept:    []string{"compile-per-call"},
	Function:  symbol("(*checkout).valid"),
	Shows:     "cpu",
	build:     buildCheckout,
}

// checkout takes orders as CSV lines: SKU, quantity, e-mail, postcode.
type checkout struct{}

func buildCheckout(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&checkout{}).order),
		clients: 2,
		rate:    150,
		ask:     func(n int) request { return request{path: "/orders", body: orderLines(n, 60)} },
	}, nil
}

func (c *checkout) order(w http.ResponseWriter, r *http.Request) {
	lines, err := csv.NewReader(http.MaxBytesReader(w, r.Body, 1<<20)).ReadAll()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, line := range lines {
		if !c.valid(line) {
			http.Error(w, "bad line: "+strings.Join(line, ","), http.StatusUnprocessableEntity)
			return
		}
	}
	w.WriteHeader(http.StatusCreated)
}

func (c *checkout) valid(line []string) bool {
	patterns := []string{
		`^HM-[0-9]{6}-[A-Z]$`,
		`^[1-9][0-9]{0,2}$`,
		`^[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,10}$`,
		`^[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}$`,
	}
	if len(line) != len(patterns) {
		return false
	}
	for i, pattern := range patterns {
		if ok, err := regexp.MatchString(pattern, line[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// orderLines is the body of the n-th order.
func orderLines(n, lines int) string {
	var b strings.Builder
	for i := range lines {
		b.WriteString(sku(n*lines + i))
		b.WriteString(",2,customer")
		b.WriteByte(byte('a' + i%26))
		b.WriteString("@example.com,SW1A 1AA\n")
	}
	return b.String()
}
