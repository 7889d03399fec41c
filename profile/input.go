package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/goperf/goperf/profile/gunzip"
)

const (
	chunkSize = 64 << 10
	// deflate cannot exceed 1032:1; a real profile stays below 60:1. The floor
	// keeps small, very regular profiles readable.
	maxRatio   = 100
	ratioFloor = 64 << 20
)

var errTooLarge = errors.New("larger than allowed")

const hintLarge = "a profile of a shorter time, or without labels, is smaller; no real one shrinks a hundredfold in gzip"

// input is a window over the uncompressed bytes. Raw input is its own window;
// gzip is inflated chunk by chunk, so that the whole is never in memory.
type input struct {
	buf      []byte // buf[pos:] is unread
	pos      int
	base     int64 // offset of buf[0] in the uncompressed bytes
	src      *gunzip.Reader
	expected int64 // likely uncompressed size, a hint only
	limit    int64
	err      error // why src ended early
}

func newInput(from source, limit int64) (*input, error) {
	zipped, err := from.isGzip()
	if err != nil {
		return nil, err
	}
	if !zipped {
		if from.size > limit {
			return nil, &hinted{fmt.Errorf("%d bytes: %w (%d)", from.size, errTooLarge, limit), hintLarge}
		}
		data, err := from.all()
		return &input{buf: data, expected: from.size, limit: limit}, err
	}
	src, err := from.inflate()
	if err != nil {
		return nil, &hinted{err, hintDamaged}
	}
	if r := from.size * maxRatio; limit > max(r, ratioFloor) {
		limit = max(r, ratioFloor)
	}
	// The last four bytes of a gzip file are the size modulo 2^32: believed
	// only within the ratios that profiles have.
	var tail [4]byte
	if err := from.at(tail[max(0, 4-from.size):], max(0, from.size-4)); err != nil {
		return nil, err
	}
	size := min(int64(binary.LittleEndian.Uint32(tail[:])), 20*from.size, limit)
	return &input{buf: make([]byte, 0, chunkSize), src: src, expected: size, limit: limit}, nil
}

// source is the bytes of a profile: all in data, or to be read from r.
type source struct {
	data []byte
	r    io.ReaderAt
	size int64
}

func bytesOf(data []byte) source { return source{data: data, size: int64(len(data))} }

// at reads len(b) bytes, which the source has to have.
func (s source) at(b []byte, off int64) error {
	if s.r == nil {
		copy(b, s.data[off:])
		return nil
	}
	if n, err := s.r.ReadAt(b, off); n < len(b) {
		return err
	}
	return nil
}

func (s source) isGzip() (bool, error) {
	var magic [2]byte
	if s.size < 2 {
		return false, nil
	}
	err := s.at(magic[:], 0)
	return magic == [2]byte{0x1f, 0x8b}, err
}

func (s source) all() ([]byte, error) {
	if s.r == nil {
		return s.data, nil
	}
	data := make([]byte, s.size)
	return data, s.at(data, 0)
}

func (s source) inflate() (*gunzip.Reader, error) {
	if s.r == nil {
		return gunzip.NewReader(s.data)
	}
	return gunzip.NewStream(io.NewSectionReader(s.r, 0, s.size))
}

// offset is the position of the next unread byte.
func (in *input) offset() int64 { return in.base + int64(in.pos) }

// fill makes at least n unread bytes available, fewer only at the end.
func (in *input) fill(n int) error {
	if in.src == nil || in.err != nil {
		return nil
	}
	if in.pos > 0 {
		in.base += int64(in.pos)
		in.buf = in.buf[:copy(in.buf, in.buf[in.pos:])]
		in.pos = 0
	}
	for len(in.buf) < n {
		if len(in.buf) == cap(in.buf) {
			// Doubling as bytes arrive: a claimed length takes no memory by itself.
			in.buf = append(make([]byte, 0, 2*cap(in.buf)), in.buf...)
		}
		k, err := in.src.Read(in.buf[len(in.buf):cap(in.buf)])
		in.buf = in.buf[:len(in.buf)+k]
		if in.base+int64(len(in.buf)) > in.limit {
			return &hinted{fmt.Errorf("inflates beyond %d bytes: %w", in.limit, errTooLarge), hintLarge}
		}
		if err != nil {
			in.err = err
			return nil
		}
	}
	return nil
}

// all inflates what is left and returns it as one slice.
func (in *input) all() ([]byte, error) {
	for in.src != nil && in.err == nil {
		if err := in.fill(len(in.buf) - in.pos + 1); err != nil {
			return nil, err
		}
	}
	return in.buf[in.pos:], nil
}
