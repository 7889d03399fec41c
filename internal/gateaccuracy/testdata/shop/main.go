// Shop is a small web shop that prices baskets, and its customers in the same
// process: JSON over HTTP, compressed, a fixed number of requests. It writes its
// own profiles and what the system charged it for them into a folder.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

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
	return measure(*out, *ops, func() error { return load.Run(url, c, *ops) })
}

// measure does the work under all profiles.
func measure(out string, ops int, work func() error) error {
	cpu, err := os.Create(filepath.Join(out, "cpu.pb.gz"))
	if err != nil {
		return err
	}
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(100_000)
	before := used()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	err = work()
	pprof.StopCPUProfile()
	after := used()
	runtime.GC()
	for _, name := range []string{"allocs", "mutex", "block"} {
		err = errors.Join(err, write(name, filepath.Join(out, name+".pb.gz")))
	}
	if err = errors.Join(err, cpu.Close()); err != nil {
		return err
	}
	return describe(filepath.Join(out, "meta.json"), ops, before, after)
}

func write(name, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(name).WriteTo(f, 0), f.Close())
}

// usage is what the process has used so far.
type usage struct {
	at        time.Time
	user, sys float64
	memory    runtime.MemStats
}

func used() usage {
	u := usage{at: time.Now()}
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	u.user = float64(r.Utime.Nano()) / 1e9
	u.sys = float64(r.Stime.Nano()) / 1e9
	runtime.ReadMemStats(&u.memory)
	return u
}

func describe(path string, ops int, before, after usage) error {
	text, err := json.MarshalIndent(map[string]any{
		"ops": ops, "unit": "request",
		"user_s": after.user - before.user, "sys_s": after.sys - before.sys, "wall_s": after.at.Sub(before.at).Seconds(),
		"total_alloc": after.memory.TotalAlloc - before.memory.TotalAlloc,
		"mallocs":     after.memory.Mallocs - before.memory.Mallocs,
		"num_gc":      after.memory.NumGC - before.memory.NumGC,
		"go":          runtime.Version(), "goos": runtime.GOOS, "goarch": runtime.GOARCH,
		"gomaxprocs": runtime.GOMAXPROCS(0), "gogc": os.Getenv("GOGC"), "gomemlimit": os.Getenv("GOMEMLIMIT"),
	}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
