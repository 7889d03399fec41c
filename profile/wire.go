package profile

import "fmt"

// The wire types of the protocol buffer encoding that profile.proto can hold.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// offsetError is a problem at a byte of the (uncompressed) input.
type offsetError struct {
	off int64
	msg string
}

func (e *offsetError) Error() string { return fmt.Sprintf("%s at byte %d", e.msg, e.off) }

// fault makes an offsetError; relative offsets are made absolute by whoever
// knows where the message began.
func fault(off int, format string, args ...any) *offsetError {
	return &offsetError{off: int64(off), msg: fmt.Sprintf(format, args...)}
}

// uvarint reads a varint at b[i:] and returns the index behind it, or -1 when
// it is cut or longer than the ten bytes that 64 bits need.
func uvarint(b []byte, i int) (uint64, int) {
	if i < len(b) && b[i] < 0x80 {
		return uint64(b[i]), i + 1
	}
	var x uint64
	for s := uint(0); s < 70; s += 7 {
		if i >= len(b) {
			return 0, -1
		}
		c := b[i]
		i++
		x |= uint64(c&0x7f) << s
		if c < 0x80 {
			return x, i
		}
	}
	return 0, -1
}

// field is one field of a message: num holds varints and fixed values, body the
// bytes of length-delimited ones.
type field struct {
	id   uint64
	wire int
	num  uint64
	body []byte
}

// next reads the field of message b that begins at i and returns the index behind it.
func next(b []byte, i int, f *field) (int, *offsetError) {
	start := i
	tag, i := uvarint(b, i)
	if i < 0 {
		return 0, fault(start, "cut or overlong field tag")
	}
	f.id, f.wire, f.num, f.body = tag>>3, int(tag&7), 0, nil
	if f.id == 0 {
		return 0, fault(start, "field number 0")
	}
	switch f.wire {
	case wireVarint:
		if f.num, i = uvarint(b, i); i < 0 {
			return 0, fault(start, "cut or overlong number in field %d", f.id)
		}
	case wireFixed64, wireFixed32:
		n := 8
		if f.wire == wireFixed32 {
			n = 4
		}
		if len(b)-i < n {
			return 0, fault(start, "cut number in field %d", f.id)
		}
		for k := range n {
			f.num |= uint64(b[i+k]) << (8 * k)
		}
		i += n
	case wireBytes:
		n, j := uvarint(b, i)
		if j < 0 || n > uint64(len(b)-j) {
			return 0, fault(start, "field %d claims more bytes than its message holds", f.id)
		}
		f.body, i = b[j:j+int(n):j+int(n)], j+int(n)
	default:
		return 0, fault(start, "wire type %d in field %d", f.wire, f.id)
	}
	return i, nil
}
