// Package table holds the sums of the whole run.
package table

import (
	"sync"
	"time"
)

// Table is shared by all workers.
type Table struct {
	mu   sync.Mutex
	sums map[string]int64
	adds int

	// Sync is how long every 40th addition writes to the disk for, with the
	// lock held.
	Sync time.Duration
}

// New makes an empty table.
func New(sync time.Duration) *Table { return &Table{sums: map[string]int64{}, Sync: sync} }

// Add adds the sums of a batch.
//
//go:noinline
func (t *Table) Add(sums map[string]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, v := range sums {
		t.sums[k] += v
	}
	if t.adds++; t.adds%40 == 0 {
		time.Sleep(t.Sync)
	}
}

// Len is how many keys there are.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sums)
}
