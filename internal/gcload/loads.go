package main

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func steady(ctx context.Context, s size) { cacheOf(ctx, s.of(200e6), 5000*s.rate) }

// cacheOf keeps so many bytes of records and replaces one with each request.
func cacheOf(ctx context.Context, bytes int, perSecond float64) {
	cache := records(rand.New(rand.NewPCG(2, 2)), bytes)
	slots := make([]atomic.Pointer[record], len(cache))
	for i, r := range cache {
		r.peers = nil
		slots[i].Store(r)
	}
	serve(ctx, perSecond, func(rng *rand.Rand) {
		work(rng, 60, 500)
		slots[rng.IntN(len(slots))].Store(newRecord(rng))
	})
}

// branch is a small object with pointers only.
type branch struct {
	left, right, parent *branch
	count               *int
	weight              [3]int
}

func grow(depth int, parent *branch) *branch {
	b := &branch{parent: parent, weight: [3]int{depth, depth, depth}}
	if depth%4 == 0 {
		b.count = new(int)
	}
	if depth > 0 {
		b.left, b.right = grow(depth-1, b), grow(depth-1, b)
	}
	return b
}

func pointers(ctx context.Context, s size) {
	trees := make([]*branch, s.of(36))
	for i := range trees {
		trees[i] = grow(15, nil)
	}
	var mu sync.Mutex
	serve(ctx, 2500*s.rate, func(rng *rand.Rand) {
		work(rng, 50, 400)
		fresh := grow(6, nil)
		mu.Lock()
		defer mu.Unlock()
		at := trees[rng.IntN(len(trees))]
		for range 8 {
			if rng.IntN(2) == 0 {
				at = at.left
			} else {
				at = at.right
			}
		}
		fresh.parent, at.left = at, fresh
	})
}

func bursty(ctx context.Context, s size) {
	cacheOf(ctx, s.of(50e6), 4000*s.rate)
	go func() {
		rng := rand.New(rand.NewPCG(3, 3))
		for pause(ctx, 3*time.Second+rand.N(3*time.Second)) {
			batch := make([]*record, 0, s.of(100_000))
			for range s.of(45_000 + rng.IntN(55_000)) {
				if batch = append(batch, newRecord(rng)); len(batch)%2000 == 0 {
					pause(ctx, 10*time.Millisecond)
				}
			}
			pause(ctx, time.Second)
			runtime.KeepAlive(batch)
		}
	}()
}

func stacks(ctx context.Context, s size) {
	for range s.of(4000) {
		go descend(ctx, 120)
	}
	cacheOf(ctx, s.of(25e6), 3500*s.rate)
}

// descend waits at the end of a stack in which every frame points somewhere.
//
//go:noinline
func descend(ctx context.Context, depth int) int {
	var frame [14]*int
	frame[depth%len(frame)] = &depth
	if depth == 0 {
		<-ctx.Done()
		return 0
	}
	return descend(ctx, depth-1) + *frame[depth%len(frame)]
}

func tiny(ctx context.Context, s size) {
	serve(ctx, 6000*s.rate, func(rng *rand.Rand) { work(rng, 40, 60) })
}

func pool(ctx context.Context, s size) {
	buffers := &sync.Pool{New: func() any { b := filled(256 << 10); return &b }}
	cacheOf(ctx, s.of(30e6), 500*s.rate)
	serve(ctx, 300*s.rate, func(rng *rand.Rand) {
		b := buffers.Get().(*[]byte)
		work(rng, 20, 200)
		time.Sleep(time.Millisecond)
		buffers.Put(b)
	})
}

func leaky(ctx context.Context, s size) { growing(ctx, s, 40e6, 4e6, 1<<40) }

func plateau(ctx context.Context, s size) { growing(ctx, s, 40e6, 20e6, 160e6) }

// growing keeps what it makes, up to a size.
func growing(ctx context.Context, s size, first, perSecond, most int) {
	cacheOf(ctx, s.of(first), 1000*s.rate)
	go func() {
		var kept []*record
		rng := rand.New(rand.NewPCG(4, 4))
		for pause(ctx, 50*time.Millisecond) {
			if first+len(kept)*recordBytes < most {
				kept = append(kept, records(rng, s.of(perSecond/20))...)
			}
			runtime.KeepAlive(kept)
		}
	}()
}

func ballast(ctx context.Context, s size) {
	block := make([]byte, s.of(300<<20))
	context.AfterFunc(ctx, func() { runtime.KeepAlive(block) })
	cacheOf(ctx, s.of(10e6), 1300*s.rate)
}

func forced(ctx context.Context, s size) {
	cacheOf(ctx, s.of(50e6), 1000*s.rate)
	go func() {
		for pause(ctx, 2*time.Second) {
			runtime.GC()
		}
	}()
}
