package goproc

import (
	"cmp"
	"errors"
	"slices"
)

// errGone says that the process ended.
var errGone = errors.New("the process ended")

// part is a range of the target's memory, and where its bytes go.
type part struct {
	addr uint64
	n    int
	at   int  // in the buffer
	ok   bool // all of it was read
}

// memory reads parts of a process, in few system calls. Parts that are not
// mapped are left as not ok; an error means that nothing can be read at all.
type memory interface {
	readv(buf []byte, parts []part) error
}

// read fills b from an address.
func read(m memory, b []byte, addr uint64) error {
	parts := []part{{addr: addr, n: len(b)}}
	if err := m.readv(b, parts); err != nil {
		return err
	}
	if !parts[0].ok {
		return errUnmapped
	}
	return nil
}

var errUnmapped = errors.New("not mapped")

// want is a range of the target's memory that somebody asks for.
type want struct {
	addr uint64
	n    int
}

// place is where a want stands, for sorting.
type place struct {
	addr uint64
	i    int32
}

// gather reads many small ranges. Ranges that lie close to each other are read
// as one, because a page costs more than its bytes. The result has the bytes of
// each range, nil when they could not be read; they are valid until the next call.
func (p *Process) gather(wants []want, gap uint64) ([][]byte, error) {
	p.order = slices.Grow(p.order[:0], len(wants))[:len(wants)]
	order := p.order
	for i, w := range wants {
		order[i] = place{addr: w.addr, i: int32(i)}
	}
	if byAddr := func(a, b place) int { return cmp.Compare(a.addr, b.addr) }; !slices.IsSortedFunc(order, byAddr) {
		slices.SortFunc(order, byAddr)
	}
	p.parts = p.parts[:0]
	p.in = slices.Grow(p.in[:0], len(wants))[:len(wants)]
	in := p.in // of which part a want is one
	total := 0
	for _, o := range order {
		i, w := o.i, wants[o.i]
		if k := len(p.parts) - 1; k >= 0 {
			last := &p.parts[k]
			end := last.addr + uint64(last.n)
			if w.addr >= last.addr && w.addr <= end+gap && last.n < maxPart {
				if grown := int(w.addr + uint64(w.n) - last.addr); grown > last.n {
					total += grown - last.n
					last.n = grown
				}
				in[i] = int32(k)
				continue
			}
		}
		in[i] = int32(len(p.parts))
		p.parts = append(p.parts, part{addr: w.addr, n: w.n, at: total})
		total += w.n
	}
	if cap(p.buf) < total {
		p.buf = make([]byte, total+total/4)
	}
	buf := p.buf[:total]
	if err := p.mem.readv(buf, p.parts); err != nil {
		return nil, err
	}
	out := make([][]byte, len(wants))
	for i, w := range wants {
		pt := &p.parts[in[i]]
		if pt.ok {
			at := pt.at + int(w.addr-pt.addr)
			out[i] = buf[at : at+w.n : at+w.n]
		}
	}
	return out, nil
}

// maxPart is where a part that grows by merging ends.
const maxPart = 64 << 10
