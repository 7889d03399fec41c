package program

import (
	"debug/elf"
	"errors"
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
	addr   uint64
	offset uint64 // in the file
	mapped uint64 // what the mappings of profiles count from: the same, but for Windows
	size   uint64
	code   bool
}

// Image finds the functions of the program: of ELF files by what their tables
// say, of others by the names of sections and symbols.
func (p *Program) Image() (*Image, error) {
	var magic [4]byte
	if _, err := p.file.ReadAt(magic[:], 0); err != nil {
		return nil, fmt.Errorf("%s: is no executable: %w", p.Path, reason(err))
	}
	im := &Image{file: p}
	var err error
	switch {
	case string(magic[:]) == elf.ELFMAG:
		err = im.elf()
	case string(magic[:2]) == "MZ":
		err = im.pe()
	case isMachO(magic):
		err = im.machO()
	default:
		err = errors.New("is no executable: ELF, Mach-O and PE files of Go programs are read")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	return im, nil
}

// errArch is for code that there is no disassembler for.
var errArch = errors.New("is for another architecture: amd64 and arm64 are disassembled")

func (im *Image) elf() error {
	f, err := elf.NewFile(im.file.file)
	if err != nil {
		return err
	}
	im.pie = f.Type == elf.ET_DYN
	switch f.Machine {
	case elf.EM_X86_64:
		im.arch = "amd64"
	case elf.EM_AARCH64:
		im.arch = "arm64"
	default:
		return errArch
	}
	for _, s := range f.Progs {
		if s.Type == elf.PT_LOAD {
			im.segments = append(im.segments, segment{s.Vaddr, s.Off, s.Off, s.Filesz, s.Flags&elf.PF_X != 0})
		}
	}
	im.Table, err = gosym.Open(im.file.file)
	return err
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
	mapped := addr - m.Start + m.Offset
	for _, s := range im.segments {
		if s.code && mapped >= s.mapped && mapped-s.mapped < s.size {
			return mapped - s.mapped + s.addr
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
