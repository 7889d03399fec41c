//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync/atomic"
	"time"
)

// driveVictoria pushes as many series a second as Prometheus scrapes in
// drivePrometheus, in ten parts, and asks a question with each.
func driveVictoria(ctx context.Context, d deployment, warm func()) error {
	const series, parts = 10_000, 10
	push := func(part int) error {
		var b bytes.Buffer
		for i := part * series / parts; i < (part+1)*series/parts; i++ {
			fmt.Fprintf(&b, "requests_total{path=\"/a/path/%d\",code=\"%d\",zone=\"eu-%d\"} %d\n", i/5, 200+i%5, i%3, time.Now().Unix()+int64(i))
		}
		return post(ctx, "http://"+d.addrs[0]+"/api/v1/import/prometheus", b.Bytes())
	}
	ask := func() error {
		now := time.Now().Unix()
		_, err := get(ctx, fmt.Sprintf("http://%s/api/v1/query_range?query=%s&start=%d&end=%d&step=1&nocache=1", d.addrs[0],
			url.QueryEscape("sum(rate(requests_total[10s]))by(zone)"), now-20, now))
		return err
	}
	// What is asked for is there from the beginning of the load on.
	end := time.Now().Add(30 * time.Second)
	for n := 0; time.Now().Before(end) && ctx.Err() == nil; n++ {
		if err := push(n % parts); err != nil {
			return err
		}
		pause(ctx, time.Second/parts)
	}
	warm()
	part := new(atomic.Int64)
	return paced(ctx, d, 2*parts, func(*rand.Rand) error {
		if n := part.Add(1); n%2 == 0 {
			return push(int(n/2) % parts)
		}
		return ask()
	})
}
