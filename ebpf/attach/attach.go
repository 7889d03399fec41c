// Package attach is the part of every kernel probe that touches the kernel:
// loading a collection of BPF programs, attaching them, reading their maps, and
// saying in plain words why the kernel refuses.
//
// What is attached hangs on file descriptors of this process and goes with it,
// however it ends. Nothing is pinned.
//
// [Open] is what a probe has to know of the process it measures: its number in
// the initial PID namespace, its symbols and where its runtime keeps g. The
// rest of the package is Linux only.
package attach

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/profile"
)

// mapping is one line of /proc/PID/maps.
type mapping struct {
	start, end, offset uint64
	name               string // path, [vdso], or ""
}

// parseMaps reads /proc/PID/maps; lines of another form are left out.
func parseMaps(text string) []mapping {
	var all []mapping
	for line := range strings.Lines(text) {
		// 55d0-55e0 r-xp 00001000 fd:01 1234    /path with blanks
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		from, to, ok := strings.Cut(f[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		offset, err3 := strconv.ParseUint(f[2], 16, 64)
		if !ok || err1 != nil || err2 != nil || err3 != nil || end <= start {
			continue
		}
		all = append(all, mapping{start, end, offset, strings.Join(f[5:], " ")})
	}
	return all
}

// Symbols names the addresses of a running Go process.
type Symbols struct {
	table *gosym.Table
	bias  uint64
	maps  []mapping
	known map[uint64][]stacks.Frame
}

func newSymbols(table *gosym.Table, bias uint64, maps []mapping) *Symbols {
	return &Symbols{table: table, bias: bias, maps: maps, known: map[uint64][]stacks.Frame{}}
}

// Text is where the Go code lies in the process.
func (s *Symbols) Text() (start, end uint64) {
	t := s.table.Text()
	return t.Start + s.bias, t.End + s.bias
}

// Frames implements [stacks.Symbols].
func (s *Symbols) Frames(pc uint64) []stacks.Frame {
	if fs, ok := s.known[pc]; ok {
		return fs
	}
	var fs []stacks.Frame
	for _, f := range s.table.Frames(pc - s.bias) {
		fs = append(fs, stacks.Frame{Function: f.Func, Symbol: f.Symbol, File: f.File, Line: f.Line, Wrapper: f.Wrapper})
	}
	if fs == nil {
		fs = []stacks.Frame{{Function: s.place(pc)}}
	}
	s.known[pc] = fs
	return fs
}

// FrameSize implements [stacks.Symbols].
func (s *Symbols) FrameSize(pc uint64) (int, bool) { return s.table.SPDelta(pc - s.bias) }

// Mapping implements [stacks.Symbols].
func (s *Symbols) Mapping(pc uint64) (profile.Mapping, bool) {
	i, ok := s.mapped(pc)
	if !ok {
		return profile.Mapping{}, false
	}
	m := s.maps[i]
	return profile.Mapping{
		Start: m.start, Limit: m.end, Offset: m.offset, File: m.name,
		HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlines: true,
	}, true
}

// mapped is the line of the memory map that holds an address.
func (s *Symbols) mapped(pc uint64) (int, bool) {
	return slices.BinarySearchFunc(s.maps, pc, func(m mapping, pc uint64) int {
		switch {
		case m.end <= pc:
			return -1
		case m.start > pc:
			return 1
		}
		return 0
	})
}

// place names code that is not Go's by the file it lies in.
func (s *Symbols) place(pc uint64) string {
	i, found := s.mapped(pc)
	switch {
	case !found:
		return fmt.Sprintf("[unmapped %#x]", pc)
	case strings.HasPrefix(s.maps[i].name, "["):
		return s.maps[i].name
	case s.maps[i].name == "":
		return "[anonymous memory]"
	}
	return "[" + filepath.Base(s.maps[i].name) + "]"
}
