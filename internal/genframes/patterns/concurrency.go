package main

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

func (b *bench) concurrency() []func() {
	return []func(){
		b.mutexContended, b.mutexFree, b.rwmutexReaders, b.rwmutexMixed, b.atomicShared, b.condSignal, b.onceDo,
		b.chanUnbuffered, b.chanBuffered, b.chanPingPong, b.selectTwo, b.selectMany, b.selectPoll,
		b.goroutineSpawn, b.goroutineFan, b.yield, b.deferLoop, b.deferUnlock, b.semaphore,
	}
}

// together runs f in n goroutines and waits for all.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f(i)
		}()
	}
	wg.Wait()
}

func (b *bench) mutexContended() {
	var mu sync.Mutex
	shared := make([]int, 64)
	together(8, func(int) {
		for i := range 2_000 {
			mu.Lock()
			for j := range shared {
				shared[j] += i
			}
			mu.Unlock()
		}
	})
}

func (b *bench) mutexFree() {
	var mu sync.Mutex
	for range 20_000 {
		mu.Lock()
		b.number++
		mu.Unlock()
	}
}

func (b *bench) rwmutexReaders() {
	var mu sync.RWMutex
	together(8, func(int) {
		for range 5_000 {
			mu.RLock()
			_ = b.ints[1]
			mu.RUnlock()
		}
	})
}

func (b *bench) rwmutexMixed() {
	var mu sync.RWMutex
	shared := 0
	together(8, func(i int) {
		for j := range 2_000 {
			if (i+j)%8 == 0 {
				mu.Lock()
				shared++
				mu.Unlock()
				continue
			}
			mu.RLock()
			_ = shared
			mu.RUnlock()
		}
	})
}

func (b *bench) atomicShared() {
	var n atomic.Int64
	together(4, func(int) {
		for range 50_000 {
			n.Add(1)
		}
	})
}

func (b *bench) condSignal() {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	turn := 0
	together(2, func(me int) {
		for range 500 {
			mu.Lock()
			for turn != me {
				cond.Wait()
			}
			turn = 1 - me
			cond.Broadcast()
			mu.Unlock()
		}
	})
}

func (b *bench) onceDo() {
	for range 20_000 {
		var once sync.Once
		once.Do(func() { b.number++ })
	}
}

func (b *bench) stream(c chan int, n int) {
	go func() {
		defer close(c)
		for i := range n {
			c <- i
		}
	}()
	for v := range c {
		b.number += v
	}
}

func (b *bench) chanUnbuffered() { b.stream(make(chan int), 2_000) }

func (b *bench) chanBuffered() { b.stream(make(chan int, 256), 20_000) }

func (b *bench) chanPingPong() {
	there, back := make(chan int), make(chan int)
	go func() {
		defer close(back)
		for v := range there {
			back <- v + 1
		}
	}()
	for i := range 1_000 {
		there <- i
		b.number += <-back
	}
	close(there)
	<-back
}

func (b *bench) selectTwo() {
	c, ctx := make(chan int, 64), context.Background()
	done := make(chan bool)
	go func() {
		defer close(done)
		for range 5_000 {
			select {
			case c <- 1:
			case <-ctx.Done():
			}
		}
	}()
	for range 5_000 {
		select {
		case v := <-c:
			b.number += v
		case <-ctx.Done():
		}
	}
	<-done
}

func (b *bench) selectMany() {
	var c [6]chan int
	for i := range c {
		c[i] = make(chan int, 1)
	}
	for i := range 2_000 {
		c[i%6] <- i
		select {
		case v := <-c[0]:
			b.number += v
		case v := <-c[1]:
			b.number += v
		case v := <-c[2]:
			b.number += v
		case v := <-c[3]:
			b.number += v
		case v := <-c[4]:
			b.number += v
		case v := <-c[5]:
			b.number += v
		}
	}
}

// selectPoll asks again and again without waiting.
func (b *bench) selectPoll() {
	c := make(chan int)
	for range 50_000 {
		select {
		case v := <-c:
			b.number += v
		default:
		}
	}
}

func (b *bench) goroutineSpawn() {
	done := make(chan bool)
	for range 1_000 {
		go func() { done <- true }()
		<-done
	}
}

func (b *bench) goroutineFan() {
	results := make([]int, 1_000)
	together(len(results), func(i int) { results[i] = i * i })
}

func (b *bench) yield() {
	together(4, func(int) {
		for range 1_000 {
			runtime.Gosched()
		}
	})
}

func (b *bench) deferLoop() {
	for range 50 {
		func() {
			for i := range 100 {
				defer func() { b.number += i }()
			}
		}()
	}
}

func (b *bench) deferUnlock() {
	var mu sync.Mutex
	add := func() {
		mu.Lock()
		defer mu.Unlock()
		b.number++
	}
	for range 20_000 {
		add()
	}
}

func (b *bench) semaphore() {
	slots := make(chan struct{}, 2)
	together(200, func(int) {
		slots <- struct{}{}
		defer func() { <-slots }()
		for range 100 {
			runtime.KeepAlive(b)
		}
	})
}
