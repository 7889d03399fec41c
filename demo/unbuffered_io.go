package demo

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
)

var unbufferedIOSickness = Sickness{
	Name:      "unbuffered-io",
	Doc:       "The packing list goes to the file line by line: one system call for each few bytes.",
	Mechanism: "unbuffered-io",
	Accept:    []string{"small-writes", "syscall-storm"},
	Function:  symbol("(*packing).print"),
	Shows:     "cpu",
	build:     buildPacking,
}

// packing writes packing lists to the spool of the warehouse.
type packing struct{ spool *os.File }

func buildPacking(h *host) (*app, error) {
	spool, err := os.CreateTemp("", "goperf-demo-spool-*")
	if err != nil {
		return nil, err
	}
	h.onStop(func() {
		_ = spool.Close()
		_ = os.Remove(spool.Name())
	})
	return &app{
		handler: http.HandlerFunc((&packing{spool: spool}).serve),
		clients: 1,
		rate:    400,
		ask:     func(n int) request { return request{path: "/packing?order=" + strconv.Itoa(n)} },
	}, nil
}

func (p *packing) serve(w http.ResponseWriter, r *http.Request) {
	order, _ := strconv.Atoi(r.FormValue("order"))
	if err := p.print(order, 400); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (p *packing) print(order, lines int) error {
	if _, err := p.spool.Seek(0, 0); err != nil {
		return err
	}
	for line := range lines {
		if _, err := fmt.Fprintf(p.spool, "%d\t%d\n", order, line); err != nil {
			return err
		}
	}
	return nil
}
