// Package lines writes the log that the mill reads: the same one each time.
package lines

import (
	"fmt"
	"time"
)

var paths = []string{"/", "/cart", "/item", "/search", "/account/orders", "/static/app.js", "/api/v2/prices", "/help/returns"}

var agents = []string{
	"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/131.0", "curl/8.5.0", "Examplebot/2.1 (+http://bots.example/about)",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15", "monitoring-probe", "feed spider 0.9",
}

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// Batch is the n lines of a batch.
func Batch(batch, n int) []string {
	out := make([]string, 0, n)
	for i := range n {
		at := batch*n + i
		h := uint32(at) * 2654435761
		out = append(out, fmt.Sprintf("%d.%d.%d.%d\t%s\tGET\t%s?id=%d&page=%d&sort=%s\t%d\t%d\t%s",
			11+h>>27, h>>16&255, h>>8&255, h&255, start.Add(time.Duration(at)*time.Second/7).Format(time.RFC3339Nano),
			paths[h>>5%uint32(len(paths))], h%5003, at%17, []string{"price", "name", "new"}[at%3],
			[]int{200, 200, 200, 304, 404, 500}[h>>9%6], 200+h%40000, agents[h>>13%uint32(len(agents))]))
	}
	return out
}
