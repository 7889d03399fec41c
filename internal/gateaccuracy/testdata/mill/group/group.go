// Package group counts by key and ranks what it counted.
package group

import (
	"cmp"
	"slices"
)

// Counts are sums by key.
type Counts[K cmp.Ordered] map[K]int64

// Entry is a key and its sum.
type Entry[K cmp.Ordered] struct {
	Key K
	Sum int64
}

// Top gives the n largest sums, in order.
func Top[K cmp.Ordered](c Counts[K], n int) []Entry[K] {
	all := make([]Entry[K], 0, len(c))
	for k, v := range c {
		all = append(all, Entry[K]{k, v})
	}
	slices.SortFunc(all, func(a, b Entry[K]) int {
		if d := rank(a.Sum, b.Sum); d != 0 {
			return d
		}
		return cmp.Compare(a.Key, b.Key)
	})
	return all[:min(n, len(all))]
}

// rank puts large sums first, and of sums of one size those with more bits.
//
//go:noinline
func rank(a, b int64) int {
	for shift := 56; shift >= 0; shift -= 8 {
		if d := cmp.Compare(b>>shift, a>>shift); d != 0 {
			return d
		}
	}
	return 0
}
