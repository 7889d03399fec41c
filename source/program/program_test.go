package program

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goperf/goperf/internal/goprog"
	"github.com/goperf/goperf/profile"
)

func note(owner string, kind uint32, desc string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(owner)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(desc)))
	b = binary.LittleEndian.AppendUint32(b, kind)
	for _, s := range []string{owner, desc} {
		b = append(b, s...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return b
}

func TestNoteIDs(t *testing.T) {
	t.Parallel()
	data := slices.Concat(note("Go\x00\x00", 4, "abc/def"), note("GNU\x00", 1, "abi"), note("GNU\x00", 3, "\x01\xff"))
	gnu, own := noteIDs(data, binary.LittleEndian)
	if !slices.Equal(gnu, []string{"01ff"}) || !slices.Equal(own, []string{"abc/def", "6162632f646566"}) {
		t.Errorf("%q %q", gnu, own)
	}
	for n := range data { // cut anywhere: nothing that is not whole
		if g, o := noteIDs(data[:n], binary.LittleEndian); len(g)+len(o) > 2 {
			t.Errorf("%d bytes: %q %q", n, g, o)
		}
	}
	huge := note("GNU\x00", 3, "x")
	binary.LittleEndian.PutUint32(huge[4:], 1<<32-1)
	if g, o := noteIDs(huge, binary.LittleEndian); len(g)+len(o) != 0 {
		t.Errorf("a length that is claimed: %q %q", g, o)
	}
}

func TestOpen(t *testing.T) {
	exe := goprog.Compile(t, "package main\n\nfunc main() {}\n", goprog.Build{PIE: true, Strip: true})
	p, err := Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Build == nil || p.Build.Path != "goprog" {
		t.Errorf("build info %v", p.Build)
	}
	if id := p.ID(); strings.Contains(id, "/") || p.Is(id) != Same || p.Is("00") != Other || p.Is("") != Unknown {
		t.Errorf("build id %q", id)
	}
	image, err := p.Image()
	if err != nil {
		t.Fatal(err)
	}
	// Loaded at 0x7f0000000000, the segment of the code from where it lies in the file.
	code := image.segments[slices.IndexFunc(image.segments, func(s segment) bool { return s.code })]
	m := &profile.Mapping{Start: 0x7f0000000000, Limit: 0x7f0000000000 + code.size, Offset: code.offset}
	if got := image.Linked(m.Start+100, m); got != code.addr+100 {
		t.Errorf("linked at %#x, want %#x", got, code.addr+100)
	}
	if _, err := image.ReadAt(make([]byte, 4), 1<<62); err == nil {
		t.Error("read what is not there")
	}
}

func TestOpenNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"): "no such file",
		dir:                        "is no regular file",
		os.DevNull:                 "is no regular file",
	} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	p, err := Open(text)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Image(); p.Build != nil || p.ID() != "" || err == nil || !strings.Contains(err.Error(), "is no ELF file") {
		t.Errorf("a text: %v %q %v", p.Build, p.ID(), err)
	}
}
