package main

import (
	"runtime"
	"sync"
)

func (b *bench) memory() []func() {
	return []func(){
		b.allocTiny, b.allocSmallNoscan, b.allocSmallPointers, b.allocHeaderPointers, b.allocLarge, b.allocHuge,
		b.appendInts, b.appendPointers, b.appendBytes, b.appendPresized,
		b.boxInts, b.boxStrings, b.boxStructs, b.copyLarge, b.clearLarge, b.copyStructs,
		b.collectorAssist, b.collectorForced, b.pointerWrites, b.stackGrowth, b.finalizers,
		b.poolReuse, b.poolForgotten,
	}
}

func (b *bench) allocTiny() {
	for i := range 20_000 {
		p := new(int32)
		*p = int32(i)
		b.sink = p
	}
}

func (b *bench) allocSmallNoscan() {
	for range 20_000 {
		b.raw2(make([]byte, 96))
	}
}

func (b *bench) raw2(p []byte) { b.sink = &p[0] }

func (b *bench) allocSmallPointers() {
	for i := range 20_000 {
		b.heap[i%64] = &node{value: i}
	}
}

func (b *bench) allocHeaderPointers() {
	for range 5_000 {
		b.sink = new([120]*node)
	}
}

func (b *bench) allocLarge() {
	for range 200 {
		b.raw2(make([]byte, 64<<10))
	}
}

func (b *bench) allocHuge() {
	for range 5 {
		b.raw2(make([]byte, 2<<20))
	}
}

func (b *bench) appendInts() {
	for range 20 {
		var s []int
		for i := range 5_000 {
			s = append(s, i)
		}
		b.number += len(s)
	}
}

func (b *bench) appendPointers() {
	for range 20 {
		var s []*node
		for i := range 5_000 {
			s = append(s, b.heap[i%64])
		}
		b.number += len(s)
	}
}

func (b *bench) appendBytes() {
	for range 20 {
		var s []byte
		for range 500 {
			s = append(s, "a line of text"...)
		}
		b.number += len(s)
	}
}

func (b *bench) appendPresized() {
	for range 20 {
		s := make([]int, 0, 5_000)
		for i := range 5_000 {
			s = append(s, i)
		}
		b.sink = s
	}
}

//go:noinline
func (b *bench) take(v any) { b.sink = v }

func (b *bench) boxInts() {
	for i := range 20_000 {
		b.take(i + 1000)
	}
}

func (b *bench) boxStrings() {
	for i := range 20_000 {
		b.take(b.words[i%len(b.words)])
	}
}

func (b *bench) boxStructs() {
	for i := range 20_000 {
		b.take(point{x: i, y: i})
	}
}

func (b *bench) copyLarge() { b.number += copy(b.big[0], b.big[1]) }

func (b *bench) clearLarge() { clear(b.big[0]) }

//go:noinline
func (b *bench) byValue(w wide) int64 { return w.cells[b.number&63] }

func (b *bench) copyStructs() {
	table := make([]wide, 64)
	for i := range 20_000 {
		b.number += int(b.byValue(table[i%64]))
		table[(i+7)%64] = table[i%64]
	}
}

// collectorAssist allocates faster than the collector likes, on a live heap
// that takes it some time to mark.
func (b *bench) collectorAssist() {
	for i := range 50_000 {
		b.heap[(i*7919)%len(b.heap)] = &node{left: &node{value: i}, right: &node{value: i}}
	}
}

func (b *bench) collectorForced() { runtime.GC() }

// pointerWrites stores pointers while marking is likely to be under way.
func (b *bench) pointerWrites() {
	for i := range 100_000 {
		b.heap[i%4096], b.heap[i%4095] = b.heap[i%4095], b.heap[i%4096]
		if i%8 == 0 {
			b.sink = &node{left: b.heap[i%4096]}
		}
	}
}

//go:noinline
func (b *bench) descend(n int) int {
	var frame [128]byte
	frame[n%128] = byte(n)
	if n == 0 {
		return int(frame[b.number&127])
	}
	return b.descend(n-1) + int(frame[n%128])
}

func (b *bench) stackGrowth() {
	var wg sync.WaitGroup
	for range 50 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			b.descend(100)
		}()
		wg.Wait()
	}
}

func (b *bench) finalizers() {
	for i := range 2_000 {
		n := &node{value: i}
		runtime.SetFinalizer(n, func(n *node) { n.value = 0 })
	}
	runtime.GC()
}

func (b *bench) poolReuse() {
	pool := sync.Pool{New: func() any { return new([4096]byte) }}
	for range 20_000 {
		buf := pool.Get().(*[4096]byte)
		buf[0]++
		pool.Put(buf)
	}
}

// poolForgotten gets and never puts back.
func (b *bench) poolForgotten() {
	pool := sync.Pool{New: func() any { return new([4096]byte) }}
	for range 2_000 {
		b.sink = pool.Get()
	}
}
