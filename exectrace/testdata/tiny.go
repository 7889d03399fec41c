//go:build ignore

// Tiny writes a small execution trace to standard output: goroutines that
// contend for a mutex and talk over a channel, and a collection. The files
// go1.N.trace next to it are its output when built by go1.N with -trimpath.
package main

import (
	"os"
	"runtime"
	"runtime/trace"
	"sync"
)

func main() {
	runtime.GOMAXPROCS(2)
	if err := trace.Start(os.Stdout); err != nil {
		panic(err)
	}
	defer trace.Stop()
	var mu sync.Mutex
	var all sync.WaitGroup
	c := make(chan int)
	mu.Lock()
	for i := 0; i < 3; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			mu.Lock()
			defer mu.Unlock()
			c <- 1
		}()
	}
	runtime.GC()
	mu.Unlock()
	for i := 0; i < 3; i++ {
		<-c
	}
	all.Wait()
}
