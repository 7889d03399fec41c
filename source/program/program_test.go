package program

import (
	"encoding/binary"
	"os"
	"os/exec"
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
	if _, err := p.Image(); p.Build != nil || p.ID() != "" || err == nil || !strings.Contains(err.Error(), "is no executable") {
		t.Errorf("a text: %v %q %v", p.Build, p.ID(), err)
	}
}

// TestForeign reads programs of other systems, made here.
func TestForeign(t *testing.T) {
	for _, system := range []string{"darwin/arm64", "windows/amd64", "linux/arm64"} {
		t.Run(strings.ReplaceAll(system, "/", "-"), func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"go.mod": "module p\n\ngo 1.18\n", "main.go": small} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			goos, goarch, _ := strings.Cut(system, "/")
			exe := filepath.Join(dir, "p")
			cmd := exec.CommandContext(t.Context(), "go", "build", "-o", exe, ".")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			p, err := Open(exe)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			im, err := p.Image()
			if err != nil {
				t.Fatal(err)
			}
			checkImage(t, im, goarch)
		})
	}
}

const small = `package main

//go:noinline
func outer(n int) int { return inner(n) + 1 }

func inner(n int) int {
	return n * 12345
}

func main() { println(outer(2)) }
`

// checkImage wants the function, what was inlined into it, and its code, also by
// the address that it has when it is loaded somewhere.
func checkImage(t *testing.T, im *Image, arch string) {
	t.Helper()
	f, ok := im.FuncByName("main.outer")
	if !ok || im.Arch() != arch {
		t.Fatalf("no main.outer in %s", im.Arch())
	}
	code := make([]byte, f.End-f.Entry)
	if n, err := im.ReadAt(code, int64(f.Entry)); n != len(code) || err != nil {
		t.Errorf("code: %d of %d bytes: %v", n, len(code), err)
	}
	found := false
	for pc := f.Entry; pc < f.End; pc++ {
		frames := im.Frames(pc)
		found = found || len(frames) == 2 && frames[0].Func == "main.inner" && frames[0].Line == 7 && frames[1].Func == "main.outer"
	}
	if !found {
		t.Error("inner is not inlined into outer")
	}
	if !im.pie {
		return
	}
	seg := im.segments[slices.IndexFunc(im.segments, func(s segment) bool { return s.code && f.Entry >= s.addr && f.Entry-s.addr < s.size })]
	m := &profile.Mapping{Start: 0x7ff000000000, Limit: 0x7ff100000000, Offset: seg.mapped}
	if got := im.Linked(m.Start+f.Entry-seg.addr, m); got != f.Entry {
		t.Errorf("linked at %#x, want %#x", got, f.Entry)
	}
}
