package gosym

import (
	"debug/elf"
	"iter"
)

// A position-independent executable holds its pointers as relocations: "here
// goes the load bias plus this address". Where the relocation does not hold the
// address itself, the file has it in place, and reading the place is enough.

// relocations are the relative ones of a file.
type relocations struct {
	img     *image
	off     uint64 // in the file
	n       uint64
	pattern uint32 // the machine's type of a relative relocation
}

const (
	relaSize = 24
	dynSize  = 16
)

// relative finds the relocations by the dynamic segment, which stripping keeps.
func (img *image) relative() *relocations {
	kind := map[elf.Machine]uint32{
		elf.EM_X86_64: uint32(elf.R_X86_64_RELATIVE), elf.EM_AARCH64: uint32(elf.R_AARCH64_RELATIVE),
	}[img.f.Machine]
	if !img.pie || kind == 0 {
		return nil
	}
	var at, size uint64
	for _, p := range img.f.Progs {
		if p.Type != elf.PT_DYNAMIC {
			continue
		}
		b, err := img.table(p.Off, min(p.Filesz, chunk))
		if err != nil {
			return nil
		}
		for ; len(b) >= dynSize; b = b[dynSize:] {
			switch elf.DynTag(u64(b)) {
			case elf.DT_RELA: //nolint:misspell // the field's name
				at = u64(b[8:])
			case elf.DT_RELASZ:
				size = u64(b[8:])
			}
		}
	}
	off, ok := img.offset(at, size)
	if !ok || size > maxTable {
		return nil
	}
	return &relocations{img: img, off: off, n: size / relaSize, pattern: kind}
}

// offset is where an address range lies in the file.
func (img *image) offset(addr, size uint64) (uint64, bool) {
	for i := range img.segs {
		s := &img.segs[i]
		if addr >= s.Start && addr-s.Start < s.filled && s.filled-(addr-s.Start) >= size {
			return s.Offset + addr - s.Start, true
		}
	}
	return 0, false
}

// all gives each place and the address that goes there.
func (r *relocations) all() iter.Seq2[uint64, uint64] {
	return func(yield func(uint64, uint64) bool) {
		buf := make([]byte, min(r.n, chunk/relaSize)*relaSize)
		for i := uint64(0); i < r.n; {
			want := min(uint64(len(buf)), (r.n-i)*relaSize)
			n, _ := r.img.r.ReadAt(buf[:want], int64(r.off+i*relaSize))
			b := buf[:n]
			for ; len(b) >= relaSize; b = b[relaSize:] {
				if u32(b[8:]) == r.pattern && !yield(u64(b), u64(b[16:])) {
					return
				}
			}
			if uint64(n) < want {
				return
			}
			i += want / relaSize
		}
	}
}

// maxPlaces bounds the places that are looked at as a moduledata.
const maxPlaces = 16

// pointingTo are the places that hold an address.
func (r *relocations) pointingTo(addr uint64) []uint64 {
	var places []uint64
	for place, value := range r.all() {
		if value == addr && len(places) < maxPlaces {
			places = append(places, place)
		}
	}
	return places
}

// moduleAt reads the words at an address, relocated, as a moduledata.
func (img *image) moduleAt(addr uint64, p *pclntab, rel *relocations) (module, bool) {
	var b [moduleBytes]byte
	if !img.read(b[:], addr) {
		return module{}, false
	}
	w := wordsOf(b[:])
	if rel != nil {
		for place, value := range rel.all() {
			if place >= addr && place-addr < moduleBytes && (place-addr)%8 == 0 {
				w[(place-addr)/8] = value
			}
		}
	}
	return moduleOf(w, p, img.executable)
}
