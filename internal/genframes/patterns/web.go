package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

func (b *bench) web() []func() {
	return []func(){
		b.httpKeepAlive, b.httpNoKeepAlive, b.httpUndrained, b.httpNewClient, b.httpsNoKeepAlive, b.httpHeaders, b.httpParseRequest, b.httpServeMux, b.httpPostJSON,
	}
}

// answer is the handler of the servers on loopback.
func (b *bench) answer(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if r.URL.Path == "/long" {
		_, _ = w.Write(b.big[0][:1<<20])
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b.doc)
}

// get asks once and reads the answer to its end.
func get(c *http.Client, url string) {
	answer := must(c.Get(url))
	_ = must(io.Copy(io.Discard, answer.Body))
	check(answer.Body.Close())
}

func (b *bench) httpKeepAlive() {
	for range 20 {
		get(b.peers.web.Client(), b.peers.web.URL)
	}
}

func (b *bench) httpNoKeepAlive() {
	t := &http.Transport{DisableKeepAlives: true}
	for range 10 {
		get(&http.Client{Transport: t}, b.peers.web.URL)
	}
}

// httpUndrained closes bodies without reading them; the rest is too long for
// the connection to be used again.
func (b *bench) httpUndrained() {
	for range 5 {
		check(must(b.peers.web.Client().Get(b.peers.web.URL + "/long")).Body.Close())
	}
}

// httpNewClient makes a transport, and so a connection, for each call.
func (b *bench) httpNewClient() {
	for range 10 {
		t := &http.Transport{IdleConnTimeout: time.Second}
		get(&http.Client{Transport: t}, b.peers.web.URL)
		t.CloseIdleConnections()
	}
}

func (b *bench) httpsNoKeepAlive() {
	c := b.peers.secure.Client()
	t := c.Transport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	for range 2 {
		get(&http.Client{Transport: t}, b.peers.secure.URL)
	}
}

func (b *bench) httpHeaders() {
	for range 500 {
		h := make(http.Header)
		h.Set("content-type", "text/plain")
		h.Add("x-request-id", "35")
		h.Set("cache-control", "no-store")
		b.sink = h.Clone()
	}
}

func (b *bench) httpParseRequest() {
	text := "POST /carts/35?colour=brown HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: test\r\nAccept: */*\r\nCookie: session=abcdef; cart=35\r\nX-Request-Id: 35\r\nContent-Length: 0\r\n\r\n"
	for range 200 {
		r := must(http.ReadRequest(bufio.NewReader(strings.NewReader(text))))
		b.number += len(r.Cookies()) + len(r.FormValue("colour"))
	}
}

func (b *bench) httpServeMux() {
	mux := http.NewServeMux()
	mux.HandleFunc("/carts/", func(http.ResponseWriter, *http.Request) { b.number++ })
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	r := httptest.NewRequest(http.MethodGet, "/carts/35", nil)
	for range 2_000 {
		mux.ServeHTTP(nil, r)
	}
}

func (b *bench) httpPostJSON() {
	for range 20 {
		answer := must(b.peers.web.Client().Post(b.peers.web.URL, "application/json", bytes.NewReader(b.doc)))
		_ = must(io.Copy(io.Discard, answer.Body))
		check(answer.Body.Close())
	}
}
