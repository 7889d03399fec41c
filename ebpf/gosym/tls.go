package gosym

import (
	"bytes"
	"debug/elf"
)

// TLSOffset is where a thread's current g is, in bytes from the thread pointer
// (the FS base on amd64); 0 when that is not known. Programs of the Go linker
// have one word of thread-local storage; when C code adds to it, the place is
// in the symbol table, or in the instructions of a function that reads it.
func (t *Table) TLSOffset() int {
	if t.img == nil || t.img.f.Machine != elf.EM_X86_64 {
		return 0
	}
	size, align := uint64(8), uint64(8)
	for _, p := range t.img.f.Progs {
		if p.Type == elf.PT_TLS {
			size, align = p.Memsz, max(p.Align, 1)
		}
	}
	if size <= 8 {
		return -8
	}
	if off, ok := t.tlsCode(); ok {
		return off
	}
	if s, ok := t.img.symbol("runtime.tlsg"); ok && size < 1<<20 && align < 1<<20 && s.Start < size {
		return int(s.Start) - int((size+align-1)/align*align)
	}
	return 0
}

// maxCode bounds how much of a function is looked at.
const maxCode = 4 << 10

// tlsReaders are functions that read g from thread-local storage.
var tlsReaders = []string{
	"runtime.cgocallback.abi0", "runtime.cgocallback", "runtime.mcall", "runtime.asmcgocall.abi0", "runtime.asmcgocall", "runtime.morestack",
}

// tlsCode reads the offset out of the code of such a function.
func (t *Table) tlsCode() (int, bool) {
	for _, name := range tlsReaders {
		f, ok := t.FuncByName(name)
		if !ok {
			continue
		}
		code := make([]byte, min(f.End-f.Entry, maxCode))
		if !t.bytes(code, f.Entry) {
			continue
		}
		for ; len(code) >= 12; code = code[1:] {
			if off, ok := tlsOperand(code); ok {
				return off, true
			}
		}
	}
	return 0, false
}

// tlsOperand is the offset in an instruction that reads or writes thread-local
// storage in one of the two ways in which linkers write it.
func tlsOperand(code []byte) (int, bool) {
	var off int
	switch {
	case bytes.HasPrefix(code, []byte{0x64, 0x48}) && code[2]&^2 == 0x89 && code[3]&0xc7 == 4 && code[4] == 0x25:
		off = int(int32(u32(code[5:]))) // mov fs:disp32, reg or the other way
	case bytes.HasPrefix(code, []byte{0x48, 0xc7}) && code[2]&0xf8 == 0xc0 && code[7] == 0x64:
		off = int(int32(u32(code[3:]))) // mov $imm32, reg; mov fs:(reg), reg
	}
	return off, off < 0 && off%8 == 0
}
