// Shop is a small web shop that prices baskets, and its customers in the same
// process: JSON over HTTP, compressed, a fixed number of requests. It writes its
// own profiles and what the system charged it for them into a folder.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"example.com/measure"
	"example.com/shop/catalog"
	"example.com/shop/inventory"
	"example.com/shop/load"
	"example.com/shop/price"
	"example.com/shop/recommend"
	"example.com/shop/server"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run() error {
	ops := flag.Int("ops", 10000, "requests")
	out := flag.String("out", ".", "folder for profiles and meta.json")
	scenarios := flag.Int("scenarios", 200, "discounts tried for an item")
	trails := flag.Int("trails", 1, "copies of a basket kept for the auditors")
	flush := flag.Duration("flush", 100*time.Microsecond, "time that the journal is written for, under the lock of the stock")
	flag.Parse()

	c := catalog.New(2000)
	shop := &server.Shop{
		Catalog: c, Book: price.NewBook(*scenarios), Model: recommend.New(c, 2000),
		Stock: inventory.New(*flush), Trails: *trails,
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: shop}
	go s.Serve(listener)
	defer s.Close()
	url := "http://" + listener.Addr().String()
	if err := load.Run(url, c, 300); err != nil {
		return err
	}
	return measure.Run(*out, *ops, "request", func() error { return load.Run(url, c, *ops) })
}
