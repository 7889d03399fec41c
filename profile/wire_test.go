package profile_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"testing"
)

// message is a protocol buffer message in the making, for inputs that no
// honest writer would make.
type message []byte

func (m message) num(id int, x uint64) message {
	m = binary.AppendUvarint(m, uint64(id)<<3)
	return binary.AppendUvarint(m, x)
}

func (m message) bytes(id int, body []byte) message {
	m = binary.AppendUvarint(m, uint64(id)<<3|2)
	m = binary.AppendUvarint(m, uint64(len(body)))
	return append(m, body...)
}

func (m message) str(id int, s string) message { return m.bytes(id, []byte(s)) }

// times repeats what add appends.
func (m message) times(n int, add func(m message, i int) message) message {
	for i := range n {
		m = add(m, i)
	}
	return m
}

func packed(xs ...uint64) []byte {
	var b []byte
	for _, x := range xs {
		b = binary.AppendUvarint(b, x)
	}
	return b
}

// small is a valid profile: two samples in main.f called by main.main.
func small() message {
	var m message
	m = m.bytes(1, message{}.num(1, 1).num(2, 2))
	m = m.bytes(2, message{}.bytes(1, packed(1, 2)).bytes(2, packed(30)))
	m = m.bytes(2, message{}.bytes(1, packed(2)).bytes(2, packed(12)).bytes(3, message{}.num(1, 6).num(2, 7)))
	m = m.bytes(3, message{}.num(1, 1).num(2, 0x400000).num(3, 0x500000).num(5, 5))
	m = m.bytes(4, message{}.num(1, 1).num(2, 1).num(3, 0x400100).bytes(4, message{}.num(1, 1).num(2, 11)))
	m = m.bytes(4, message{}.num(1, 2).num(2, 1).num(3, 0x400200).bytes(4, message{}.num(1, 2).num(2, 22)))
	m = m.bytes(5, message{}.num(1, 1).num(2, 3).num(4, 5))
	m = m.bytes(5, message{}.num(1, 2).num(2, 4).num(4, 5))
	for _, s := range []string{"", "delay", "nanoseconds", "main.f", "main.main", "main.go", "route", "/x"} {
		m = m.str(6, s)
	}
	return m.num(9, 1_700_000_000_000_000_000)
}

// unpacked is small with each location and value in a field of its own, which
// encoders that do not pack write.
func unpacked() message {
	m := message{}.bytes(2, message{}.num(1, 2).num(2, 4)) // before any that is packed
	return append(m, small()...)
}

func zipped(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	if _, err := zw.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}
