package disasm

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/arch/arm64/arm64asm"
	"golang.org/x/arch/x86/x86asm"
)

// Instruction is one machine instruction in the syntax of Go's assembler.
type Instruction struct {
	Addr uint64
	Len  int
	Text string
}

// Arches are the architectures that can be read, by their names in Go.
var Arches = []string{"amd64", "arm64"}

// maxDecoded bounds the bytes that are disassembled at once.
const maxDecoded = 8 << 20

// decode reads machine code that lies at pc. Bytes that are no instruction are
// shown as such; all of the code is accounted for.
func decode(arch string, code []byte, pc uint64, symbol func(uint64) (string, uint64), text io.ReaderAt) []Instruction {
	code = code[:min(len(code), maxDecoded)]
	out := make([]Instruction, 0, len(code)/4)
	for len(code) > 0 {
		in := Instruction{Addr: pc}
		in.Text, in.Len = one(arch, code, pc, symbol, text)
		out = append(out, in)
		code, pc = code[in.Len:], pc+uint64(in.Len)
	}
	return out
}

// one reads the first instruction.
func one(arch string, code []byte, pc uint64, symbol func(uint64) (string, uint64), text io.ReaderAt) (string, int) {
	switch arch {
	case "amd64":
		in, err := x86asm.Decode(code, 64)
		if err != nil || in.Len <= 0 || in.Len > len(code) || in.Op == 0 {
			return unknown(code[:1]), 1
		}
		return x86asm.GoSyntax(in, pc, symbol), in.Len
	case "arm64":
		if len(code) < 4 {
			return unknown(code), len(code)
		}
		in, err := arm64asm.Decode(code)
		if err != nil || in.Op == 0 {
			return unknown(code[:4]), 4
		}
		return arm64asm.GoSyntax(in, pc, symbol, text), 4
	}
	n := min(len(code), 4)
	return unknown(code[:n]), n
}

// unknown shows bytes as Go's assembler would take them.
func unknown(code []byte) string {
	parts := make([]string, len(code))
	for i, b := range code {
		parts[i] = fmt.Sprintf("$0x%02x", b)
	}
	return "BYTE " + strings.Join(parts, "; BYTE ")
}
