package program

import (
	"debug/macho"
	"debug/pe"
	"errors"
	"strings"

	"github.com/goperf/goperf/ebpf/gosym"
)

// maxTable bounds the function table of a program of another system.
const maxTable = 512 << 20

// symbols are the places that Go's linker names. Without a symbol table the
// text is taken to begin with its section, and inlined calls are not known.
type symbols map[string]uint64

// wantedSymbols are looked for; macOS puts an underscore before them.
var wantedSymbols = []string{"runtime.text", "runtime.etext", "runtime.pclntab", "runtime.epclntab", "go:func.*"}

func (s symbols) note(name string, addr uint64) {
	for _, want := range wantedSymbols {
		if name == want || strings.TrimPrefix(name, "_") == want {
			s[want] = addr
		}
	}
}

// table makes the function table of what the container said.
func (im *Image) table(pclntab []byte, at uint64, text gosym.Range, s symbols) error {
	if addr, ok := s["runtime.text"]; ok && addr < text.End {
		text.Start = addr
	}
	if addr, ok := s["runtime.etext"]; ok && addr > text.Start {
		text.End = addr
	}
	var err error
	im.Table, err = gosym.New(gosym.Image{Pclntab: pclntab, Addr: at, Text: text, GoFunc: s["go:func.*"], Read: func(b []byte, addr uint64) bool {
		n, err := im.ReadAt(b, int64(addr))
		return err == nil && n == len(b)
	}})
	return err
}

func isMachO(magic [4]byte) bool {
	return string(magic[:]) == "\xcf\xfa\xed\xfe" || string(magic[:]) == "\xfe\xed\xfa\xcf"
}

// machO reads programs of macOS.
func (im *Image) machO() error {
	f, err := macho.NewFile(im.file.file)
	if err != nil {
		return err
	}
	im.pie = true
	switch f.Cpu {
	case macho.CpuAmd64:
		im.arch = "amd64"
	case macho.CpuArm64:
		im.arch = "arm64"
	default:
		return errArch
	}
	for _, l := range f.Loads {
		if s, ok := l.(*macho.Segment); ok {
			im.segments = append(im.segments, segment{s.Addr, s.Offset, s.Offset, s.Filesz, s.Name == "__TEXT"})
		}
	}
	text, tab := f.Section("__text"), f.Section("__gopclntab")
	if text == nil || tab == nil || tab.Size > maxTable {
		return gosym.ErrNotGo
	}
	data, err := tab.Data()
	if err != nil {
		return err
	}
	s := symbols{}
	if f.Symtab != nil {
		for _, sym := range f.Symtab.Syms {
			s.note(sym.Name, sym.Value)
		}
	}
	return im.table(data, tab.Addr, gosym.Range{Start: text.Addr, End: text.Addr + text.Size}, s)
}

// pe reads programs of Windows. Their function table has no section of its own:
// a symbol says where it is.
func (im *Image) pe() error {
	f, err := pe.NewFile(im.file.file)
	if err != nil {
		return err
	}
	im.pie = true
	switch f.Machine {
	case pe.IMAGE_FILE_MACHINE_AMD64:
		im.arch = "amd64"
	case pe.IMAGE_FILE_MACHINE_ARM64:
		im.arch = "arm64"
	default:
		return errArch
	}
	header, ok := f.OptionalHeader.(*pe.OptionalHeader64)
	if !ok {
		return errArch
	}
	var text gosym.Range
	for _, sec := range f.Sections {
		addr, size := header.ImageBase+uint64(sec.VirtualAddress), uint64(min(sec.Size, sec.VirtualSize))
		code := sec.Characteristics&pe.IMAGE_SCN_MEM_EXECUTE != 0
		im.segments = append(im.segments, segment{addr, uint64(sec.Offset), uint64(sec.VirtualAddress), size, code})
		if sec.Name == ".text" {
			text = gosym.Range{Start: addr, End: addr + size}
		}
	}
	s := symbols{}
	for _, sym := range f.Symbols {
		if n := int(sym.SectionNumber); n > 0 && n <= len(f.Sections) {
			s.note(sym.Name, header.ImageBase+uint64(f.Sections[n-1].VirtualAddress)+uint64(sym.Value))
		}
	}
	from, to := s["runtime.pclntab"], s["runtime.epclntab"]
	if from == 0 || to <= from || to-from > maxTable {
		return errors.New("has no symbol table: the function table of a stripped program of Windows is not found")
	}
	data := make([]byte, to-from)
	if n, err := im.ReadAt(data, int64(from)); err != nil || n < len(data) {
		return errors.New("its function table is not in the file")
	}
	return im.table(data, from, text, s)
}
