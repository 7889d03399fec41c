// Package rules weighs requests.
package rules

import "example.com/mill/parse"

// Set is a net of weights.
type Set struct {
	weights [512]uint32

	// Passes is how often a record goes through the net.
	Passes int
}

// New makes a net.
func New(passes int) *Set {
	s := &Set{Passes: passes}
	for i := range s.weights {
		s.weights[i] = uint32(i*i*31 + 7)
	}
	return s
}

// Weigh is how suspicious a request is.
//
//go:noinline
func (s *Set) Weigh(r *parse.Record) uint32 {
	state := uint32(r.Bytes) ^ uint32(r.Status)
	for range s.Passes {
		w := s.weights[state&511]
		state = state<<5 | state>>27
		if state&w != 0 {
			state ^= w
		} else {
			state += w | 1
		}
	}
	return state >> 16
}

// Mark is a short name for an agent.
//
//go:noinline
func (s *Set) Mark(agent string) uint32 {
	var a, b uint32 = 1, 0
	for range 3 {
		for i := range len(agent) {
			a = (a + uint32(agent[i])) % 65521
			b = (b + a) % 65521
		}
	}
	return b<<16 | a
}
