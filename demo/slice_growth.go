package demo

import (
	"net/http"
	"strconv"
)

var sliceGrowthSickness = Sickness{
	Name:      "slice-growth",
	Doc:       "The rows of a report are appended to a slice that starts empty although their number is known: it is copied twenty times on its way.",
	Mechanism: "slice-growth",
	Accept:    []string{"excessive-alloc", "large-copy"},
	Function:  symbol("(*salesReport).rows"),
	Shows:     "cpu",
	build:     buildReport,
}

// salesReport sums up what was sold.
type salesReport struct{ sold []int }

type reportRow struct {
	id, cents, day, month, year int
	margin                      float64
}

func buildReport(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&salesReport{sold: make([]int, 30_000)}).serve),
		clients: 2,
		rate:    150,
		ask:     func(n int) request { return request{path: "/report?day=" + strconv.Itoa(n%28)} },
	}, nil
}

func (p *salesReport) serve(w http.ResponseWriter, r *http.Request) {
	day, _ := strconv.Atoi(r.FormValue("day"))
	sum := 0
	for _, row := range p.rows(day) {
		sum += row.cents
	}
	_, _ = w.Write(strconv.AppendInt(nil, int64(sum), 10))
}

func (p *salesReport) rows(day int) []reportRow {
	var rows []reportRow
	for id, cents := range p.sold {
		rows = append(rows, reportRow{id: id, cents: cents, day: day, month: 11, year: 2026, margin: 0.2})
	}
	return rows
}
