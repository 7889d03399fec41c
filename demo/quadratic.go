package demo

import (
	"net/http"
	"strconv"
)

var quadraticSickness = Sickness{
	Name:      "quadratic",
	Doc:       "Search hits of several shards are merged by looking through the whole result for each hit: twice the hits take four times as long.",
	Mechanism: "quadratic",
	Accept:    []string{"algorithmic-complexity", "linear-scan", "slow-algorithm"},
	Function:  symbol("(*merger).unique"),
	Shows:     "cpu",
	build:     buildMerger,
}

// merger joins the hits of all shards.
type merger struct{ shards [][]string }

func buildMerger(*host) (*app, error) {
	m := &merger{shards: make([][]string, 4)}
	for i := range 2400 {
		m.shards[i%4] = append(m.shards[i%4], "hit-"+strconv.Itoa(i*7919%1600))
	}
	return &app{
		handler: http.HandlerFunc(m.search),
		clients: 2,
		rate:    100,
		ask:     func(n int) request { return request{path: "/search?page=" + strconv.Itoa(n%5)} },
	}, nil
}

func (m *merger) search(w http.ResponseWriter, r *http.Request) {
	page, _ := strconv.Atoi(r.FormValue("page"))
	hits := m.unique()
	for i := page * 20; i < min(len(hits), page*20+20); i++ {
		_, _ = w.Write([]byte(hits[i]))
	}
}

func (m *merger) unique() []string {
	var hits []string
	for _, shard := range m.shards {
		for _, hit := range shard {
			known := false
			for _, seen := range hits {
				if seen == hit {
					known = true
					break
				}
			}
			if !known {
				hits = append(hits, hit)
			}
		}
	}
	return hits
}
