package disasm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goperf/goperf/disasm"
	"github.com/goperf/goperf/internal/goprog"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/source/program"
)

// allocator profiles every allocation: the same numbers in every run.
const allocator = `package main

import (
	"os"
	"runtime"
	"runtime/pprof"
)

var sink [][]byte

//go:noinline
func outer(n int) {
	sink = append(sink, inner(n))
	sink = append(sink, inner(n+1))
}

//go:noinline
func other(n int) { sink = append(sink, inner(n)) }

func inner(n int) []byte { return make([]byte, n) }

//go:noinline
func deep(n int) {
	if n > 0 {
		deep(n - 1)
	}
	sink = append(sink, make([]byte, 10))
}

func generic[T any](n int) []T { return make([]T, n) }

func main() {
	runtime.MemProfileRate = 1
	for i := 0; i < 50; i++ {
		outer(100 + i)
		other(i)
	}
	deep(5)
	for _, v := range generic[int64](3) {
		sink = append(sink, make([]byte, v+1))
	}
	runtime.MemProfileRate = 0
	f, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := pprof.Lookup("allocs").WriteTo(f, 0); err != nil {
		panic(err)
	}
	if err := f.Close(); err != nil {
		panic(err)
	}
}
`

// TestList holds the sums of instructions against those of functions, in
// programs that are stripped, loaded anywhere and linked by another linker.
func TestList(t *testing.T) {
	for _, b := range goprog.Shapes("") {
		t.Run(b.Name(), func(t *testing.T) {
			exe := goprog.Compile(t, allocator, b)
			file := filepath.Join(t.TempDir(), "allocs.pb.gz")
			if out, err := exec.Command(exe, file).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p, err := profile.Parse(data, profile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			prog, err := program.Open(exe)
			if err != nil {
				t.Fatal(err)
			}
			defer prog.Close()
			if len(p.Mappings) > 0 && prog.Is(p.Mappings[0].BuildID) == program.Other {
				t.Errorf("build id %s is not %s", prog.ID(), p.Mappings[0].BuildID)
			}
			image, err := prog.Image()
			if err != nil {
				t.Fatal(err)
			}
			checkSums(t, p, image)
			checkInlined(t, p, image)
		})
	}
}

// checkSums wants each function to have what it has in a table without inlining,
// and nothing to be left over.
func checkSums(t *testing.T, p *profile.Profile, image *program.Image) {
	t.Helper()
	all := disasm.List(p, "alloc_objects", image, func(string) bool { return true })
	if all.Strange != 0 || all.ForeignAddrs != 0 || all.Named == 0 {
		t.Errorf("%d of %d addresses are strange, %d foreign", all.Strange, all.Named, all.ForeignAddrs)
	}
	got, cums := map[string]int64{}, map[string]int64{}
	for _, r := range all.Routines {
		if r.Into == "" {
			got[r.Name] += r.Flat
			cums[r.Name] += r.Cum
		}
	}
	for _, row := range profile.Top(p.WithoutInlined(), profile.TopOptions{Type: "alloc_objects"}).Rows {
		if got[row.Name] != row.Flat || cums[row.Name] < row.Cum {
			t.Errorf("%s: %d/%d, want %d/%d", row.Name, got[row.Name], cums[row.Name], row.Flat, row.Cum)
		}
	}
}

// checkInlined wants the copies of an inlined function in its callers.
func checkInlined(t *testing.T, p *profile.Profile, image *program.Image) {
	t.Helper()
	want := int64(0)
	for _, row := range profile.Top(p, profile.TopOptions{Type: "alloc_objects"}).Rows {
		if row.Name == "main.inner" {
			want = row.Flat
		}
	}
	got, into := int64(0), []string{}
	for _, r := range disasm.List(p, "alloc_objects", image, func(name string) bool { return name == "main.inner" }).Routines {
		got += r.Flat
		into = append(into, r.Into)
		for _, l := range r.Lines {
			if f := l.Frames[len(l.Frames)-1]; f.Func != "main.inner" || f.Line != 20 {
				t.Errorf("%x %s is of %s:%d", l.Addr, l.Text, f.Func, f.Line)
			}
			if strings.Contains(l.Text, "BYTE") {
				t.Errorf("%x: not read: %s", l.Addr, l.Text)
			}
		}
	}
	if got != want || want == 0 || strings.Join(into, " ") != "main.other main.outer" {
		t.Errorf("inner has %d in %v, want %d", got, into, want)
	}
}
