// Package gosym reads the function table that every Go executable carries for
// its own tracebacks, so that addresses of stripped, position-independent, cgo
// and externally linked programs get names, lines, inlined calls and frame sizes.
//
// [Open] takes an ELF file. It finds pclntab by its section or its magic number,
// and the linker's moduledata, which alone says where the text begins, by what
// it must contain; a table without moduledata is refused, because the section
// .text begins elsewhere in externally linked programs. [New] takes the parts
// from another container.
//
// Addresses are link-time addresses: what a running process shows, minus its
// load bias. Layouts are those of Go 1.18 to 1.27 (runtime/symtab.go,
// runtime/runtime2.go, internal/abi/symtab.go), little-endian with 64-bit
// pointers. The package does no I/O but through the reader it is given, and
// trusts nothing that a file claims: a lookup in a damaged table finds nothing.
package gosym

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Sentinels in the chain of errors of [Open].
var (
	// ErrNotGo says that the file is an executable, and no Go program.
	ErrNotGo = errors.New("not a Go executable")
	// ErrFormat says that a Go program's tables are of an unknown form or damaged.
	ErrFormat = errors.New("function table that goperf does not know")
)

// Frame is one function at one place. Inlined is true when its code is part of
// the frame that follows.
type Frame struct {
	Func      string // as tracebacks print it: slices.SortFunc[...]
	Symbol    string // as profiles and the linker have it: slices.SortFunc[go.shape.[]int,go.shape.int]
	File      string
	Line      int // 0 when unknown
	StartLine int // of the function, 0 when unknown (Go before 1.20)
	Inlined   bool
	Wrapper   bool // made by the compiler; tracebacks and profiles leave it out
}

// Func is a function as it was compiled, by its full name. Top says that nothing called it: it is
// where a stack ends.
type Func struct {
	Name       string
	Entry, End uint64
	Top        bool
}

// Range is a piece of the address space, from Start up to End.
type Range struct{ Start, End uint64 }

// Table is the function table of one executable. Its methods may be called by
// several goroutines at once.
type Table struct {
	pclntab
	module
	img   *image
	read  func(b []byte, addr uint64) bool
	build *buildinfo.BuildInfo

	version string
	wrapper byte // the runtime's number for wrappers
}

// Image is an executable's tables, taken from whatever container holds them.
type Image struct {
	Pclntab []byte
	Addr    uint64 // of Pclntab
	Text    Range  // runtime.text to runtime.etext
	GoFunc  uint64 // go:func.*, which inline trees are relative to; 0 means no inlined calls
	// Read fills b from an address of the loaded executable. It may be nil.
	Read      func(b []byte, addr uint64) bool
	GoVersion string // "go1.26.1", "" when unknown
}

// New makes a table of its parts.
func New(im Image) (*Table, error) {
	p, err := parsePclntab(im.Pclntab, im.Addr)
	if err != nil {
		return nil, err
	}
	if im.Text.End <= im.Text.Start {
		return nil, fmt.Errorf("%w: the text has no extent", ErrFormat)
	}
	return &Table{pclntab: *p, module: module{text: im.Text, gofunc: im.GoFunc}, read: im.Read, version: im.GoVersion, wrapper: wrapperID(im.GoVersion)}, nil
}

// Open finds the tables in an ELF executable. The error has [ErrNotGo] or
// [ErrFormat] in its chain, or says that the file is no ELF file.
func Open(r io.ReaderAt) (*Table, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, fmt.Errorf("no ELF executable: %w", err)
	}
	if f.Class != elf.ELFCLASS64 || f.Data != elf.ELFDATA2LSB {
		return nil, fmt.Errorf("%w: %v %v, and 64-bit little-endian is what is read", ErrFormat, f.Class, f.Data)
	}
	img := newImage(f, r)
	data, addr, err := img.pclntab()
	if err != nil {
		return nil, err
	}
	p, err := parsePclntab(data, addr)
	if err != nil {
		return nil, err
	}
	m, ok := img.module(p)
	if !ok {
		return nil, fmt.Errorf("%w: the linker's moduledata is not where a pointer to the function table is", ErrFormat)
	}
	t := &Table{pclntab: *p, module: m, img: img, read: img.read}
	t.gofunc = t.findGoFunc()
	if b, err := buildinfo.Read(r); err == nil {
		t.build, t.version = b, b.GoVersion
	} else {
		t.version = img.buildVersion()
	}
	t.wrapper = wrapperID(t.version)
	return t, nil
}

// Build is what the linker noted about the build, nil when it is not there.
func (t *Table) Build() *buildinfo.BuildInfo { return t.build }

// GoVersion is the version of the toolchain as it calls itself, "" when unknown.
func (t *Table) GoVersion() string { return t.version }

// Text is the range from runtime.text to runtime.etext: the Go code.
func (t *Table) Text() Range { return t.text }

// Data are the ranges of variables: noptrdata, data, bss and noptrbss.
func (t *Table) Data() []Range { return t.data }

// NumFunc is the number of compiled functions.
func (t *Table) NumFunc() int { return t.nfunc }

// LinkRegister says that calls leave the return address in a register and the
// callee's prologue stores it at the stack pointer (arm64), where amd64's call
// instruction pushes it.
func (t *Table) LinkRegister() bool { return t.quantum == 4 }

// IsPIE says that the system chooses where the executable is loaded.
func (t *Table) IsPIE() bool { return t.img != nil && t.img.pie }

// Entry is where the system or the dynamic loader starts the program.
func (t *Table) Entry() uint64 {
	if t.img == nil {
		return 0
	}
	return t.img.f.Entry
}

// Segments are the ranges that the system maps from the file, with their offsets in it.
func (t *Table) Segments() []Segment {
	if t.img == nil {
		return nil
	}
	return t.img.segs
}

// Func is the compiled function that holds pc.
func (t *Table) Func(pc uint64) (Func, bool) {
	f, ok := t.find(pc)
	if !ok {
		return Func{}, false
	}
	return t.describe(f), true
}

// FuncByName finds a compiled function; inlined copies do not count.
func (t *Table) FuncByName(name string) (Func, bool) {
	f, ok := t.byName(name)
	if !ok {
		return Func{}, false
	}
	return t.describe(f), true
}

func (t *Table) describe(f function) Func {
	return Func{
		Name: t.name(f), Top: t.flags(f)&flagTopFrame != 0,
		Entry: t.text.Start + uint64(f.entry), End: t.text.Start + uint64(f.end),
	}
}

// Symbol is the address and size of a symbol in the executable's symbol table,
// which stripped executables do not have.
func (t *Table) Symbol(name string) (Range, bool) {
	if t.img == nil {
		return Range{}, false
	}
	return t.img.symbol(name)
}

// SPDelta is the distance in bytes from the stack pointer at pc up to the stack
// pointer at the function's entry: on amd64 the return address lies there.
func (t *Table) SPDelta(pc uint64) (int, bool) {
	f, ok := t.find(pc)
	if !ok {
		return 0, false
	}
	v, ok := t.value(t.field(f, fieldPCSP), f, uint32(pc-t.text.Start))
	return int(v), ok && v >= 0
}

// find is the function that holds pc.
func (t *Table) find(pc uint64) (function, bool) {
	if pc < t.text.Start || pc >= t.text.End || pc-t.text.Start > 1<<32-1 {
		return function{}, false
	}
	return t.at(uint32(pc - t.text.Start))
}

// Names are the names of all functions, also of those that exist only as
// inlined copies; each name once.
func (t *Table) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range bytes.SplitSeq(t.names, []byte{0}) {
			if len(name) > 0 && !yield(string(name)) {
				return
			}
		}
	}
}
