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

// tlsCode reads the offset out of runtime.mcall's or runtime.cgocallback's code:
// mov reg, fs:imm32, which is how the linker writes it where the offset is fixed.
func (t *Table) tlsCode() (int, bool) {
	for _, name := range []string{"runtime.cgocallback.abi0", "runtime.cgocallback", "runtime.mcall", "runtime.asmcgocall.abi0", "runtime.asmcgocall", "runtime.morestack"} {
		f, ok := t.FuncByName(name)
		if !ok {
			continue
		}
		code := make([]byte, min(f.End-f.Entry, maxCode))
		if !t.bytes(code, f.Entry) {
			continue
		}
		for i := 0; i+9 <= len(code); i++ {
			// 64 48 8b /r with SIB 25: mov r64, fs:[disp32]; 64 48 89 the other way.
			if bytes.HasPrefix(code[i:], []byte{0x64, 0x48}) && (code[i+2] == 0x8b || code[i+2] == 0x89) && code[i+3]&0xc7 == 4 && code[i+4] == 0x25 {
				if off := int(int32(u32(code[i+5:]))); off < 0 && off%8 == 0 {
					return off, true
				}
			}
			// 48 c7 /0: mov reg, imm32, before mov r64, fs:[reg].
			if bytes.HasPrefix(code[i:], []byte{0x48, 0xc7}) && code[i+2]&0xf8 == 0xc0 && i+12 <= len(code) && code[i+7] == 0x64 {
				if off := int(int32(u32(code[i+3:]))); off < 0 && off%8 == 0 {
					return off, true
				}
			}
		}
	}
	return 0, false
}
