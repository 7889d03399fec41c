package profile

import (
	"errors"
	"fmt"

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

func newInput(data []byte, limit int64) (*input, error) {
	if !isGzip(data) {
		if int64(len(data)) > limit {
			return nil, fmt.Errorf("%d bytes: %w (%d)", len(data), errTooLarge, limit)
		}
		return &input{buf: data, expected: int64(len(data)), limit: limit}, nil
	}
	src, err := gunzip.NewReader(data)
	if err != nil {
		return nil, err
	}
	if r := int64(len(data)) * maxRatio; limit > max(r, ratioFloor) {
		limit = max(r, ratioFloor)
	}
	// The last four bytes of a gzip file are the size modulo 2^32: believed
	// only within the ratios that profiles have.
	tail := data[max(0, len(data)-4):]
	tail = append(make([]byte, 4-len(tail)), tail...)
	size := int64(tail[0]) | int64(tail[1])<<8 | int64(tail[2])<<16 | int64(tail[3])<<24
	size = min(size, 20*int64(len(data)), limit)
	return &input{buf: make([]byte, 0, chunkSize), src: src, expected: size, limit: limit}, nil
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
			return fmt.Errorf("inflates beyond %d bytes: %w", in.limit, errTooLarge)
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

func isGzip(data []byte) bool {
	return len(data) >= 2 && data[0] == 0x1f && data[1] == 0x8b
}
