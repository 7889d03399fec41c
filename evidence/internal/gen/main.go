// Gen writes evidence about itself: a program with goroutines in known states,
// allocations, contention and CPU use, as the pprof package of the toolchain
// that builds it prints them. The package's tests read its output.
//
//	cd evidence; data=$PWD/testdata; tmp=$(mktemp -d); cp internal/gen/main.go $tmp; cd $tmp
//	for v in go1.22.12 go1.24.13 go1.25.10 go1.26.8 go1.27.0; do
//	  GOTOOLCHAIN=$v go build -trimpath -o gen main.go
//	  GODEBUG=tracebacklabels=1 ./gen -o $data/$v -age 61s
//	done
//
// It uses the standard library alone and is built outside the module, so that
// old toolchains build it.
package main

import (
	"bytes"
	"context"
	"expvar"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"
)

func main() {
	dir := flag.String("o", "", "folder to write to")
	age := flag.Duration("age", time.Second, "how long goroutines wait before the dump")
	flag.Parse()
	runtime.MemProfileRate = 16 << 10
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	if err := write(*dir, *age); err != nil {
		log.Fatal(err)
	}
}

func write(dir string, age time.Duration) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var cpu, events bytes.Buffer
	if err := trace.Start(&events); err != nil {
		return err
	}
	contend()
	trace.Stop()
	park()
	if err := pprof.StartCPUProfile(&cpu); err != nil {
		return err
	}
	kept := burn(time.Now().Add(time.Second))
	pprof.StopCPUProfile()
	time.Sleep(age)
	// The two pages of numbers are comparable when no collection comes between.
	debug.SetGCPercent(1000)
	runtime.GC()
	runtime.GC()
	files := map[string][]byte{"cpu.pb.gz": cpu.Bytes(), "trace.out": events.Bytes()}
	files["heap.txt"], files["vars.json"] = profile("heap", 1), vars()
	for _, name := range []string{"heap", "allocs", "goroutine", "mutex", "block", "threadcreate"} {
		files[name+".pb.gz"] = profile(name, 0)
	}
	files["goroutine.txt"] = profile("goroutine", 2)
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	runtime.KeepAlive(kept)
	return nil
}

func profile(name string, debug int) []byte {
	var buf bytes.Buffer
	if err := pprof.Lookup(name).WriteTo(&buf, debug); err != nil {
		log.Fatal(err)
	}
	return buf.Bytes()
}

// vars is the page that package expvar serves.
func vars() []byte {
	expvar.NewMap("requests").Add("good", 7)
	var buf bytes.Buffer
	sep := "{\n"
	expvar.Do(func(kv expvar.KeyValue) {
		value := kv.Value.String()
		if kv.Key == "cmdline" {
			value = `["/bin/gen","-o","dir"]`
		}
		fmt.Fprintf(&buf, "%s%q: %s", sep, kv.Key, value)
		sep = ",\n"
	})
	buf.WriteString("\n}\n")
	return buf.Bytes()
}

// burn computes until it is time and keeps what it allocates.
func burn(until time.Time) [][]byte {
	var kept [][]byte
	for n := 0; time.Now().Before(until); n++ {
		b := bytes.Repeat([]byte{byte(n)}, 2000)
		for i := range b {
			b[i] = b[i]*31 + byte(bytes.IndexByte(b, byte(i)))
		}
		if n%100 == 0 {
			kept = append(kept, b)
		}
	}
	return kept
}

// contend makes goroutines wait for a lock and for each other.
func contend() {
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		data = make(chan int)
	)
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < 5; j++ {
				mu.Lock()
				time.Sleep(2 * time.Millisecond)
				mu.Unlock()
				data <- j
			}
		}()
	}
	go func() {
		wg.Wait()
		close(data)
	}()
	for range data {
		time.Sleep(time.Millisecond)
	}
}

// park starts a goroutine for every state that a program can be in for long.
func park() {
	ch, held := make(chan int), new(sync.RWMutex)
	held.Lock()
	for i := 0; i < 3; i++ {
		go func() { ch <- 1 }()
	}
	go func() { <-make(chan int) }()
	go func() { var none chan int; <-none }()
	go func() { var none chan int; none <- 1 }()
	go func() { select {} }()
	go func() {
		select {
		case <-make(chan int):
		case <-make(chan bool):
		}
	}()
	go func() { held.RLock() }()
	go func() { time.Sleep(time.Hour) }()
	go lock()
	go wait()
	go listen()
	go func() { runtime.LockOSThread(); <-make(chan int) }()
	go deep(150)
	labels := pprof.Labels("plain", "value", "odd key", "a \"b\"], {c}: ü")
	go pprof.Do(context.Background(), labels, func(context.Context) { <-make(chan int) })
	time.Sleep(50 * time.Millisecond)
}

func lock() {
	var mu sync.Mutex
	mu.Lock()
	mu.Lock()
}

func wait() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		var mu sync.Mutex
		c := sync.NewCond(&mu)
		mu.Lock()
		c.Wait()
	}()
	wg.Wait()
}

func listen() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := l.Accept(); err != nil {
		log.Fatal(err)
	}
}

func deep(n int) {
	if n == 0 {
		<-make(chan int)
	}
	deep(n - 1)
}
