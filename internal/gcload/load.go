package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// load is a behaviour of a heap.
type load struct {
	name  string
	doc   string
	start func(context.Context, size) // fills the heap, and returns with the load running
}

// size scales a load.
type size struct{ live, rate float64 }

// of is n at the scale of the live heap.
func (s size) of(n int) int { return max(int(float64(n)*s.live), 1) }

var loads = []load{
	{"steady", "a cache of 200 MB, of which random entries are replaced", steady},
	{"pointers", "trees of small nodes, 150 MB, of which branches are replaced", pointers},
	{"bursty", "50 MB, and a batch of 60 to 130 MB every 3 to 6 s", bursty},
	{"stacks", "4,000 goroutines with deep stacks over a small heap", stacks},
	{"tiny", "no live heap to speak of, and much garbage", tiny},
	{"pool", "buffers from a sync.Pool, which collections empty", pool},
	{"leaky", "40 MB that grow by 4 MB/s", leaky},
	{"plateau", "grows by 20 MB/s to 160 MB and stays there", plateau},
	{"ballast", "a pointer-free block of 300 MB that is never touched, over a small heap", ballast},
	{"forced", "steady at a quarter of the size, with runtime.GC() every 2 s", forced},
}

func names() string {
	var all []string
	for _, l := range loads {
		all = append(all, l.name)
	}
	return strings.Join(all, ", ")
}

func find(name string) (load, error) {
	for _, l := range loads {
		if l.name == name {
			return l, nil
		}
	}
	return load{}, fmt.Errorf("load %q is not known: %s", name, names())
}

// workers share the requests of a load.
const workers = 4

// serve runs request so many times a second, by the clock and not by how long
// one takes: a program that is slow falls behind and catches up.
func serve(ctx context.Context, perSecond float64, request func(*rand.Rand)) {
	for w := range workers {
		go func() {
			rng := rand.New(rand.NewPCG(uint64(w), 7))
			began := time.Now()
			gap := time.Duration(workers * 1e9 / perSecond)
			for n := time.Duration(0); ctx.Err() == nil; n++ {
				if early := time.Until(began.Add(n * gap)); early > 0 {
					time.Sleep(max(early, time.Millisecond))
				}
				request(rng)
			}
		}()
	}
}

// pause waits, and says whether the program goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
