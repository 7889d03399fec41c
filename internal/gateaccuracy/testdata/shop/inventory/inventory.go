// Package inventory knows what is in stock.
package inventory

import (
	"sync"
	"time"

	"example.com/shop/wire"
)

// Stock is shared by all requests.
type Stock struct {
	mu    sync.Mutex
	count map[string]int
	calls int

	// Flush is how long every 50th reservation writes to the journal for, with
	// the lock held.
	Flush time.Duration
}

// New makes a stock.
func New(flush time.Duration) *Stock {
	return &Stock{count: map[string]int{}, Flush: flush}
}

// Reserve takes items out of the stock, which is filled up when it is empty.
func (s *Stock) Reserve(items []wire.Item) (left []int) {
	left = make([]int, 0, len(items))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, item := range items {
		n := s.count[item.SKU] - item.Quantity
		if n < 0 {
			n += 1000
		}
		s.count[item.SKU] = n
		left = append(left, n)
	}
	if s.calls++; s.calls%50 == 0 {
		time.Sleep(s.Flush)
	}
	return left
}

// Report counts what is left, under the same lock.
func (s *Stock) Report() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.count)
}
