package program

import (
	"debug/elf"
	"fmt"
	"slices"

	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/profile"
)

// Image is the code of a program, at the addresses that the linker gave it. It
// is what package disasm reads.
type Image struct {
	*gosym.Table
	arch     string
	pie      bool
	segments []segment
	file     *Program
}

// segment is a part of the file that is loaded.
type segment struct {
	addr, offset, size uint64
	code               bool
}

// Image finds the functions of the program. Only ELF files of Go programs have
// them in a form that is read.
func (p *Program) Image() (*Image, error) {
	f, err := elf.NewFile(p.file)
	if err != nil {
		return nil, fmt.Errorf("%s: is no ELF file: only those are disassembled", p.Path)
	}
	im := &Image{pie: f.Type == elf.ET_DYN, file: p}
	switch f.Machine {
	case elf.EM_X86_64:
		im.arch = "amd64"
	case elf.EM_AARCH64:
		im.arch = "arm64"
	default:
		return nil, fmt.Errorf("%s: is for %v: only amd64 and arm64 are disassembled", p.Path, f.Machine)
	}
	for _, s := range f.Progs {
		if s.Type == elf.PT_LOAD {
			im.segments = append(im.segments, segment{s.Vaddr, s.Off, s.Filesz, s.Flags&elf.PF_X != 0})
		}
	}
	if im.Table, err = gosym.Open(p.file); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	return im, nil
}

// Arch is the architecture by its name in Go.
func (im *Image) Arch() string { return im.arch }

// Linked is the address that the linker gave to what a profile calls addr. A
// profile says where in the file each piece of memory came from, and the file
// says where the linker put that; what is not loaded elsewhere stays as it is.
func (im *Image) Linked(addr uint64, m *profile.Mapping) uint64 {
	if !im.pie && im.isCode(addr) || m == nil || addr < m.Start {
		return addr
	}
	offset := addr - m.Start + m.Offset
	for _, s := range im.segments {
		if s.code && offset >= s.offset && offset-s.offset < s.size {
			return offset - s.offset + s.addr
		}
	}
	return addr
}

func (im *Image) isCode(addr uint64) bool {
	return slices.ContainsFunc(im.segments, func(s segment) bool {
		return s.code && addr >= s.addr && addr-s.addr < s.size
	})
}

// ReadAt reads what is loaded at an address.
func (im *Image) ReadAt(b []byte, addr int64) (int, error) {
	for _, s := range im.segments {
		if at := uint64(addr) - s.addr; uint64(addr) >= s.addr && at < s.size {
			return im.file.file.ReadAt(b[:min(uint64(len(b)), s.size-at)], int64(s.offset+at))
		}
	}
	return 0, fmt.Errorf("nothing is loaded at %#x", uint64(addr))
}
