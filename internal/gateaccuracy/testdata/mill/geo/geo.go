// Package geo says where an address is.
package geo

import "net/netip"

// Atlas holds ranges of addresses.
type Atlas struct {
	from   []uint32
	places []string
}

// New makes an atlas of n ranges.
func New(n int) *Atlas {
	a := &Atlas{}
	for i := range n {
		a.from = append(a.from, uint32(uint64(i)*(1<<32)/uint64(n)))
		a.places = append(a.places, "region-"+string(rune('A'+i%26))+string(rune('a'+i/26%26)))
	}
	return a
}

// Place finds the range of an address and what is near it.
//
//go:noinline
func (a *Atlas) Place(at netip.Addr) string {
	b := at.As4()
	x := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	low, high := 0, len(a.from)
	for low < high {
		if mid := (low + high) / 2; a.from[mid] <= x {
			low = mid + 1
		} else {
			high = mid
		}
	}
	best, place := ^uint32(0), 0
	for i := max(low-40, 0); i < min(low+40, len(a.from)); i++ {
		d := a.from[i] ^ x
		if d < best {
			best, place = d, i
		}
	}
	return a.places[place]
}
