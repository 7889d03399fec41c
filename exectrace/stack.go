package exectrace

import (
	"encoding/binary"

	"golang.org/x/exp/trace"
)

const (
	noStack    = -1 // the trace has none
	otherStack = -2 // one above the limit
)

// stackTable gives equal stacks equal numbers. The library does so only within a
// generation.
type stackTable struct {
	limit   int
	known   map[trace.Stack]int32 // of this generation
	byFrame map[Frame]uint32
	frame   []Frame
	byStack map[string]int32 // numbers of frames, four bytes each
	stack   []string
	buf     []byte
}

func newStackTable(limit int) *stackTable {
	return &stackTable{
		limit:   limit,
		known:   map[trace.Stack]int32{},
		byFrame: map[Frame]uint32{},
		byStack: map[string]int32{},
	}
}

func (t *stackTable) nextGeneration() { clear(t.known) }

func (t *stackTable) id(s trace.Stack) int32 {
	if s == trace.NoStack {
		return noStack
	}
	id, ok := t.known[s]
	if !ok {
		id = t.intern(s)
		t.known[s] = id
	}
	return id
}

func (t *stackTable) intern(s trace.Stack) int32 {
	full := len(t.stack) >= t.limit
	t.buf = t.buf[:0]
	for f := range s.Frames() {
		frame := Frame{Function: f.Func, File: f.File, Line: int(min(f.Line, 1<<31-1))}
		n, ok := t.byFrame[frame]
		if !ok {
			if full {
				return otherStack
			}
			n = uint32(len(t.frame))
			t.byFrame[frame] = n
			t.frame = append(t.frame, frame)
		}
		t.buf = binary.LittleEndian.AppendUint32(t.buf, n)
	}
	if len(t.buf) == 0 {
		return noStack
	}
	if id, ok := t.byStack[string(t.buf)]; ok {
		return id
	}
	if full {
		return otherStack
	}
	id := int32(len(t.stack))
	key := string(t.buf)
	t.byStack[key] = id
	t.stack = append(t.stack, key)
	return id
}

// frames are those of stack id, leaf first.
func (t *stackTable) frames(id int32) []Frame {
	switch {
	case id == otherStack:
		return []Frame{{Function: Other}}
	case id < 0:
		return nil
	}
	key := t.stack[id]
	frames := make([]Frame, 0, len(key)/4)
	for i := 0; i+4 <= len(key); i += 4 {
		frames = append(frames, t.frame[binary.LittleEndian.Uint32([]byte(key[i:i+4]))])
	}
	return frames
}
