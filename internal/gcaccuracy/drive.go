//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// paced calls f so many times a second from a few goroutines, by the clock,
// until ctx ends. A call that fails ends it.
func paced(ctx context.Context, d deployment, perSecond float64, f func(*rand.Rand) error) error {
	const callers = 4
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(c), 1))
			began := time.Now()
			for n := 0.0; ctx.Err() == nil; n++ {
				due := began.Add(time.Duration(n * callers / perSecond * 1e9))
				if !pause(ctx, time.Until(due)) {
					return
				}
				err := f(rng)
				if err != nil && ctx.Err() == nil {
					cancel(err)
				}
				d.done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != context.Canceled { //nolint:errorlint // the cause itself is asked for
		return err
	}
	return nil
}

// body is text of n bytes that does not compress.
func body(rng *rand.Rand, n int) []byte {
	raw := make([]byte, n*3/4)
	for i := range raw {
		raw[i] = byte(rng.Uint32())
	}
	return []byte(base64.StdEncoding.EncodeToString(raw))
}

// bodies are a few to choose from, where making one would cost more than the subject does.
func bodies(rng *rand.Rand) [64][]byte {
	var all [64][]byte
	for i := range all {
		all[i] = body(rng, 700)
	}
	return all
}

func post(ctx context.Context, url string, data []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		return err
	}
	_, err = do(r)
	return err
}

func driveEtcd(ctx context.Context, d deployment, warm func()) error {
	const keys = 20_000
	base := "http://" + d.addrs[0] + "/v3/kv/"
	key := func(n int) string {
		return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "/registry/thing/%06d", n))
	}
	put := func(rng *rand.Rand, n int) error {
		value := base64.StdEncoding.EncodeToString(body(rng, 700))
		return post(ctx, base+"put", []byte(`{"key":"`+key(n)+`","value":"`+value+`"}`))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range keys {
		if err := put(rng, n); err != nil {
			return err
		}
	}
	warm()
	return paced(ctx, d, 800, func(rng *rand.Rand) error {
		n := rng.IntN(keys)
		if rng.IntN(4) == 0 {
			return put(rng, n)
		}
		return post(ctx, base+"range", []byte(`{"key":"`+key(n)+`","range_end":"`+key(n+20)+`","limit":20}`))
	})
}

// moved are pages of a site that has moved: what Caddy keeps alive.
func moved() string {
	var b strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&b, "\t\t/old/%d/page /new/section/%d/page\n", i, i)
	}
	return b.String()
}

var caddyFiles = map[string]string{
	"Caddyfile":       "{\n\tadmin ADDR1\n\tauto_https off\n}\nhttp://ADDR0 {\n\troot * DIR/site\n\tencode gzip\n\ttemplates\n\tmap {path} {moved} {\n" + moved() + "\t}\n\tfile_server\n}\n",
	"site/index.html": "<html><h1>{{now | date \"2006-01-02\"}} {{.Req.URL.Path}}</h1><ul>{{range $i, $e := splitList \",\" \"" + strings.Repeat("some item,", 60) + "\"}}<li>{{$i}} {{upper $e}}</li>{{end}}</ul></html>",
	"site/plain.txt":  strings.Repeat("a line of a file that is served as it is\n", 1500),
}

func driveCaddy(ctx context.Context, d deployment, warm func()) error {
	for { // its admin port is up before the site is
		if _, err := get(ctx, "http://"+d.addrs[0]+"/plain.txt"); err == nil {
			break
		}
		if !pause(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
	warm()
	return paced(ctx, d, 1000, func(rng *rand.Rand) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.addrs[0]+[]string{"/index.html", "/plain.txt"}[rng.IntN(2)], nil)
		if err != nil {
			return err
		}
		r.Header.Set("Accept-Encoding", "gzip")
		_, err = do(r)
		return err
	})
}

// drivePrometheus is what Prometheus scrapes, and who asks it.
func drivePrometheus(ctx context.Context, d deployment, warm func()) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.addrs[1])
	if err != nil {
		return err
	}
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		var b bytes.Buffer
		for i := range 10_000 {
			fmt.Fprintf(&b, "requests_total{path=\"/a/path/%d\",code=\"%d\",zone=\"eu-%d\"} %d\n", i/5, 200+i%5, i%3, time.Now().Unix()+int64(i))
		}
		_, _ = w.Write(b.Bytes())
	}
	server := &http.Server{Handler: http.HandlerFunc(page), ReadHeaderTimeout: time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	go func() { _ = server.Serve(listener) }()
	// What is asked for is there from the beginning of the load on.
	if !pause(ctx, 30*time.Second) {
		return nil
	}
	warm()
	return paced(ctx, d, 20, func(*rand.Rand) error {
		now := time.Now().Unix()
		_, err := get(ctx, fmt.Sprintf("http://%s/api/v1/query_range?query=sum(rate(requests_total[10s]))by(zone)&start=%d&end=%d&step=1", d.addrs[0], now-20, now))
		return err
	})
}

// nsqMain is nsqd as a program: its own main is not built by the module proxy's
// version of what it imports.
const nsqMain = `package main

import (
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/nsqio/nsq/nsqd"
)

func main() {
	o := nsqd.NewOptions()
	o.MemQueueSize, o.LogLevel = 1000000, 4
	flag.StringVar(&o.HTTPAddress, "http", "", "")
	flag.StringVar(&o.TCPAddress, "tcp", "", "")
	flag.StringVar(&o.DataPath, "data", "", "")
	flag.Parse()
	daemon, err := nsqd.New(o)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Print(daemon.Main()) }()
	done := make(chan os.Signal, 1)
	signal.Notify(done, syscall.SIGTERM)
	<-done
	os.Exit(0)
}
`

func driveNSQ(ctx context.Context, d deployment, warm func()) error {
	const batch = 100
	rng := rand.New(rand.NewPCG(1, 3))
	bodies := bodies(rng)
	publish := func(rng *rand.Rand, topic string) error {
		var b bytes.Buffer
		for range batch {
			b.Write(bodies[rng.IntN(len(bodies))])
			b.WriteByte('\n')
		}
		return post(ctx, "http://"+d.addrs[0]+"/mpub?topic="+topic, b.Bytes())
	}
	for range 10_000 / batch {
		if err := publish(rng, "kept"); err != nil {
			return err
		}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.addrs[1])
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	if err := publish(rng, "busy"); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "  V2SUB busy channel\nRDY 500\n"); err != nil {
		return err
	}
	go consume(conn)
	warm()
	return paced(ctx, d, 60_000/batch, func(rng *rand.Rand) error { return publish(rng, "busy") })
}

// consume finishes every message of a subscription (nsq.io/clients/tcp_protocol_spec).
func consume(conn net.Conn) {
	head := make([]byte, 8)
	for {
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		size := int(head[0])<<24 | int(head[1])<<16 | int(head[2])<<8 | int(head[3])
		frame := make([]byte, max(min(size-4, 1<<20), 0))
		if _, err := io.ReadFull(conn, frame); err != nil {
			return
		}
		switch {
		case head[7] == 2 && len(frame) > 26: // a message: time, attempts, id, body
			_, _ = conn.Write(append(append([]byte("FIN "), frame[10:26]...), '\n'))
		case string(frame) == "_heartbeat_":
			_, _ = io.WriteString(conn, "NOP\n")
		}
	}
}
