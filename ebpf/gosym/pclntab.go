package gosym

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
)

// The magic numbers of pclntab (internal/abi/symtab.go). Go 1.27 has that of 1.20.
const (
	magic118 = 0xfffffff0 // Go 1.18 and 1.19
	magic120 = 0xfffffff1
)

// headerSize is sizeof(runtime.pcHeader).
const headerSize = 72

// maxFuncs bounds what a header may claim; the largest programs have a million.
const maxFuncs = 1 << 24

func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func u64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// pclntab is the runtime's table of functions: an index by address, a record for
// each function, and four tables that the records point into.
type pclntab struct {
	addr      uint64
	all       []byte
	nfunc     int
	quantum   uint32 // pc deltas are in units of this
	old       bool   // the records of Go 1.18 and 1.19
	nameStart uint64 // offset of the name table in all
	names     []byte
	cutab     []byte
	files     []byte
	pctab     []byte
	records   []byte // begins with the index
}

// function is one entry of the index: offsets from the text's start.
type function struct {
	entry, end uint32
	record     []byte
}

// parsePclntab reads the header and cuts the tables.
func parsePclntab(b []byte, addr uint64) (*pclntab, error) {
	if len(b) < headerSize {
		return nil, fmt.Errorf("%w: it ends in its header", ErrFormat)
	}
	magic := u32(b)
	if magic != magic118 && magic != magic120 {
		return nil, fmt.Errorf("%w: magic number %#x; Go 1.18 and later are read", ErrFormat, magic)
	}
	if !isHeader(b) {
		return nil, fmt.Errorf("%w: %d-byte pointers", ErrFormat, b[7])
	}
	word := func(i int) uint64 { return u64(b[8+8*i:]) }
	p := &pclntab{addr: addr, all: b, quantum: uint32(b[6]), old: magic == magic118, nameStart: word(3)}
	n := word(0)
	if n == 0 || n > maxFuncs {
		return nil, fmt.Errorf("%w: %d functions", ErrFormat, n)
	}
	p.nfunc = int(n)
	for i, to := range []*[]byte{&p.names, &p.cutab, &p.files, &p.pctab, &p.records} {
		from := word(3 + i)
		if from < headerSize || from > uint64(len(b)) {
			return nil, fmt.Errorf("%w: a part of it begins at %#x of %#x bytes", ErrFormat, from, len(b))
		}
		*to = b[from:]
	}
	// Each part ends where the next begins; a name cannot run into the files.
	for i, part := range []*[]byte{&p.names, &p.cutab, &p.files, &p.pctab} {
		if from, next := word(3+i), word(4+i); next >= from {
			*part = b[from:next]
		}
	}
	if len(p.records) < 8*p.nfunc+4 {
		return nil, fmt.Errorf("%w: it ends before the index of %d functions", ErrFormat, p.nfunc)
	}
	return p, nil
}

// isHeader says whether the bytes after the magic number can be a header's.
func isHeader(b []byte) bool {
	return b[4] == 0 && b[5] == 0 && (b[6] == 1 || b[6] == 4) && b[7] == 8
}

// at is the function at an offset from the text's start.
func (p *pclntab) at(off uint32) (function, bool) {
	if off >= u32(p.records[8*p.nfunc:]) {
		return function{}, false
	}
	i := sort.Search(p.nfunc, func(i int) bool { return u32(p.records[8*i:]) > off }) - 1
	return p.index(i)
}

// index is the i-th function.
func (p *pclntab) index(i int) (function, bool) {
	if i < 0 || i >= p.nfunc {
		return function{}, false
	}
	f := function{entry: u32(p.records[8*i:]), end: u32(p.records[8*i+8:])}
	at := u32(p.records[8*i+4:])
	if uint64(at)+uint64(p.fixed()) > uint64(len(p.records)) || f.end < f.entry {
		return function{}, false
	}
	f.record = p.records[at:]
	return f, true
}

// The words of a function's record (runtime._func).
const (
	fieldName = iota + 1
	_         // args
	_         // deferreturn
	fieldPCSP
	fieldPCFile
	fieldPCLine
	fieldNPCData
	fieldCU
	fieldStartLine // from Go 1.20 on
)

// fixed is the size of a record before its lists of pcdata and funcdata.
func (p *pclntab) fixed() int {
	if p.old {
		return 40
	}
	return 44
}

func (p *pclntab) field(f function, word int) uint32 { return u32(f.record[4*word:]) }

// flagTopFrame marks functions that end a stack (internal/abi.FuncFlagTopFrame).
const flagTopFrame = 1

func (p *pclntab) flags(f function) byte { return f.record[p.fixed()-3] }

func (p *pclntab) funcID(f function) byte { return f.record[p.fixed()-4] }

func (p *pclntab) startLine(f function) int {
	if p.old {
		return 0
	}
	return int(int32(p.field(f, fieldStartLine)))
}

// pcdata is the offset of the i-th pc-value table of a function, 0 when it has none.
func (p *pclntab) pcdata(f function, i uint32) uint32 {
	at := uint64(p.fixed()) + 4*uint64(i)
	if i >= p.field(f, fieldNPCData) || at+4 > uint64(len(f.record)) {
		return 0
	}
	return u32(f.record[at:])
}

// noFuncdata is the offset of an absent piece of funcdata.
const noFuncdata = ^uint32(0)

// funcdata is the offset of the i-th piece of funcdata from go:func.*.
func (p *pclntab) funcdata(f function, i uint32) uint32 {
	at := uint64(p.fixed()) + 4*uint64(p.field(f, fieldNPCData)) + 4*uint64(i)
	if i >= uint32(f.record[p.fixed()-1]) || at+4 > uint64(len(f.record)) {
		return noFuncdata
	}
	return u32(f.record[at:])
}

// value looks an address up in a pc-value table: pairs of a zigzag delta of the
// value and a delta of the address. A table at offset 0 does not exist.
func (p *pclntab) value(table uint32, f function, off uint32) (int32, bool) {
	if table == 0 || uint64(table) >= uint64(len(p.pctab)) {
		return 0, false
	}
	b := p.pctab[table:]
	pc, v := uint64(f.entry), int32(-1)
	for first := true; ; first = false {
		d, n := binary.Uvarint(b)
		if n <= 0 || d == 0 && !first {
			return 0, false
		}
		b = b[n:]
		v += int32(uint32(d>>1) ^ -uint32(d&1))
		d, n = binary.Uvarint(b)
		if n <= 0 || d > 1<<32 {
			return 0, false
		}
		b = b[n:]
		pc += d * uint64(p.quantum)
		if uint64(off) < pc {
			return v, true
		}
	}
}

// text is the string at an offset of a table of strings.
func text(table []byte, off uint32) string {
	if uint64(off) >= uint64(len(table)) {
		return ""
	}
	b := table[off:]
	if len(b) > maxName {
		b = b[:maxName]
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return string(b[:i])
	}
	return ""
}

// maxName bounds a name. The instantiation of a generic function can have one of some kilobytes.
const maxName = 64 << 10

func (p *pclntab) name(f function) string { return text(p.names, p.field(f, fieldName)) }

// byName finds the function of a name.
func (p *pclntab) byName(name string) (function, bool) {
	want := append([]byte(name), 0)
	for from := 0; name != ""; {
		i := bytes.Index(p.names[from:], want)
		if i < 0 {
			break
		}
		i += from
		from = i + 1
		if i > 0 && p.names[i-1] != 0 {
			continue // the end of a longer name
		}
		for k := range p.nfunc {
			if f, ok := p.index(k); ok && p.field(f, fieldName) == uint32(i) {
				return f, true
			}
		}
	}
	return function{}, false
}
