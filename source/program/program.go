// Package program opens the executable that a profile was taken from, and says
// whether it is that: by the build ids that linkers leave in ELF files.
//
// Nothing of it is run. A path may come from a profile that nobody vouches for,
// so only regular files are opened.
package program

import (
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"

	"github.com/goperf/goperf/ebpf/gosym"
)

// Program is an open executable.
type Program struct {
	Path  string
	Build *debug.BuildInfo // nil when it is no Go program or does not say
	ids   []string         // build ids: GNU in hexadecimal, Go as text and in hexadecimal
	file  *os.File
}

// Open opens an executable.
func Open(path string) (*Program, error) {
	// Opening a pipe or a terminal could wait, or do something.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	p := &Program{Path: path, file: f}
	if build, err := buildinfo.Read(f); err == nil {
		p.Build = build
	}
	if image, err := elf.NewFile(f); err == nil {
		p.ids = elfIDs(image)
	}
	return p, nil
}

// Close closes the file.
func (p *Program) Close() error { return p.file.Close() }

// Functions are the names of all Go functions in the program, also of those that
// exist only as inlined copies.
func (p *Program) Functions() (map[string]bool, error) {
	table, err := gosym.Open(p.file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	names := make(map[string]bool, table.NumFunc())
	for name := range table.Names() {
		names[name] = true
	}
	return names, nil
}

// Match is what build ids say of a program and a profile.
type Match int

// The answers of [Program.Is].
const (
	Unknown Match = iota // one of the two has no build id
	Same
	Other
)

// Is compares the build id of a profile's mapping with those of the program.
func (p *Program) Is(id string) Match {
	switch {
	case id == "" || len(p.ids) == 0:
		return Unknown
	case slices.Contains(p.ids, id):
		return Same
	}
	return Other
}

// ID is the build id of the program, "" when it has none.
func (p *Program) ID() string {
	if len(p.ids) == 0 {
		return ""
	}
	return p.ids[0]
}

// Notes that hold build ids: NT_GNU_BUILD_ID of the GNU linkers (Go's too since
// 1.24), and Go's own (cmd/internal/buildid).
const (
	noteGNU = 3
	noteGo  = 4
	maxNote = 1 << 16
)

// elfIDs are the build ids in the notes of an ELF file, that of the GNU kind first.
func elfIDs(f *elf.File) []string {
	var gnu, own []string
	add := func(data []byte) {
		g, o := noteIDs(data, f.ByteOrder)
		gnu, own = append(gnu, g...), append(own, o...)
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOTE || s.FileSize > maxNote {
			continue
		}
		if data, err := s.Data(); err == nil {
			add(data)
		}
	}
	for _, p := range f.Progs { // sections may be stripped, segments are not
		if len(gnu)+len(own) > 0 || p.Type != elf.PT_NOTE || p.Filesz > maxNote {
			continue
		}
		data := make([]byte, p.Filesz)
		if _, err := p.ReadAt(data, 0); err == nil {
			add(data)
		}
	}
	return append(gnu, own...)
}

// noteIDs are the build ids in a series of notes, of the GNU kind and of Go's.
func noteIDs(data []byte, order binary.ByteOrder) (gnu, own []string) {
	for len(data) >= 12 {
		name, desc, kind := uint64(order.Uint32(data)), uint64(order.Uint32(data[4:])), order.Uint32(data[8:])
		data = data[12:]
		if align4(name)+align4(desc) > uint64(len(data)) {
			break
		}
		owner, id := string(data[:name]), data[align4(name):align4(name)+desc]
		data = data[align4(name)+align4(desc):]
		switch {
		case owner == "GNU\x00" && kind == noteGNU:
			gnu = append(gnu, hex.EncodeToString(id))
		case owner == "Go\x00\x00" && kind == noteGo:
			own = append(own, string(id), hex.EncodeToString(id))
		}
	}
	return gnu, own
}

func align4(n uint64) uint64 { return (n + 3) &^ 3 }

// reason is what the system said, without the call and the path.
func reason(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}
