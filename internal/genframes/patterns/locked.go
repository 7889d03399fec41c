package main

import (
	"math/rand"
	"sync"
)

// lockedSource is a random source behind a mutex.
type lockedSource struct {
	mu     sync.Mutex
	source rand.Source64
}

// Int63 is one number.
func (s *lockedSource) Int63() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source.Int63()
}
