package code

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// machine is a directory with modules, a module cache, two installations of Go,
// and things that are nobody's business.
func machine(t testing.TB) (dir string, options Options) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"shop/go.mod":                            "module example.com/shop // the shop\n",
		"shop/cart/cart.go":                      "package cart\n",
		"shop/main.go":                           "package main\n",
		"shop/vendor/modules.txt":                "# example.com/v v1.1.0\n## explicit\n",
		"shop/vendor/example.com/v/v.go":         "package v\n",
		"shop/vendor/secret.txt":                 "secret\n",
		"lib/go.mod":                             "module example.com/lib\n",
		"lib/lib.go":                             "package lib\n",
		"mod/github.com/!big!corp/lib@v1/x/a.go": "package x\n",
		"mod/example.com/other@v2.0.0/o.go":      "package o\n",
		"go1/VERSION":                            "go1.25.1\ntime 2025-01-01\n",
		"go1/src/runtime/proc.go":                "package runtime // 25\n",
		"go1/src/runtime/pprof/p.go":             "package pprof\n",
		"go2/VERSION":                            "go1.26.2\n",
		"go2/src/runtime/proc.go":                "package runtime // 26\n",
		"outside/secret.go":                      "package secret\n",
		"outside/passwd":                         "root:x\n",
		"named/deep/er/n.go":                     "package n\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"shop/link.go": "../outside/secret.go", "shop/out": "../outside", "mod/abs.go": filepath.Join(dir, "outside/secret.go"),
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{
		"HOME": filepath.Join(dir, "home"), "GOMODCACHE": filepath.Join(dir, "mod"), "GOPATH": filepath.Join(dir, "gopath"),
		"GOROOT": filepath.Join(dir, "go1"),
	}
	return dir, Options{Dir: filepath.Join(dir, "shop", "cart"), Getenv: func(n string) string { return env[n] }}
}

func find(t *testing.T, o Options, file, function string) string {
	t.Helper()
	f := NewFinder(o)
	// What this machine has installed must not decide.
	f.goRoots = f.goRoots[:1]
	f.goRoots = append(f.goRoots, goRoot{strings.TrimSuffix(f.goRoots[0].dir, "1") + "2", "go1.26.2"})
	got, err := f.Find(Query{File: file, Function: function})
	if err != nil {
		missing := (*Missing)(nil)
		if !errors.As(err, &missing) {
			t.Fatalf("%s: %v is no *Missing", file, err)
		}
		return "!" + missing.Why + " | " + missing.Hint()
	}
	return got.Path
}

func TestFind(t *testing.T) {
	t.Parallel()
	dir, o := machine(t)
	o.Search = []string{filepath.Join(dir, "named")}
	o.Trim = []string{"/ci/build"}
	o.Build = &debug.BuildInfo{GoVersion: "go1.26.2", Deps: []*debug.Module{
		{Path: "example.com/lib", Version: "v1.0.0", Replace: &debug.Module{Path: "../lib", Version: "(devel)"}},
		{Path: "example.com/fork", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/other", Version: "v2.0.0"}},
		{Path: "example.com/evil", Version: "v1.0.0", Replace: &debug.Module{Path: "/outside"}},
	}}
	for _, c := range []struct{ file, function, want string }{
		{dir + "/shop/cart/cart.go", "example.com/shop/cart.F", "shop/cart/cart.go"},
		{"example.com/shop/cart/cart.go", "example.com/shop/cart.F", "shop/cart/cart.go"},
		{"/home/ci/work/shop/cart/cart.go", "example.com/shop/cart.F", "shop/cart/cart.go"},
		{`C:\work\shop\cart\cart.go`, "example.com/shop/cart.F", "shop/cart/cart.go"},
		{"/home/ci/work/shop/main.go", "main.main", "shop/main.go"},
		{"/ci/build/cart/cart.go", "x.F", "shop/cart/cart.go"},
		{"/elsewhere/deep/er/n.go", "n.F", "named/deep/er/n.go"},
		{"github.com/BigCorp/lib@v1/x/a.go", "github.com/BigCorp/lib/x.F", "mod/github.com/!big!corp/lib@v1/x/a.go"},
		{"/home/ci/go/pkg/mod/github.com/!big!corp/lib@v1/x/a.go", "github.com/BigCorp/lib/x.F", "mod/github.com/!big!corp/lib@v1/x/a.go"},
		{"example.com/lib@v1.0.0/lib.go", "example.com/lib.F", "lib/lib.go"},
		{"example.com/fork@v1.0.0/o.go", "example.com/fork.F", "mod/example.com/other@v2.0.0/o.go"},
		{"example.com/v@v1.1.0/v.go", "example.com/v.F", "shop/vendor/example.com/v/v.go"},
		{"/src/shop/vendor/example.com/v/v.go", "example.com/shop/x.F", "shop/vendor/example.com/v/v.go"},
		{"runtime/proc.go", "runtime.schedule", "go2/src/runtime/proc.go"},
		{"/usr/lib/golang/src/runtime/proc.go", "runtime.schedule", "go2/src/runtime/proc.go"},
		{"/usr/lib/golang/src/runtime/proc.go", "runtime/pprof.linked", "go2/src/runtime/proc.go"},
	} {
		if got := find(t, o, c.file, c.function); got != filepath.Join(dir, filepath.FromSlash(c.want)) {
			t.Errorf("%s: %s, want %s", c.file, got, c.want)
		}
	}
}

// TestFindNothing holds what a profile that nobody vouches for must not get,
// and what is said of source that is not there.
func TestFindNothing(t *testing.T) {
	t.Parallel()
	dir, o := machine(t)
	o.Build = &debug.BuildInfo{GoVersion: "go1.24.9", Deps: []*debug.Module{
		{Path: "example.com/evil", Version: "v1.0.0", Replace: &debug.Module{Path: dir + "/outside"}},
	}}
	for _, c := range []struct{ file, function, want string }{
		{"/etc/passwd", "main.main", "not the name of a source file"},
		{dir + "/outside/passwd", "main.main", "not the name of a source file"},
		{dir + "/outside/secret.go", "secret.F", "not on this machine, or not below a source directory"},
		{dir + "/shop/cart/../../outside/secret.go", "secret.F", "not on this machine, or not below"},
		{"../../outside/secret.go", "main.main", "not on this machine, or not below"},
		{"example.com/shop/../../outside/secret.go", "main.main", "not on this machine, or not below"},
		{"example.com/m@v1/../../../outside/secret.go", "main.main", "not on this machine, or not below"},
		{dir + "/shop/link.go", "main.main", "not on this machine, or not below"},
		{dir + "/shop/out/secret.go", "main.main", "not on this machine, or not below"},
		{dir + "/mod/abs.go", "main.main", "not on this machine, or not below"},
		{"example.com/evil@v1.0.0/secret.go", "example.com/evil.F", "not on this machine, or not below"},
		{"<autogenerated>", "main.(*T).M", "made by the compiler"},
		{"_cgo_gotypes.go", "main._Cfunc_x", "made by cgo"},
		{"", "main.main", "names no file"},
		{"a\x00b.go", "main.main", "not on this machine"},
		{"runtime/proc.go", "runtime.schedule", "this is go1.25.1, the program was built with go1.24.9 | go install golang.org/dl/go1.24.9@latest"},
		{"example.com/v@v1.0.0/v.go", "example.com/v.F", "vendored is v1.1.0, built was v1.0.0 | go mod download example.com/v@v1.0.0"},
	} {
		if got := find(t, o, c.file, c.function); !strings.HasPrefix(got, "!") || !strings.Contains(got, c.want) {
			t.Errorf("%q: %s, want %s", c.file, got, c.want)
		}
	}
}

// TestGuess tells versions apart by what fits, when the profile has none.
func TestGuess(t *testing.T) {
	t.Parallel()
	_, o := machine(t)
	f := NewFinder(o)
	f.goRoots = []goRoot{f.goRoots[0], {strings.TrimSuffix(f.goRoots[0].dir, "1") + "2", "go1.26.2"}}
	only := func(want string) func([]byte) error {
		return func(text []byte) error {
			if strings.Contains(string(text), want) {
				return nil
			}
			return errors.New("other")
		}
	}
	q := Query{File: "/usr/go/src/runtime/proc.go", Function: "runtime.schedule"}
	for want, fits := range map[string]string{"go1.25.1": "// 25", "go1.26.2": "// 26"} {
		q.Fits = only(fits)
		f.Guess([]Query{q})
		q.Fits = nil
		got, err := f.Find(q)
		if err != nil || !strings.Contains(string(got.Text), fits) || !strings.Contains(got.Doubt, want) {
			t.Errorf("%s: %q (%q), %v", want, got.Text, got.Doubt, err)
		}
	}
	q.Fits = only("// 24")
	f.Guess([]Query{q})
	q.Fits = nil
	if _, err := f.Find(q); err == nil || !strings.Contains(err.Error(), "1 of 1 functions that were compared do not fit") {
		t.Errorf("none fits: %v", err)
	}
}

// FuzzFind holds that no name leads out of the roots.
func FuzzFind(f *testing.F) {
	dir, o := machine(f)
	o.Search = []string{dir + "/named"}
	finder := NewFinder(o)
	f.Add("/outside/secret.go", "main.main")
	f.Add("shop/link.go", "example.com/shop.F")
	f.Add("example.com/shop/out/secret.go", "example.com/shop/out.F")
	f.Add("example.com/m@v1/../../outside/secret.go", "runtime.F")
	f.Add(`..\outside\secret.go`, "main.F")
	f.Fuzz(func(t *testing.T, name, function string) {
		for _, file := range []string{name, dir + "/" + name, "example.com/shop/" + name, "/x/src/" + name} {
			got, err := finder.Find(Query{File: file, Function: function})
			if err != nil {
				continue
			}
			real, err := filepath.EvalSymlinks(got.Path)
			if err != nil || strings.Contains(real, "outside") || strings.Contains(string(got.Text), "secret") {
				t.Fatalf("%q of %q: %s, %v", file, function, real, err)
			}
		}
	})
}
