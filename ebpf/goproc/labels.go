package goproc

import (
	"cmp"
	"errors"
	"slices"
)

// Bounds on the labels of one goroutine.
const (
	maxLabels = 64
	maxLabel  = 4 << 10
)

// readLabels reads the labels of all goroutines of a dump. Goroutines inherit
// the labels of their creator, so there are few sets for many goroutines.
func (p *Process) readLabels(d *Dump) error {
	var sets []uint64
	seen := map[uint64][]Label{}
	for i := range d.Goroutines {
		if a := d.Goroutines[i].labels; plausible(a) {
			if _, ok := seen[a]; !ok {
				seen[a] = nil
				sets = append(sets, a)
			}
		}
	}
	for _, a := range sets {
		var b []byte
		var err error
		if p.Layout.LabelMap {
			b, err = p.labelMap(a)
		} else {
			b, err = p.labelSlice(a)
		}
		if err != nil {
			return err
		}
		if seen[a], err = p.labelTexts(b); err != nil {
			return err
		}
	}
	for i := range d.Goroutines {
		d.Goroutines[i].Labels = seen[d.Goroutines[i].labels]
	}
	return nil
}

// labelSlice is the pairs of string headers of a set of labels: []label, and a
// label is two strings (from Go 1.24).
func (p *Process) labelSlice(addr uint64) ([]byte, error) {
	var h [16]byte
	if err := read(p.mem, h[:], addr); err != nil {
		return nil, mapped(err)
	}
	n := u64(h[8:])
	if n == 0 || n > maxLabels {
		return nil, nil
	}
	b := make([]byte, 32*n)
	return b, mapped(read(p.mem, b, u64(h[:])))
}

// A bucket of a map[string]string up to Go 1.23 (runtime/map.go, bmap): eight
// tophash bytes, eight keys, eight values, the overflow bucket.
const (
	bucketCells  = 8
	bucketValues = 8 + 16*bucketCells
	bucketNext   = bucketValues + 16*bucketCells
	bucketSize   = bucketNext + 8
	minTopHash   = 5 // smaller ones mark empty cells
)

// labelMap is the pairs of string headers of a set of labels that is a map.
func (p *Process) labelMap(addr uint64) ([]byte, error) {
	var ptr [8]byte
	if err := read(p.mem, ptr[:], addr); err != nil { // labelMap is a map: a pointer to hmap
		return nil, mapped(err)
	}
	var h [24]byte
	if err := read(p.mem, h[:], u64(ptr[:])); err != nil {
		return nil, mapped(err)
	}
	count, log := u64(h[:]), h[9]
	if count == 0 || count > maxLabels || log > 4 {
		return nil, nil
	}
	var pairs []byte
	var b [bucketSize]byte
	for i := range uint64(1) << log {
		next := u64(h[16:]) + i*bucketSize
		for depth := 0; next != 0 && depth < bucketCells; depth++ {
			if err := read(p.mem, b[:], next); err != nil {
				return pairs, mapped(err)
			}
			for c := range bucketCells {
				if b[c] >= minTopHash {
					pairs = append(append(pairs, b[8+16*c:24+16*c]...), b[bucketValues+16*c:bucketValues+16*c+16]...)
				}
			}
			next = u64(b[bucketNext:])
		}
	}
	return pairs, nil
}

// labelTexts reads the strings of pairs of headers.
func (p *Process) labelTexts(pairs []byte) ([]Label, error) {
	var labels []Label
	for ; len(pairs) >= 32; pairs = pairs[32:] {
		key, err := p.labelText(pairs)
		if err != nil {
			return nil, err
		}
		value, err := p.labelText(pairs[16:])
		if err != nil {
			return nil, err
		}
		if key != "" {
			labels = append(labels, Label{key, value})
		}
	}
	slices.SortFunc(labels, func(a, b Label) int { return cmp.Compare(a.Key, b.Key) })
	return labels, nil
}

func (p *Process) labelText(header []byte) (string, error) {
	n := u64(header[8:])
	if n == 0 {
		return "", nil
	}
	b := make([]byte, min(n, maxLabel))
	if err := read(p.mem, b, u64(header)); err != nil {
		return "", mapped(err)
	}
	return string(b), nil
}

// mapped drops the error of memory that is not there: the set was let go of
// while it was read.
func mapped(err error) error {
	if errors.Is(err, errUnmapped) {
		return nil
	}
	return err
}
