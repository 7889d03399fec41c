package main

import (
	"container/heap"
	"math"
	"math/big"
	"slices"
	"sort"
)

func (b *bench) compute() []func() {
	return []func(){
		b.sortSlice, b.sortStrings, b.sortInterface, b.slicesSort, b.slicesSortFunc, b.linearScan, b.nestedLoops, b.binarySearch,
		b.floats, b.integers, b.heapQueue, b.bigMultiply, b.memoryEqual,
	}
}

func (b *bench) shuffled() []int {
	s := make([]int, 2_000)
	for i := range s {
		s[i] = i * 7919 % 2_003
	}
	return s
}

func (b *bench) sortSlice() {
	s := b.shuffled()
	sort.Slice(s, func(i, j int) bool { return s[i] < s[j] })
}

func (b *bench) sortStrings() { sort.Strings(slices.Clone(b.words)) }

func (b *bench) sortInterface() { sort.Sort(sort.Reverse(sort.IntSlice(b.shuffled()))) }

func (b *bench) slicesSort() { slices.Sort(b.shuffled()) }

func (b *bench) slicesSortFunc() {
	slices.SortFunc(b.shuffled(), func(x, y int) int { return y - x })
}

func (b *bench) linearScan() {
	for i := range 50 {
		b.number += slices.Index(b.keys[:2_000], b.keys[i*40])
	}
}

func (b *bench) nestedLoops() {
	for _, x := range b.keys[:500] {
		for _, y := range b.keys[:500] {
			if x == y {
				b.number++
			}
		}
	}
}

func (b *bench) binarySearch() {
	s := b.shuffled()
	slices.Sort(s)
	for i := range 5_000 {
		if _, ok := slices.BinarySearch(s, i); ok {
			b.number++
		}
	}
}

func (b *bench) floats() {
	x := 0.5
	for range 5_000 {
		x = math.Sqrt(math.Sin(x)+1.5) * math.Log(x+2)
	}
	b.sink = x
}

func (b *bench) integers() {
	n := uint64(1)
	for range 100_000 {
		n ^= n << 13
		n ^= n >> 7
		n ^= n << 17
	}
	b.number += int(n)
}

// queue is a priority queue of ints.
type queue struct{ sort.IntSlice }

func (q *queue) Push(v any) { q.IntSlice = append(q.IntSlice, v.(int)) }

func (q *queue) Pop() any {
	last := len(q.IntSlice) - 1
	v := q.IntSlice[last]
	q.IntSlice = q.IntSlice[:last]
	return v
}

func (b *bench) heapQueue() {
	var q queue
	for _, v := range b.shuffled() {
		heap.Push(&q, v)
	}
	for q.Len() > 0 {
		b.number += heap.Pop(&q).(int)
	}
}

func (b *bench) bigMultiply() {
	x := new(big.Int).Exp(big.NewInt(3), big.NewInt(3_000), nil)
	b.sink = new(big.Int).Mul(x, x)
}

func (b *bench) memoryEqual() {
	if string(b.big[0]) == string(b.big[1]) {
		b.number++
	}
}
