// Package stacks reads what BPF programs keep of a Go stack and of its labels
// (ebpf/bpf/stack.h, ebpf/bpf/labels.h) and folds it into a profile.
//
// Both are kept once, under the hash of their content; samples name them by
// hash. The bytes come from the kernel, but what is in them was chosen by the
// measured process: addresses may be anything and labels hold any bytes. The
// package is pure.
package stacks

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/goperf/goperf/profile"
)

// The sizes of stack.h and labels.h.
const (
	maxFrames  = 128
	stackBytes = 8 + 8*maxFrames
	maxLabels  = 8
	keyBytes   = 32
	valueBytes = 64
	labelBytes = 8 + maxLabels*(keyBytes+valueBytes)
)

// Stack is the addresses of a stack as a probe found them, leaf first.
type Stack struct {
	PC     []uint64 // where the thread was, then return addresses
	Caller uint64   // the return address on top of the stack, if one seemed to lie there
	Pushed bool     // it lay above a frame pointer that had just been pushed
	Cut    bool     // there may be more frames than the probe keeps
}

// DecodeStack reads struct stack of stack.h.
func DecodeStack(b []byte) (Stack, error) {
	if len(b) != stackBytes {
		return Stack{}, fmt.Errorf("stack: %d bytes, want %d", len(b), stackBytes)
	}
	n := binary.NativeEndian.Uint32(b)
	if n < 2 || n > maxFrames {
		return Stack{}, fmt.Errorf("stack: %d frames, want 2 to %d", n, maxFrames)
	}
	pc := func(i uint32) uint64 { return binary.NativeEndian.Uint64(b[8+8*i:]) }
	s := Stack{
		PC: []uint64{pc(0)}, Caller: pc(1),
		Pushed: b[4] != 0, Cut: n == maxFrames,
	}
	for i := uint32(2); i < n; i++ {
		s.PC = append(s.PC, pc(i))
	}
	return s, nil
}

// Labels is a set of pprof labels as a probe copied it.
type Labels struct {
	List []profile.Label
	Cut  bool // labels were left out, or a key or value was cut
}

// DecodeLabels reads struct labels of labels.h. A string that the kernel could
// not read is given as its address, which read looks up; one that it cannot
// tell either is left out.
func DecodeLabels(b []byte, read func(addr uint64, n int) ([]byte, bool)) (Labels, error) {
	if len(b) != labelBytes {
		return Labels{}, fmt.Errorf("labels: %d bytes, want %d", len(b), labelBytes)
	}
	n := binary.NativeEndian.Uint32(b)
	if n > maxLabels {
		return Labels{}, fmt.Errorf("labels: %d, want at most %d", n, maxLabels)
	}
	l := Labels{Cut: b[4] != 0}
	for i := range n {
		at := 8 + i*(keyBytes+valueBytes)
		key, ok1 := resolved(b[at:at+keyBytes], b[6]>>i&1 == 1, read)
		value, ok2 := resolved(b[at+keyBytes:at+keyBytes+valueBytes], b[7]>>i&1 == 1, read)
		if !ok1 || !ok2 || key == "" {
			l.Cut = true
			continue
		}
		l.List = append(l.List, profile.Label{Key: key, Str: value})
	}
	return l, nil
}

// resolved is the text of a string, or of the one whose address stands there.
func resolved(b []byte, address bool, read func(uint64, int) ([]byte, bool)) (string, bool) {
	if !address {
		return text(b), true
	}
	n := binary.NativeEndian.Uint64(b[8:])
	if n >= uint64(len(b)) || read == nil {
		return "", false
	}
	s, ok := read(binary.NativeEndian.Uint64(b), int(n))
	return text(s), ok
}

// text is the bytes before the first 0. Bytes that are no UTF-8 (a value that
// was cut in a rune) would make a profile that others refuse.
func text(b []byte) string {
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
}
