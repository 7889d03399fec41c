package goproc

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/internal/goprog"
)

// The table of layouts says what the DWARF of each version's programs says.
func TestLayoutIsThatOfTheDWARF(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: the programs are ELF executables")
	}
	for _, toolchain := range append([]string{"", "go1.22.12", "go1.24.9"}, strings.Fields(os.Getenv("GOPERF_TOOLCHAINS"))...) {
		b := goprog.Build{Toolchain: toolchain}
		t.Run(b.Name(), func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(goprog.Compile(t, "package main\n\nfunc main() { println(1) }\n", b))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			tab, err := gosym.Open(f)
			if err != nil {
				t.Fatal(err)
			}
			got, err := layoutOf(f, tab)
			if err != nil {
				t.Fatal(err)
			}
			want, err := dwarfLayout(f, got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("DWARF (-), table (+):\n%s", diff)
			}
			if got.TLSG != -8 && runtime.GOARCH == "amd64" {
				t.Errorf("TLSG is %d", got.TLSG)
			}
		})
	}
}

// What is newer than the table is described by its DWARF, and its version says so.
func TestLayoutOfAVersionToCome(t *testing.T) {
	for _, v := range []string{"go1.99.1", "devel go1.99-abcdef"} {
		if m := version().FindStringSubmatch(v); m == nil || m[1] != "99" {
			t.Errorf("%s: %v", v, m)
		}
	}
	if byVersion(99) != byVersion(newest) {
		t.Error("the layout of a version to come is not that of the newest one")
	}
}
