//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// A burst has a subject keep so many bytes more alive for a while, in a way that
// its users could: it is what a recommendation has to bear.
type burst func(ctx context.Context, d deployment, bytes float64, hold time.Duration) error

// message is the size of what is sent, with what a queue keeps beside it.
const message = 1000.0

// burstNSQ fills a topic that nobody reads, and deletes it.
func burstNSQ(ctx context.Context, d deployment, more float64, hold time.Duration) error {
	bodies := bodies(rand.New(rand.NewPCG(1, 5)))
	for range int(more / message / 100) {
		var b bytes.Buffer
		for i := range 100 {
			b.Write(bodies[i%len(bodies)])
			b.WriteByte('\n')
		}
		if err := post(ctx, "http://"+d.addrs[0]+"/mpub?topic=burst", b.Bytes()); err != nil {
			return err
		}
	}
	pause(ctx, hold)
	return post(ctx, "http://"+d.addrs[0]+"/topic/delete?topic=burst", nil)
}

// burstNATS fills another stream, which drops its messages when they are old.
func burstNATS(ctx context.Context, d deployment, more float64, hold time.Duration) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.addrs[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	answers := make(chan string, 16)
	go listen(conn, answers)
	config := fmt.Sprintf(`{"name":"BURST","subjects":["burst.*"],"storage":"memory","retention":"limits","max_age":%d,"num_replicas":1}`, hold.Nanoseconds())
	fmt.Fprintf(conn, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB inbox 1\r\nPUB $JS.API.STREAM.CREATE.BURST inbox %d\r\n%s\r\n", len(config), config)
	select {
	case <-answers:
	case <-time.After(10 * time.Second):
		return fmt.Errorf("create stream: no answer")
	}
	bodies := bodies(rand.New(rand.NewPCG(1, 6)))
	for n := range int(more / message) {
		body := bodies[n%len(bodies)]
		if _, err := fmt.Fprintf(conn, "PUB burst.%d inbox %d\r\n%s\r\n", n%50, len(body), body); err != nil {
			return err
		}
	}
	pause(ctx, hold+time.Second)
	return nil
}

// burstEtcd asks for so much at once, again and again.
func burstEtcd(ctx context.Context, d deployment, more float64, hold time.Duration) error {
	const kept = 3 // times the values: as read, as a message, as JSON
	end := time.Now().Add(hold)
	for time.Now().Before(end) && ctx.Err() == nil {
		body := fmt.Sprintf(`{"key":"AA==","range_end":"AA==","limit":%d}`, max(int(more/message/kept), 1))
		if err := post(ctx, "http://"+d.addrs[0]+"/v3/kv/range", []byte(body)); err != nil {
			return err
		}
	}
	return nil
}

// burstCaddy loads the configuration anew while the old one is at work.
func burstCaddy(ctx context.Context, d deployment, _ float64, _ time.Duration) error {
	text, err := os.ReadFile(filepath.Join(d.dir, "Caddyfile"))
	if err != nil {
		return err
	}
	text = append(text, "\n# again\n"...)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+d.addrs[1]+"/load", bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "text/caddyfile")
	_, err = do(r)
	return err
}

// burstLoad asks a load of internal/gcload.
func burstLoad(ctx context.Context, d deployment, more float64, hold time.Duration) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://%s/burst?bytes=%.0f&for=%s", d.addrs[0], more, hold), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response.Body.Close()
}
