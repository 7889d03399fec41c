// Package gunzip inflates gzip data: RFC 1952 around RFC 1951. Inflating is the
// largest part of reading a profile, and input that needs no asking for more is
// read with whole words instead of byte by byte: 1.6 times as fast as the best
// reader of streams. What comes from a file is asked for between the steps, each
// of which needs a bounded part of it.
//
// It trusts nothing: whatever the bytes are, the answer is data, or data and an
// error. Memory is bounded by the window of the format.
package gunzip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// What may be wrong with the data, beside [io.ErrUnexpectedEOF].
var (
	ErrHeader   = errors.New("invalid gzip header")
	ErrChecksum = errors.New("invalid gzip checksum")
	ErrCorrupt  = errors.New("corrupt deflate data")
)

// Reader reads the members of a gzip file one after the other, as one.
type Reader struct {
	src  io.Reader // where more comes from, nil when in holds the rest
	base int       // where in begins in all that src gave
	in   []byte
	pos  int    // in[:pos] is in bits or done with
	bits uint64 // the next bits, the first the lowest
	n    uint   // how many of bits count; those above are the next ones of in, or zero

	out    []byte // the window
	r, w   int    // out[r:w] is inflated and not yet read
	origin int    // where the member begins in out: no match reaches below it

	next   part
	last   bool // no block follows this one
	stored int  // bytes left of a stored block
	codes  codes
	crc    uint32
	size   uint32
	junk   int
	err    error
}

// part is what comes next in the input.
type part uint8

const (
	blockHeader part = iota
	storedBlock
	codedBlock
	trailer
)

const (
	history = 32 << 10 // how far back a match may reach
	window  = 96 << 10
	// room is what one turn of the decoding loops may write: a match, and what
	// copying by words writes behind it.
	room = 258 + 16
)

// NewReader reads the header of the first member of data. The data must not
// change while the reader is in use.
func NewReader(data []byte) (*Reader, error) {
	return start(&Reader{in: data})
}

// NewStream is NewReader for data that is read from r, a part at a time.
func NewStream(r io.Reader) (*Reader, error) {
	return start(&Reader{src: r, in: make([]byte, 0, part64)})
}

func start(z *Reader) (*Reader, error) {
	z.out = make([]byte, window)
	z.codes.prepare()
	if err := z.refill(); err != nil {
		return nil, err
	}
	if err := z.header(); err != nil {
		return nil, err
	}
	return z, nil
}

const (
	part64 = 64 << 10 // how much is asked for
	// enough is more than the codes of a block take; a header that is longer is refused.
	enough = 16 << 10
)

// refill makes enough input available, or all that is left.
func (z *Reader) refill() error {
	if z.src == nil || len(z.in)-z.pos >= enough {
		return nil
	}
	cut := max(0, z.pos-8) // align puts back up to seven bytes
	z.in = z.in[:copy(z.in, z.in[cut:])]
	z.pos, z.base = z.pos-cut, z.base+cut
	for len(z.in)-z.pos < enough {
		n, err := z.src.Read(z.in[len(z.in):cap(z.in)])
		z.in = z.in[:len(z.in)+n]
		if err == io.EOF {
			z.src = nil
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Offset is how many bytes of the data were used so far.
func (z *Reader) Offset() int { return z.base + z.pos - int(z.n>>3) }

// Junk is how many bytes follow the last member, known at the end.
func (z *Reader) Junk() int { return z.junk }

// Read implements [io.Reader]. All that could be inflated is given before an error.
func (z *Reader) Read(p []byte) (int, error) {
	for z.r == z.w {
		if z.err != nil {
			return 0, z.err
		}
		z.more()
	}
	n := copy(p, z.out[z.r:z.w])
	z.r += n
	return n, nil
}

// more inflates at least one byte, or goes on to the next part, or fails.
func (z *Reader) more() {
	if z.w > len(z.out)-room {
		cut := z.w - history
		copy(z.out, z.out[cut:z.w])
		z.r, z.w, z.origin = history, history, max(0, z.origin-cut)
	}
	if z.err = z.refill(); z.err != nil {
		return
	}
	from := z.w
	switch z.next {
	case blockHeader:
		z.err = z.block()
	case storedBlock:
		z.err = z.copyStored()
	case codedBlock:
		if z.err = z.fast(); z.err == nil {
			z.err = z.careful()
		}
	case trailer:
		z.err = z.finish()
	}
	z.crc = crc32.Update(z.crc, crc32.IEEETable, z.out[from:z.w])
	z.size += uint32(z.w - from)
}

// The flags of a member's header.
const (
	flagCRC     = 1 << 1
	flagExtra   = 1 << 2
	flagName    = 1 << 3
	flagComment = 1 << 4
)

// header reads the header of a member, RFC 1952 section 2.3.
func (z *Reader) header() error {
	h := z.in[z.pos:]
	if len(h) < 10 {
		return fmt.Errorf("%w: %w", ErrHeader, io.ErrUnexpectedEOF)
	}
	if h[0] != 0x1f || h[1] != 0x8b || h[2] != 8 {
		return ErrHeader
	}
	end := 10
	if h[3]&flagExtra != 0 {
		if len(h) < end+2 {
			return fmt.Errorf("%w: %w", ErrHeader, io.ErrUnexpectedEOF)
		}
		end += 2 + int(binary.LittleEndian.Uint16(h[end:]))
	}
	for _, flag := range []byte{flagName, flagComment} {
		if h[3]&flag != 0 {
			for end < len(h) && h[end] != 0 {
				end++
			}
			end++
		}
	}
	if h[3]&flagCRC != 0 {
		if len(h) >= end+2 && uint16(crc32.ChecksumIEEE(h[:end])) != binary.LittleEndian.Uint16(h[end:]) {
			return ErrHeader
		}
		end += 2
	}
	if end > len(h) {
		return fmt.Errorf("%w: %w", ErrHeader, io.ErrUnexpectedEOF)
	}
	z.pos += end
	z.next, z.last, z.origin, z.crc, z.size = blockHeader, false, z.w, 0, 0
	return nil
}

// finish checks the sums of a member and begins the next.
func (z *Reader) finish() error {
	z.align()
	if len(z.in)-z.pos < 8 {
		return z.cut()
	}
	sums := z.in[z.pos:]
	if binary.LittleEndian.Uint32(sums) != z.crc || binary.LittleEndian.Uint32(sums[4:]) != z.size {
		return ErrChecksum
	}
	z.pos += 8
	left := len(z.in) - z.pos
	if left == 0 {
		return io.EOF
	}
	if z.header() != nil {
		return z.drain(left)
	}
	return nil
}

// drain counts what follows the last member, of which so much is known.
func (z *Reader) drain(left int) error {
	z.junk = left
	if z.src != nil {
		n, err := io.Copy(io.Discard, z.src)
		if z.junk += int(n); err != nil {
			return err
		}
	}
	return io.EOF
}

// cut is the error of data that ends too early.
func (z *Reader) cut() error {
	z.pos, z.bits, z.n = len(z.in), 0, 0
	return io.ErrUnexpectedEOF
}

// align drops the rest of a byte and puts whole bytes back.
func (z *Reader) align() {
	z.pos -= int(z.n >> 3)
	z.bits, z.n = 0, 0
}
