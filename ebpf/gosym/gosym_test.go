package gosym_test

import (
	"bufio"
	"bytes"
	"debug/elf"
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/internal/goprog"
)

// selftell prints what its own runtime knows: "at PC FUNC FILE LINE" for
// addresses of its text, "stack PC FUNC LINE" for one call stack.
//
//go:embed testdata/selftell.go.txt
var selftell string

// toolchains are those that are tested in every run, besides the one that runs
// the test: one of each layout of tables that is still met often. GOPERF_TOOLCHAINS
// names more (make test-toolchains).
func toolchains() []string {
	return append([]string{"", "go1.22.12", "go1.24.9"}, strings.Fields(os.Getenv("GOPERF_TOOLCHAINS"))...)
}

func TestOpenKnowsWhatTheRuntimeKnows(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: the programs are ELF executables that must run here")
	}
	for _, toolchain := range toolchains() {
		for _, b := range goprog.Shapes(toolchain) {
			if toolchain != "" && b.External && !b.PIE {
				continue // the two halves of it are tested
			}
			t.Run(b.Name(), func(t *testing.T) {
				t.Parallel()
				exe := goprog.Compile(t, selftell, b)
				tab := open(t, exe)
				out, err := exec.CommandContext(t.Context(), exe).Output()
				if err != nil {
					t.Fatal(err)
				}
				compare(t, tab, out)
				checkSymbol(t, tab, b)
			})
		}
	}
}

func open(t *testing.T, exe string) *gosym.Table {
	t.Helper()
	f, err := os.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	tab, err := gosym.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

var shaped = regexp.MustCompile(`\[.*\]`)

// compare holds the table against what the program printed.
func compare(t *testing.T, tab *gosym.Table, out []byte) {
	t.Helper()
	main, ok := tab.FuncByName("main.main")
	if !ok {
		t.Fatal("there is no main.main")
	}
	var bias uint64
	places, wrong := 0, 0
	var stack []gosym.Frame
	var inner []uint64
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		f := strings.Split(s.Text(), "\t")
		pc, _ := strconv.ParseUint(f[1], 16, 64)
		switch f[0] {
		case "main":
			bias = pc - main.Entry
			if (bias != 0) != tab.IsPIE() {
				t.Errorf("loaded at a bias of %#x, IsPIE() = %t", bias, tab.IsPIE())
			}
		case "stack":
			line, _ := strconv.Atoi(f[3])
			stack = append(stack, gosym.Frame{Func: f[2], Line: line})
			inner = append(inner, pc-bias)
		case "at":
			places++
			line, _ := strconv.Atoi(f[4])
			got := tab.Frames(pc - bias)
			if len(got) > 0 && !strings.Contains(f[2], "[...]") && got[0].Symbol != f[2] {
				t.Errorf("%#x: the symbol is %q, the runtime says %q", pc-bias, got[0].Symbol, f[2])
			}
			f[2] = shaped.ReplaceAllString(f[2], "[...]") // Go 1.20 and before print it all
			if len(got) == 0 || got[0].Func != f[2] || got[0].File != f[3] || got[0].Line != line {
				if wrong++; wrong < 5 {
					t.Errorf("%#x: %+v, the runtime says %v", pc-bias, got, f[2:])
				}
			}
		}
	}
	if places < 1000 || wrong > 0 {
		t.Errorf("%d of %d addresses are wrong, and 1,000 is the least to look at", wrong, places)
	}
	compareStack(t, tab, stack, inner)
}

// compareStack expands the innermost address of each compiled function and
// wants the runtime's list of calls, the inlined ones included.
func compareStack(t *testing.T, tab *gosym.Table, want []gosym.Frame, pcs []uint64) {
	t.Helper()
	inlined := 0
	for i := 0; i < len(want); {
		got := tab.Frames(pcs[i] - 1)
		if len(got) == 0 {
			t.Fatalf("no frames at %#x", pcs[i])
		}
		for _, f := range got {
			if i >= len(want) || f.Func != want[i].Func || f.Line != want[i].Line {
				t.Fatalf("frames at %#x are %+v, the runtime's from %d on are %+v", pcs[i], got, i, want[i:])
			}
			if f.Inlined {
				inlined++
			}
			i++
		}
	}
	if inlined < 2 {
		t.Errorf("%d inlined calls in a stack that has some", inlined)
	}
}

func checkSymbol(t *testing.T, tab *gosym.Table, b goprog.Build) {
	t.Helper()
	if want := b.Toolchain; want != "" && tab.GoVersion() != want {
		t.Errorf("built by %q, want %s", tab.GoVersion(), want)
	}
	allgs, ok := tab.Symbol("runtime.allgs")
	if ok == b.Strip {
		t.Fatalf("Symbol(runtime.allgs) = %t in a build with Strip: %t", ok, b.Strip)
	}
	if !ok {
		return
	}
	for _, r := range tab.Data() {
		if allgs.Start >= r.Start && allgs.End <= r.End {
			return
		}
	}
	t.Errorf("runtime.allgs at %x is in none of %x", allgs, tab.Data())
}

// A section table is not needed: loaders do not read it, and some packers drop it.
func TestOpenWithoutSections(t *testing.T) {
	for _, b := range []goprog.Build{{Strip: true}, {Strip: true, PIE: true}} {
		t.Run(b.Name(), func(t *testing.T) {
			data, err := os.ReadFile(compileELF(t, b))
			if err != nil {
				t.Fatal(err)
			}
			with, err := gosym.Open(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			clear(data[40:48]) // e_shoff
			clear(data[58:64]) // e_shentsize, e_shnum, e_shstrndx
			without, err := gosym.Open(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if with.Text() != without.Text() || with.NumFunc() != without.NumFunc() {
				t.Errorf("text %x, %d functions; without sections %x, %d", with.Text(), with.NumFunc(), without.Text(), without.NumFunc())
			}
			if with.GoVersion() != without.GoVersion() {
				t.Errorf("version %q, without sections %q", with.GoVersion(), without.GoVersion())
			}
		})
	}
}

// compileELF builds for Linux wherever the test runs.
func compileELF(t testing.TB, b goprog.Build) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: builds for this system are no ELF executables")
	}
	return goprog.Compile(t, "package main\n\nfunc main() { println(1) }\n", b)
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty":   {nil, nil},
		"text":    {[]byte("#!/bin/sh\necho no executable at all, just text that is longer than a header\n"), nil},
		"no go":   {emptyELF(), gosym.ErrNotGo},
		"32 bits": {elf32(), gosym.ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gosym.Open(bytes.NewReader(c.data))
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("Open: %v, want %v", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

// emptyELF is a 64-bit executable with a header and nothing else.
func emptyELF() []byte {
	b := make([]byte, 64)
	copy(b, elf.ELFMAG)
	b[4], b[5], b[6] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
	b[16], b[18], b[20] = byte(elf.ET_EXEC), byte(elf.EM_X86_64), 1
	b[52], b[54] = 64, 56
	return b
}

func elf32() []byte {
	b := emptyELF()
	b[4] = byte(elf.ELFCLASS32)
	b[40], b[42] = 52, 32
	clear(b[52:])
	return b[:52]
}
