// Package keep holds records back for whoever asks later.
package keep

import "example.com/mill/parse"

// Kept is what is held of a record.
type Kept struct {
	Path, Place string
	Raw         []byte
}

// Back holds a record back, in so many copies.
//
//go:noinline
func Back(r *parse.Record, place string, copies int) []*Kept {
	out := make([]*Kept, 0, 4)
	for range copies {
		raw := make([]byte, 0, 160)
		raw = append(raw, r.Agent...)
		raw = append(raw, ' ')
		raw = append(raw, r.Path...)
		out = append(out, &Kept{Path: r.Path, Place: place, Raw: raw})
	}
	return out
}
