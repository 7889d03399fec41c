package gosym

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Tables and data of a function that goperf reads (internal/abi/symtab.go).
const (
	pcdataInlTree   = 2
	funcdataInlTree = 3
)

// maxInline bounds the depth of inlining that is believed.
const maxInline = 64

// Frames are the functions at pc, the innermost inlined one first, the compiled
// one last; nil when pc is in no Go function. For a return address give the
// address before it, which is in the call.
func (t *Table) Frames(pc uint64) []Frame {
	f, ok := t.find(pc)
	if !ok {
		return nil
	}
	off := uint32(pc - t.text.Start)
	var frames []Frame
	for tree, ok := t.inlineTree(f); ok && len(frames) < maxInline; {
		call, inlined := t.inlineCall(f, tree, off)
		if !inlined {
			break
		}
		file, line := t.position(f, off)
		name := text(t.names, call.name)
		frames = append(frames, Frame{Func: printed(name), Symbol: name, File: file, Line: line, StartLine: call.startLine, Inlined: true, Wrapper: call.id == t.wrapper})
		off = f.entry + call.parent
		if off < f.entry || off >= f.end {
			return frames // damaged: the caller cannot be told
		}
	}
	file, line := t.position(f, off)
	name := t.name(f)
	return append(frames, Frame{Func: printed(name), Symbol: name, File: file, Line: line, StartLine: t.startLine(f), Wrapper: t.funcID(f) == t.wrapper})
}

var goVersion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bgo1\.(\d+)`)
})

// wrapperID is the number of wrappers among the functions that the runtime
// knows (internal/abi.FuncIDWrapper), which grows with the list.
func wrapperID(version string) byte {
	minor := 0
	if m := goVersion().FindStringSubmatch(version); m != nil {
		minor, _ = strconv.Atoi(m[1])
	}
	switch {
	case minor == 0 || minor >= 25:
		return 23
	case minor >= 22:
		return 22
	}
	return 21
}

// printed is a name as tracebacks of the runtime have it: what a
// generic function is instantiated with is left out (runtime.funcNameForPrint).
func printed(name string) string {
	from, to := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if from < 0 || to < from {
		return name
	}
	return name[:from] + "[...]" + name[to+1:]
}

// inlineTree is the address of the calls that were inlined into a function.
func (t *Table) inlineTree(f function) (uint64, bool) {
	if t.gofunc == 0 || t.read == nil {
		return 0, false
	}
	off := t.funcdata(f, funcdataInlTree)
	return t.gofunc + uint64(off), off != noFuncdata
}

// inlined is one entry of an inline tree (runtime.inlinedCall).
type inlined struct {
	id        byte   // what the runtime knows the function as
	name      uint32 // offset in the names
	parent    uint32 // an instruction at the call, as offset from the function's entry
	startLine int
}

// inlineCall is the innermost call that was inlined at an offset of the text.
func (t *Table) inlineCall(f function, tree uint64, off uint32) (inlined, bool) {
	i, ok := t.value(t.pcdata(f, pcdataInlTree), f, off)
	if !ok || i < 0 {
		return inlined{}, false
	}
	return t.inlineEntry(tree, uint64(i))
}

func (t *Table) inlineEntry(tree, i uint64) (inlined, bool) {
	var b [20]byte
	if t.old { // parent int16, funcID, pad, file, line, name, parentPc
		if !t.bytes(b[:], tree+20*i) {
			return inlined{}, false
		}
		return inlined{id: b[2], name: u32(b[12:]), parent: u32(b[16:])}, true
	}
	if !t.bytes(b[:16], tree+16*i) { // funcID, pad, name, parentPc, startLine
		return inlined{}, false
	}
	return inlined{id: b[0], name: u32(b[4:]), parent: u32(b[8:]), startLine: int(int32(u32(b[12:])))}, true
}

// bytes fills b from an address, from pclntab when it lies there.
func (t *Table) bytes(b []byte, addr uint64) bool {
	if at := addr - t.addr; addr >= t.addr && at < uint64(len(t.all)) && uint64(len(t.all))-at >= uint64(len(b)) {
		copy(b, t.all[at:])
		return true
	}
	return t.read != nil && t.read(b, addr)
}

// position is the file and line of an instruction.
func (t *Table) position(f function, off uint32) (string, int) {
	line, ok := t.value(t.field(f, fieldPCLine), f, off)
	if !ok || line < 0 {
		line = 0
	}
	n, ok := t.value(t.field(f, fieldPCFile), f, off)
	cu := t.field(f, fieldCU)
	if !ok || n < 0 || cu == ^uint32(0) {
		return "", int(line)
	}
	at := 4 * (uint64(cu) + uint64(n))
	if at+4 > uint64(len(t.cutab)) {
		return "", int(line)
	}
	name := u32(t.cutab[at:])
	if name == ^uint32(0) {
		return "", int(line)
	}
	return text(t.files, name), int(line)
}
