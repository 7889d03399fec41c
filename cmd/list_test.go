package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// allocator is a program of two modules that writes a heap profile of every
// allocation: the same numbers in every run, with inlined calls, recursion,
// type parameters and function literals.
const allocator = `
-- go.mod --
module example.com/shop

go 1.22

require example.com/Lib v1.2.0

replace example.com/Lib v1.2.0 => ./lib
-- main.go --
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"strings"

	"example.com/Lib/text"
	"example.com/shop/cart"
)

var sink any

func main() {
	runtime.MemProfileRate = 1
	c := &cart.Cart{}
	for i := range 100 {
		c.Add(i, func() []byte { return make([]byte, 100) })
	}
	sink = cart.Map([]int{1, 2, 3}, func(i int) string { return strings.Repeat("x", i+1) })
	sink = append(text.Words("one two three"), cart.Deep(5)...)
	f, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	runtime.GC()
	if err := pprof.Lookup("allocs").WriteTo(f, 0); err != nil {
		panic(err)
	}
	f.Close()
}
-- cart/cart.go --
// Package cart is hot.
package cart

// Cart holds lines.
type Cart struct{ lines [][]byte }

// Add is not inlined.
//
//go:noinline
func (c *Cart) Add(n int, make func() []byte) {
	line := make()
	c.lines = append(c.lines, line)
	c.lines = append(c.lines, blank(n))
}

// blank is inlined.
func blank(n int) []byte {
	return make([]byte, n)
}

// Map is generic.
//
//go:noinline
func Map[A, B any](all []A, f func(A) B) []B {
	var out []B
	for _, a := range all {
		out = append(out, f(a))
	}
	return out
}

// Deep calls itself.
//
//go:noinline
func Deep(n int) []string {
	if n == 0 {
		return nil
	}
	out := make([]string, 10)
	return append(out,
		Deep(n-1)...)
}
-- lib/go.mod --
module example.com/Lib

go 1.22
-- lib/text/text.go --
package text

import "strings"

// Words is inlined.
func Words(s string) []string {
	return strings.Fields(s)
}
`

// build writes the program to dir, builds it and runs it; it returns where the
// profile and the executable are.
func build(t *testing.T, dir string, flags ...string) (profile, binary string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(allocator)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	profile, binary = filepath.Join(t.TempDir(), "allocs.pb.gz"), filepath.Join(t.TempDir(), "shop")
	cmd := exec.Command("go", append(append([]string{"build", "-o", binary}, flags...), ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if out, err := exec.Command(binary, profile).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return profile, binary
}

// routine is a function as both print it: its sums, and each line with a value.
type routine struct {
	sums  string
	lines map[string]string // "line: flat cum"
	text  map[string]string // by line, where there is source
}

var listLine = regexp.MustCompile(`^ *(\S+) +(\S+) +(\d+):(.*)$`)

func routinesOf(text string) map[string]routine {
	all := map[string]routine{}
	for _, part := range strings.Split(text, "ROUTINE ======================== ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		sums, body, _ := strings.Cut(body, "\n")
		r := routine{sums: strings.Join(strings.Fields(sums), " "), lines: map[string]string{}, text: map[string]string{}}
		for line := range strings.Lines(body) {
			m := listLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
			if m == nil || m[1] == "." && m[2] == "." {
				continue
			}
			r.lines[m[3]] = m[1] + " " + m[2]
			if m[4] != "" {
				r.text[m[3]] = m[4]
			}
		}
		all[name] = r
	}
	return all
}

// TestListEqualsPprof holds list against google/pprof's own, on a program built
// for it: each number, and each line of source where pprof finds it.
func TestListEqualsPprof(t *testing.T) {
	for name, flags := range map[string][]string{"plain": nil, "trimpath": {"-trimpath", "-ldflags=-s -w"}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			profile, binary := build(t, dir, flags...)
			for _, view := range []struct{ ours, theirs string }{
				{"", ""},
				{"--noinlines", "-noinlines"},
				{"--sample-index alloc_objects", "-sample_index=alloc_objects"},
				{"--focus Deep|Map --unit kb", "-focus=Deep|Map -unit=kb"},
				{"--ignore Words --divide-by 3", "-ignore=Words -divide_by=3"},
			} {
				args := append([]string{"list", ".", profile, "-n", "0", "--binary", binary, "--source-path", dir}, strings.Fields(view.ours)...)
				got := routinesOf(goperf(t, args...))
				want := routinesOf(reference(t, profile, append([]string{"-list=."}, strings.Fields(view.theirs)...)...))
				compareRoutines(t, view.ours, want, got)
			}
		})
	}
}

func compareRoutines(t *testing.T, view string, want, got map[string]routine) {
	t.Helper()
	for name, w := range want {
		g, ok := got[name]
		if !ok {
			t.Errorf("%s: %s: not listed", view, name)
			continue
		}
		if g.sums != w.sums {
			t.Errorf("%s: %s: %s, pprof has %s", view, name, g.sums, w.sums)
		}
		if len(w.lines) == 0 {
			continue // pprof found no source and then shows no lines
		}
		for line, text := range w.text {
			if g.text[line] != text {
				t.Errorf("%s: %s: line %s: %q, pprof has %q", view, name, line, g.text[line], text)
			}
		}
		if diff := cmp.Diff(w.lines, g.lines); diff != "" {
			t.Errorf("%s: %s (-pprof +goperf):\n%s", view, name, diff)
		}
	}
}

// TestListTrimpath finds every file of a program built with -trimpath: its own,
// that of a replaced module, and the standard library.
func TestListTrimpath(t *testing.T) {
	dir := t.TempDir()
	profile, binary := build(t, dir, "-trimpath")
	out := goperf(t, "list", `^main\.|cart|text\.Words|strings\.Fields|^strings\.Repeat`, profile, "-n", "0", "--binary", binary, "--source-path", dir)
	for _, want := range []string{
		"in example.com/shop/cart/cart.go",
		"in example.com/Lib@v1.2.0/text/text.go",
		"in strings/strings.go",
		":\tc.lines = append(c.lines, blank(n))",
		"↳ inlined example.com/shop/cart.blank",
		":\treturn strings.Fields(s)",
		":func Fields(s string) []string {",
		"with each sample once: it calls itself",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "no source") {
		t.Errorf("source is missing:\n%s", out)
	}
}

// TestListStale shows numbers alone when the file is not what was built.
func TestListStale(t *testing.T) {
	dir := t.TempDir()
	profile, _ := build(t, dir)
	file := filepath.Join(dir, "cart", "cart.go")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "package cart\n", "package cart\n\nconst secret = 1\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out := goperf(t, "list", `Cart..Add`, profile)
	if !strings.Contains(out, "no source: not the source that was built: "+file+": line 11, which has samples, holds no code") || strings.Contains(out, "c.lines") {
		t.Errorf("changed source:\n%s", out)
	}
	if !regexp.MustCompile(`(?m)^ +\S+ +\S+ +13:$`).MatchString(out) {
		t.Errorf("no numbers:\n%s", out)
	}
}
