package gunzip

import "math/bits"

// An entry of a table says what a code means:
//
//	bits 0-5    bits that code and number take together
//	bits 8-11   bits of the code alone
//	bits 12-13  kind, 0 for a code that is none
//	bits 16-30  literal, base of the number, or index of the table that goes on
//	bit  31     a literal
const (
	isNumber uint32 = 1 << 12
	isSub    uint32 = 2 << 12
	isEnd    uint32 = 3 << 12
	kinds    uint32 = 3 << 12
	literal  uint32 = 1 << 31
)

const (
	longest      = 15 // bits of a code
	lengthOrder  = 19
	maxLiterals  = 286
	maxDistances = 30
	endOfBlock   = 256
	literalBits  = 11 // what the first table looks at
	distanceBits = 9
	lengthBits   = 7
	literalSize  = 1 << 13 // the first table, and one of 16 for each two of the codes that are longer
	distanceSize = 1 << 11 // the first table, and one of 64 for each two of them
)

// codes are the Huffman codes of a block. Their tables have sizes of powers of
// two, so that an index needs no check.
type codes struct {
	literals    [literalSize]uint32
	distances   [distanceSize]uint32
	lengths     [1 << lengthBits]uint32
	literalSub  uint32 // masks of the tables that go on
	distanceSub uint32

	literalSyms  [maxLiterals]uint32
	distanceSyms [maxDistances]uint32
	lengthSyms   [lengthOrder]uint32
}

// prepare makes the entries of the symbols, RFC 1951 section 3.2.5.
func (c *codes) prepare() {
	for i := range uint32(endOfBlock) {
		c.literalSyms[i] = literal | i<<16
	}
	c.literalSyms[endOfBlock] = isEnd
	base := uint32(3)
	for i := range uint32(28) {
		extra := max(i/4, 1) - 1
		c.literalSyms[endOfBlock+1+i] = isNumber | base<<16 | extra
		base += 1 << extra
	}
	c.literalSyms[maxLiterals-1] = isNumber | 258<<16
	base = 1
	for i := range uint32(maxDistances) {
		extra := max(i/2, 1) - 1
		c.distanceSyms[i] = isNumber | base<<16 | extra
		base += 1 << extra
	}
	for i := range uint32(lengthOrder) {
		c.lengthSyms[i] = isNumber | i<<16
	}
}

// fixed makes the codes of RFC 1951 section 3.2.6.
func (c *codes) fixed() error {
	var lens [288]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	var fives [32]uint8
	for i := range fives {
		fives[i] = 5
	}
	return c.build(lens[:], fives[:])
}

// build makes both tables. Symbols beyond those that mean something have codes
// and no entry.
func (c *codes) build(literals, distances []uint8) error {
	var ok bool
	if c.literalSub, ok = build(c.literals[:], literalBits, literals, c.literalSyms[:]); !ok {
		return ErrCorrupt
	}
	if c.distanceSub, ok = build(c.distances[:], distanceBits, distances, c.distanceSyms[:]); !ok {
		return ErrCorrupt
	}
	return nil
}

// findLiteral and the others find the entry of the code that next begins with.
func (c *codes) findLiteral(next uint64) uint32 {
	e := c.literals[next&(1<<literalBits-1)]
	if e&kinds == isSub {
		e = c.literals[(e>>16+uint32(next>>literalBits)&c.literalSub)%literalSize]
	}
	return e
}

func (c *codes) findDistance(next uint64) uint32 {
	e := c.distances[next&(1<<distanceBits-1)]
	if e&kinds == isSub {
		e = c.distances[(e>>16+uint32(next>>distanceBits)&c.distanceSub)%distanceSize]
	}
	return e
}

func (c *codes) findLength(next uint64) uint32 { return c.lengths[next&(1<<lengthBits-1)] }

// readCodes reads the codes of a block, RFC 1951 section 3.2.7.
func (z *Reader) readCodes() error {
	head, err := z.take(14)
	if err != nil {
		return err
	}
	literals, distances, ordered := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if literals > maxLiterals || distances > maxDistances {
		return ErrCorrupt
	}
	var lens [lengthOrder]uint8
	for _, sym := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:ordered] {
		l, err := z.take(3)
		if err != nil {
			return err
		}
		lens[sym] = uint8(l)
	}
	if _, ok := build(z.codes.lengths[:], lengthBits, lens[:], z.codes.lengthSyms[:]); !ok {
		return ErrCorrupt
	}
	var all [maxLiterals + maxDistances]uint8
	if err := z.readLengths(all[:literals+distances]); err != nil {
		return err
	}
	return z.codes.build(all[:literals], all[literals:literals+distances])
}

// readLengths reads how long the codes are, themselves in a code.
func (z *Reader) readLengths(lens []uint8) error {
	for i := 0; i < len(lens); {
		e, sym, err := z.number(z.codes.findLength)
		if err != nil {
			return err
		}
		if e == 0 {
			return ErrCorrupt
		}
		if sym < 16 {
			lens[i] = uint8(sym)
			i++
			continue
		}
		again, extra, of := uint32(3), uint(2), uint8(0)
		switch {
		case sym == 16 && i == 0:
			return ErrCorrupt
		case sym == 16:
			of = lens[i-1]
		case sym == 17:
			extra = 3
		default:
			again, extra = 11, 7
		}
		more, err := z.take(extra)
		if err != nil {
			return err
		}
		end := i + int(again+more)
		if end > len(lens) {
			return ErrCorrupt
		}
		for ; i < end; i++ {
			lens[i] = of
		}
	}
	return nil
}

// firstCodes finds the first code of each length, and how much of all codes of
// the longest one they take together.
func firstCodes(next, count *[longest + 2]uint32, most uint) uint32 {
	code := uint32(0)
	for l := uint(1); l <= most; l++ {
		code = (code + count[l-1]) << 1
		next[l] = code
	}
	return code + count[most]
}

// build fills a table for the canonical code with these lengths, RFC 1951
// section 3.2.2. Its first part is looked up by the first bits of a code; codes
// that are longer go on in further parts, whose mask is returned. Lengths that
// make no prefix code are refused, but for no code, or one of a single bit.
func build(table []uint32, first uint, lens []uint8, syms []uint32) (mask uint32, ok bool) {
	var count, next [longest + 2]uint32
	most := uint(0)
	for _, l := range lens {
		count[l]++
		if l > 0 {
			most = max(most, uint(l))
		}
	}
	count[0] = 0
	if whole := firstCodes(&next, &count, most); whole != 1<<most && (most > 1 || whole > 1) {
		return 0, false
	}
	if most > first {
		mask = 1<<(most-first) - 1
	}
	free := uint32(1) << first
	clear(table[:free])
	for sym, l := range lens {
		if l == 0 {
			continue
		}
		e := uint32(0)
		if sym < len(syms) {
			e = syms[sym] + uint32(l) | uint32(l)<<8
		}
		reversed := uint32(bits.Reverse16(uint16(next[l]))) >> (16 - l)
		next[l]++
		free = enter(table, e, reversed, uint(l), first, mask, free)
	}
	return mask, true
}

// enter puts an entry wherever a code of so many bits is looked up, in the first
// part or in a further one, which is made at free when it is new.
func enter(table []uint32, e, reversed uint32, bits, first uint, mask, free uint32) uint32 {
	if bits <= first {
		for i := reversed; i < 1<<first; i += 1 << bits {
			table[i] = e
		}
		return free
	}
	low := reversed & (1<<first - 1)
	if table[low] == 0 {
		table[low] = isSub | free<<16
		free += mask + 1
	}
	at := table[low] >> 16
	for i := reversed >> first; i <= mask; i += 1 << (bits - first) {
		table[at+i] = e
	}
	return free
}
