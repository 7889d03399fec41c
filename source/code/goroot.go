package code

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// goRoot is an installation of Go.
type goRoot struct {
	dir     string
	version string // "go1.26.1", "" when it does not say
}

// src is where its source is: distributions have a link there, and a root is
// not left by a link.
func (r goRoot) src() string {
	dir := filepath.Join(r.dir, "src")
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

// findGoRoots finds installations: the one that the environment names, the one
// in PATH, those of the go command's toolchains and of golang.org/dl, and the
// usual places.
func findGoRoots(getenv func(string) string, home, modCache string) []goRoot {
	dirs := []string{getenv("GOROOT")}
	for _, bin := range filepath.SplitList(getenv("PATH")) {
		if real, err := filepath.EvalSymlinks(filepath.Join(bin, "go")); err == nil && filepath.IsAbs(bin) {
			dirs = append(dirs, filepath.Dir(filepath.Dir(real)))
		}
	}
	for _, pattern := range []string{
		filepath.Join(modCache, "golang.org", "toolchain@*"), filepath.Join(home, "sdk", "go*"),
		"/usr/local/go", "/usr/lib/go", "/usr/lib/go-*", "/usr/lib/golang", "/opt/homebrew/opt/go/libexec",
	} {
		found, _ := filepath.Glob(pattern) // the pattern is ours, and what it matches is looked at below
		if filepath.IsAbs(pattern) {
			dirs = append(dirs, found...)
		}
	}
	var roots []goRoot
	for _, dir := range unique(dirs) {
		if info, err := os.Stat(filepath.Join(dir, "src", "runtime")); err != nil || !info.IsDir() {
			continue
		}
		roots = append(roots, goRoot{dir, goVersionOf(dir)})
	}
	return roots
}

// goVersionOf reads the file VERSION of an installation.
func goVersionOf(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, "VERSION"))
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSpace(first)
}

// standard is the path below GOROOT/src of a file of the standard library, ""
// when the file is not of it: packages of it have no dot in their first element.
func (f *Finder) standard(name, pkg string) string {
	if pkg == "" || pkg == "main" || dotted(pkg) || f.own(pkg) {
		return ""
	}
	if !isAbs(name) {
		if path.Dir(name) == pkg || f.installs(name) {
			return name
		}
		return ""
	}
	if i := strings.LastIndex(name, "/src/"+pkg+"/"); i >= 0 && path.Dir(name[i+len("/src/"):]) == pkg {
		return name[i+len("/src/"):]
	}
	// Packages of the standard library declare functions for one another.
	if _, rel, ok := strings.Cut(name, "/src/"); ok && f.installs(rel) {
		return rel
	}
	return ""
}

func dotted(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return strings.Contains(first, ".")
}

// installs reports whether an installation has the directory of a file.
func (f *Finder) installs(rel string) bool {
	dir := path.Dir(rel)
	if dir == "." || dotted(dir) || !fsValid(rel) {
		return false
	}
	for _, r := range f.goRoots {
		if info, err := os.Stat(filepath.Join(r.dir, "src", filepath.FromSlash(dir))); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}

// How a version stands in the path of an installation: of the toolchains that
// the go command downloads, and of package managers and golang.org/dl.
var (
	toolchain = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`toolchain@v[0-9.]+-(go[0-9][0-9a-z.]*)\.[a-z0-9]+-[a-z0-9]+/`)
	})
	installed = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`/go[-/@]?v?(1\.[0-9]+(?:\.[0-9]+|rc[0-9]+|beta[0-9]+)?)(?:[_-][^/]*)?/(?:[^/]+/)?src/`)
	})
)

// wanted is the version of Go that the program was built with, "" when unknown.
func (f *Finder) wanted(name string) string {
	if f.version != "" {
		return f.version
	}
	if m := toolchain().FindStringSubmatch(name); m != nil {
		return m[1]
	}
	if m := installed().FindStringSubmatch(name); m != nil {
		return "go" + m[1]
	}
	return ""
}

// maxGuess bounds the functions that tell versions apart.
const maxGuess = 60

// Guess sorts the installations of Go by how many of these functions of the
// standard library they fit. Without a version it is all there is to go by, and
// one function alone fits many.
func (f *Finder) Guess(queries []Query) {
	f.fits, f.asked = map[string]int{}, 0
	for _, q := range queries {
		name := clean(q.File)
		rel := f.standard(name, packageOf(q.Function))
		if rel == "" || !isSource(name) || q.Fits == nil || f.wanted(name) != "" {
			continue
		}
		if f.asked == maxGuess {
			break
		}
		f.asked++
		for _, s := range f.inGoRoots(name, rel) {
			// Its doubt is about the functions so far.
			if file, err := s.read(); err == nil && q.Fits(file.Text) == nil {
				f.fits[s.root]++
			}
		}
	}
}

// unlike reports whether too many functions do not fit an installation: one in
// twenty may be our mistake.
func (f *Finder) unlike(r goRoot) bool { return f.asked-f.fits[r.src()] > f.asked/20 }

// inGoRoots is the file in each installation, those of the right version first.
func (f *Finder) inGoRoots(name, rel string) spots {
	want := f.wanted(name)
	roots := slices.Clone(f.goRoots)
	slices.SortStableFunc(roots, func(a, b goRoot) int {
		return cmp.Or(cmp.Compare(f.fits[b.src()], f.fits[a.src()]), cmp.Compare(b.rank(name, want), a.rank(name, want)))
	})
	var all spots
	for _, r := range roots {
		s := spot{fixed: true}
		if want != "" && r.version != "" && r.version != want {
			s.doubt = fmt.Errorf("this is %s, the program was built with %s", r.version, want)
		}
		if want == "" && f.unlike(r) {
			s.doubt = fmt.Errorf("%d of %d functions that were compared do not fit %s", f.asked-f.fits[r.src()], f.asked, cmp.Or(r.version, "it"))
		}
		if want == "" && r.version != "" {
			s.note = "the standard library is that of " + r.version + ", and the profile does not say which Go the program was built with"
		}
		all.add(r.src(), rel, s)
	}
	return all
}

// rank prefers the right version, then the directory that the profile names.
func (r goRoot) rank(name, want string) int {
	rank := 0
	if want != "" && r.version == want {
		rank = 2
	}
	if _, ok := below(r.dir, name); ok {
		rank++
	}
	return rank
}
