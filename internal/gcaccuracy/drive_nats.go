//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"
)

// driveNATS fills a stream that drops its oldest message for each new one, and
// has a subscriber that reads all of them (docs.nats.io, client protocol).
func driveNATS(ctx context.Context, d deployment, warm func()) error {
	const kept = 20_000
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.addrs[0])
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	answers := make(chan string, 16)
	go listen(conn, answers)
	w := bufio.NewWriterSize(conn, 64<<10)
	publish := func(subject, reply string, data []byte) {
		fmt.Fprintf(w, "PUB %s %s %d\r\n", subject, reply, len(data))
		_, _ = w.Write(data)
		_, _ = w.WriteString("\r\n")
	}
	fmt.Fprint(w, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB inbox 1\r\n")
	config := fmt.Sprintf(`{"name":"THINGS","subjects":["things.*"],"storage":"memory","retention":"limits","discard":"old","max_msgs":%d,"num_replicas":1}`, kept)
	publish("$JS.API.STREAM.CREATE.THINGS", "inbox", []byte(config))
	if err := w.Flush(); err != nil {
		return err
	}
	select {
	case answer := <-answers:
		if strings.Contains(answer, `"error"`) {
			return fmt.Errorf("create stream: %s", answer)
		}
	case <-time.After(10 * time.Second):
		return fmt.Errorf("create stream: no answer")
	}
	fmt.Fprint(w, "SUB things.* 2\r\n")
	rng := rand.New(rand.NewPCG(1, 4))
	bodies := bodies(rng)
	for n := range kept {
		publish(fmt.Sprint("things.", n%500), "", bodies[n%len(bodies)])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	warm()
	const batch = 100
	for began, n := time.Now(), 0; pause(ctx, time.Until(began.Add(time.Duration(n)*batch*time.Second/30_000))); n++ {
		for range batch {
			publish(fmt.Sprint("things.", rng.IntN(500)), "", bodies[rng.IntN(len(bodies))])
		}
		if err := w.Flush(); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		d.done.Add(batch)
	}
	return nil
}

// listen answers pings and hands on what comes to the inbox.
func listen(conn net.Conn, answers chan<- string) {
	r := bufio.NewReaderSize(conn, 256<<10)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch {
		case strings.HasPrefix(line, "PING"):
			_, _ = io.WriteString(conn, "PONG\r\n") // between two flushes: a line is written at once
		case strings.HasPrefix(line, "MSG "):
			fields := strings.Fields(line)
			var size int
			_, _ = fmt.Sscan(fields[len(fields)-1], &size)
			data := make([]byte, max(min(size, 1<<20), 0)+2)
			if _, err := io.ReadFull(r, data); err != nil {
				return
			}
			if len(fields) > 2 && fields[2] == "1" {
				select {
				case answers <- string(data):
				default:
				}
			}
		}
	}
}
