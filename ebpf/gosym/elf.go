package gosym

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
)

// Segment is a range of the address space that is mapped from the file.
type Segment struct {
	Range
	Offset     uint64 // of Start in the file
	Executable bool
	Writable   bool

	filled uint64 // bytes that come from the file, the rest is zero
}

// image is an ELF file as it would be loaded.
type image struct {
	f    *elf.File
	r    io.ReaderAt
	segs []Segment
	pie  bool
}

// Bounds on what is read at once, and on the size of the tables of one file.
const (
	chunk    = 1 << 20
	maxTable = 512 << 20
	maxSegs  = 256
)

func newImage(f *elf.File, r io.ReaderAt) *image {
	img := &image{f: f, r: r, pie: f.Type == elf.ET_DYN}
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Memsz == 0 || p.Vaddr+p.Memsz < p.Vaddr || len(img.segs) == maxSegs {
			continue
		}
		img.segs = append(img.segs, Segment{
			Range: Range{p.Vaddr, p.Vaddr + p.Memsz}, Offset: p.Off, filled: min(p.Filesz, p.Memsz),
			Executable: p.Flags&elf.PF_X != 0, Writable: p.Flags&elf.PF_W != 0,
		})
	}
	return img
}

// read fills b from an address.
func (img *image) read(b []byte, addr uint64) bool {
	for i := range img.segs {
		s := &img.segs[i]
		if addr < s.Start || addr-s.Start >= s.filled || s.filled-(addr-s.Start) < uint64(len(b)) {
			continue
		}
		n, _ := img.r.ReadAt(b, int64(s.Offset+addr-s.Start))
		return n == len(b)
	}
	return false
}

func (img *image) executable(r Range) bool {
	for i := range img.segs {
		s := &img.segs[i]
		if s.Executable && r.Start >= s.Start && r.Start < r.End && r.End <= s.End {
			return true
		}
	}
	return false
}

// table reads size bytes of the file in pieces, so that memory is taken for
// bytes that exist and not for those that are claimed.
func (img *image) table(off, size uint64) ([]byte, error) {
	if size > maxTable {
		return nil, fmt.Errorf("%w: it claims %d MiB, more than %d", ErrFormat, size>>20, maxTable>>20)
	}
	var b []byte
	for uint64(len(b)) < size {
		n := min(chunk, size-uint64(len(b)))
		from := len(b)
		b = append(b, make([]byte, n)...)
		got, err := img.r.ReadAt(b[from:], int64(off)+int64(from))
		if uint64(got) < n {
			return nil, fmt.Errorf("%w: the file ends inside it: %w", ErrFormat, err)
		}
	}
	return b, nil
}

// pclntab finds the function table by its section, else by its magic number.
func (img *image) pclntab() ([]byte, uint64, error) {
	for _, s := range img.f.Sections {
		if (s.Name == ".gopclntab" || s.Name == ".data.rel.ro.gopclntab") && s.Type == elf.SHT_PROGBITS {
			b, err := img.table(s.Offset, s.FileSize)
			return b, s.Addr, err
		}
	}
	for i := range img.segs {
		s := &img.segs[i]
		if s.Executable {
			continue
		}
		if at, ok := img.scan(s, isPclntab); ok {
			b, err := img.table(s.Offset+at, s.filled-at)
			return b, s.Start + at, err
		}
	}
	return nil, 0, fmt.Errorf("%w: it has no table of functions (packed programs unpack it in memory only)", ErrNotGo)
}

// isPclntab says whether a header stands here whose parts follow one another.
func isPclntab(b []byte) bool {
	if len(b) < headerSize || u32(b) != magic118 && u32(b) != magic120 || !isHeader(b) {
		return false
	}
	last := uint64(headerSize - 1)
	for i := range 5 {
		from := u64(b[8+8*(3+i):])
		if from <= last || from > maxTable {
			return false
		}
		last = from
	}
	return true
}

// scan looks at each aligned word of a segment for a place where is says yes to
// the bytes that follow.
func (img *image) scan(s *Segment, is func([]byte) bool) (uint64, bool) {
	buf := make([]byte, chunk)
	for from := uint64(0); from < min(s.filled, maxTable); from += chunk - moduleBytes {
		n, _ := img.r.ReadAt(buf[:min(chunk, s.filled-from)], int64(s.Offset+from))
		for i := 0; i+8 <= n; i += 8 {
			if is(buf[i:n]) {
				return from + uint64(i), true
			}
		}
		if n < chunk {
			break
		}
	}
	return 0, false
}

// module finds the moduledata of a function table: in its own section (Go 1.26),
// in the relocations of a position-independent executable, or by scanning the
// variables for the pointer to the table.
func (img *image) module(p *pclntab) (module, bool) {
	rel := img.relative()
	if s := img.f.Section(".go.module"); s != nil {
		if m, ok := img.moduleAt(s.Addr, p, rel); ok {
			return m, true
		}
	}
	if rel != nil {
		for _, at := range rel.pointingTo(p.addr) {
			if m, ok := img.moduleAt(at, p, rel); ok {
				return m, true
			}
		}
	}
	for i := range img.segs {
		if m, ok := img.scanModule(&img.segs[i], p); ok {
			return m, true
		}
	}
	return module{}, false
}

// scanModule finds the moduledata in one segment.
func (img *image) scanModule(s *Segment, p *pclntab) (module, bool) {
	var found module
	if s.Executable {
		return found, false
	}
	_, ok := img.scan(s, func(b []byte) bool {
		if u64(b) != p.addr || len(b) < moduleBytes {
			return false
		}
		var ok bool
		found, ok = moduleOf(wordsOf(b), p, img.executable)
		return ok
	})
	return found, ok
}

// wordsOf reads a moduledata.
func wordsOf(b []byte) (w [moduleWords]uint64) {
	for i := range w {
		w[i] = u64(b[8*i:])
	}
	return w
}

// buildVersion finds the toolchain's version where debug/buildinfo looks by
// section: a magic number, a length and the text (Go 1.18 and later).
func (img *image) buildVersion() string {
	const magic, header = "\xff Go buildinf:\x08\x02", 32
	var version string
	for i := range img.segs {
		s := &img.segs[i]
		if s.Executable || !s.Writable {
			continue
		}
		img.scan(s, func(b []byte) bool {
			if b[0] != magic[0] || !bytes.HasPrefix(b, []byte(magic)) || len(b) <= header {
				return false
			}
			n := int(b[header])
			if n > 127 || len(b) < header+1+n {
				return false
			}
			version = string(b[header+1 : header+1+n])
			return true
		})
	}
	return version
}

// symbol finds a name in the symbol table without reading all of it into values.
func (img *image) symbol(name string) (Range, bool) {
	s := img.f.SectionByType(elf.SHT_SYMTAB)
	if s == nil || int(s.Link) >= len(img.f.Sections) || s.Link == 0 {
		return Range{}, false
	}
	str := img.f.Sections[s.Link]
	names, err := img.table(str.Offset, str.FileSize)
	if err != nil {
		return Range{}, false
	}
	at := map[uint32]bool{} // a linker may keep a name as the tail of another
	want := append([]byte(name), 0)
	for from := 0; ; {
		i := bytes.Index(names[from:], want)
		if i < 0 || len(at) == 64 {
			break
		}
		at[uint32(from+i)] = true
		from += i + 1
	}
	if len(at) == 0 {
		return Range{}, false
	}
	syms, err := img.table(s.Offset, s.FileSize)
	if err != nil {
		return Range{}, false
	}
	for ; len(syms) >= elf.Sym64Size; syms = syms[elf.Sym64Size:] {
		if at[u32(syms)] && u64(syms[8:]) != 0 {
			start := u64(syms[8:])
			return Range{start, start + u64(syms[16:])}, true
		}
	}
	return Range{}, false
}
