package gunzip

import "encoding/binary"

// fill takes bytes one by one, as many as bits can hold.
func (z *Reader) fill() {
	for z.n < 56 && z.pos < len(z.in) {
		z.bits |= uint64(z.in[z.pos]) << z.n
		z.pos++
		z.n += 8
	}
}

// take reads a number of k <= 16 bits.
func (z *Reader) take(k uint) (uint32, error) {
	if z.n < k {
		if z.fill(); z.n < k {
			return 0, z.cut()
		}
	}
	v := uint32(z.bits & (1<<k - 1))
	z.bits >>= k
	z.n -= k
	return v, nil
}

// block reads the header of a block, RFC 1951 section 3.2.3.
func (z *Reader) block() error {
	if z.last {
		z.next = trailer
		return nil
	}
	head, err := z.take(3)
	if err != nil {
		return err
	}
	z.last = head&1 != 0
	switch head >> 1 {
	case 0:
		return z.beginStored()
	case 1:
		z.next = codedBlock
		return z.codes.fixed()
	case 2:
		z.next = codedBlock
		return z.readCodes()
	}
	return ErrCorrupt
}

func (z *Reader) beginStored() error {
	z.align()
	if len(z.in)-z.pos < 4 {
		return z.cut()
	}
	head := z.in[z.pos:]
	size := binary.LittleEndian.Uint16(head)
	if size != ^binary.LittleEndian.Uint16(head[2:]) {
		return ErrCorrupt
	}
	z.pos += 4
	z.stored, z.next = int(size), storedBlock
	return nil
}

func (z *Reader) copyStored() error {
	from := z.in[z.pos:]
	n := copy(z.out[z.w:], from[:min(len(from), z.stored)])
	z.pos, z.w, z.stored = z.pos+n, z.w+n, z.stored-n
	switch {
	case z.stored == 0:
		z.next = blockHeader
	case n == len(from) && z.src == nil:
		return z.cut()
	}
	return nil
}

// fast inflates a coded block while a whole word of input and room for the
// longest match are left: nothing needs a check within a turn.
func (z *Reader) fast() error {
	in, out := z.in, z.out
	pos, w, bits, n := z.pos, z.w, z.bits, z.n
	lit, dist := &z.codes.literals, &z.codes.distances
	litSub, distSub := z.codes.literalSub, z.codes.distanceSub
	var err error
	for pos <= len(in)-16 && w <= len(out)-room {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		e := lit[bits&(1<<literalBits-1)]
		for e >= literal {
			out[w] = byte(e >> 16)
			w++
			bits >>= e & 63
			n -= uint(e & 63)
			e = lit[bits&(1<<literalBits-1)]
			if n < 2*literalBits {
				break
			}
		}
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		if e&kinds == isSub {
			e = lit[(e>>16+uint32(bits>>literalBits)&litSub)%literalSize]
		}
		if e >= literal {
			out[w] = byte(e >> 16)
			w++
			bits >>= e & 63
			n -= uint(e & 63)
			continue
		}
		if e&kinds != isNumber {
			bits >>= e & 63
			n -= uint(e & 63)
			err = z.endOrFault(e)
			break
		}
		length := int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
		bits >>= e & 63
		n -= uint(e & 63)
		e = dist[bits&(1<<distanceBits-1)]
		if e&kinds == isSub {
			e = dist[(e>>16+uint32(bits>>distanceBits)&distSub)%distanceSize]
		}
		distance := int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
		bits >>= e & 63
		n -= uint(e & 63)
		if e&kinds != isNumber || distance > w-z.origin {
			err = ErrCorrupt
			break
		}
		w = match(out, w, distance, length)
	}
	z.pos, z.w, z.bits, z.n = pos, w, bits, n
	return err
}

// match repeats length bytes from a distance back and returns the index behind
// them. It may write up to a word further.
func match(out []byte, w, distance, length int) int {
	end := w + length
	from := w - distance
	if distance >= 8 {
		for w < end {
			binary.LittleEndian.PutUint64(out[w:], binary.LittleEndian.Uint64(out[from:]))
			w, from = w+8, from+8
		}
		return end
	}
	for ; w < end; w, from = w+1, from+1 {
		out[w] = out[from]
	}
	return end
}

// endOrFault is what an entry that is no literal and no length means.
func (z *Reader) endOrFault(e uint32) error {
	if e&kinds != isEnd {
		return ErrCorrupt
	}
	z.next = blockHeader
	return nil
}

// careful inflates a coded block symbol by symbol near the end of the input.
func (z *Reader) careful() error {
	for z.next == codedBlock && z.w <= len(z.out)-room {
		if z.pos <= len(z.in)-16 || z.src != nil {
			return nil // fast had no room, or too little input, and has it the next time
		}
		e, length, err := z.number(z.codes.findLiteral)
		switch {
		case err != nil:
			return err
		case e >= literal:
			z.out[z.w] = byte(e >> 16)
			z.w++
			continue
		case e&kinds != isNumber:
			if err := z.endOrFault(e); err != nil {
				return err
			}
			continue
		}
		e, distance, err := z.number(z.codes.findDistance)
		if err != nil {
			return err
		}
		if e&kinds != isNumber || distance > z.w-z.origin {
			return ErrCorrupt
		}
		z.w = match(z.out, z.w, distance, length)
	}
	return nil
}

// number reads a symbol and the number that it begins.
func (z *Reader) number(find func(uint64) uint32) (e uint32, value int, err error) {
	z.fill()
	e = find(z.bits)
	used := uint(e & 63)
	if used > z.n || e&kinds == 0 && e < literal && z.n < longest {
		return 0, 0, z.cut()
	}
	value = int(e>>16) + int(z.bits&(1<<used-1)>>(e>>8&15))
	z.bits >>= used
	z.n -= used
	return e, value, nil
}
