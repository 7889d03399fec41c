//go:build go1.24

package main

import (
	"runtime"
	"strings"
	"unique"
	"weak"
)

// newer is what Go 1.22 does not have.
func (b *bench) newer() []func() {
	return []func(){b.cleanups, b.weakPointers, b.uniqueHandles, b.splitSequence}
}

func (b *bench) cleanups() {
	for i := range 2_000 {
		n := &node{value: i}
		runtime.AddCleanup(n, func(int) {}, i)
	}
	runtime.GC()
}

func (b *bench) weakPointers() {
	for i := range 2_000 {
		b.heap[i] = &node{value: i}
		if weak.Make(b.heap[i]).Value() != nil {
			b.number++
		}
	}
}

func (b *bench) uniqueHandles() {
	for _, word := range b.words {
		b.sink = unique.Make(word)
	}
}

func (b *bench) splitSequence() {
	for part := range strings.SplitSeq(b.prose, " ") {
		b.number += len(part)
	}
}
