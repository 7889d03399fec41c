package code

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"unicode"
)

// Finder finds source files. It looks at the machine when it is made and reads
// files when it is asked for them.
type Finder struct {
	search   []string
	trim     []string
	dir      string // where the user stands
	module   string // the main module around it
	root     string // and where that is
	modCache string
	goPaths  []string
	goRoots  []goRoot
	build    *debug.BuildInfo
	asked    int            // functions that were compared with installations; see Guess
	fits     map[string]int // and how many fit, by the source of an installation
	version  string         // of Go, which the program was built with; "" when unknown
}

// NewFinder looks at what is here.
func NewFinder(o Options) *Finder {
	f := &Finder{trim: o.Trim, build: o.Build}
	f.dir, _ = filepath.Abs(cmp.Or(o.Dir, ".")) // without a directory there is only less to find
	for _, dir := range o.Search {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(f.dir, dir)
		}
		f.search = append(f.search, filepath.Clean(dir))
	}
	f.module, f.root = ModuleAround(f.dir)
	home := o.Getenv("HOME")
	if h, err := os.UserHomeDir(); home == "" && err == nil {
		home = h
	}
	f.goPaths = filepath.SplitList(o.Getenv("GOPATH"))
	if len(f.goPaths) == 0 && home != "" {
		f.goPaths = []string{filepath.Join(home, "go")}
	}
	f.modCache = o.Getenv("GOMODCACHE")
	if f.modCache == "" && len(f.goPaths) > 0 {
		f.modCache = filepath.Join(f.goPaths[0], "pkg", "mod")
	}
	if o.Build != nil {
		f.version, _, _ = strings.Cut(o.Build.GoVersion, " ")
	}
	f.goRoots = findGoRoots(o.Getenv, home, f.modCache)
	return f
}

// ModuleAround is the module that a directory lies in, and that module's folder; both
// are "" outside of modules.
func ModuleAround(dir string) (module, root string) {
	for dir != "" {
		if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil {
			return modulePath(string(data)), dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return "", ""
}

// modulePath is the path in the text of a go.mod file.
func modulePath(text string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "module"); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
			rest, _, _ = strings.Cut(rest, "//")
			return strings.Trim(strings.TrimSpace(rest), "\"`")
		}
	}
	return ""
}

// Standard reports whether a file is of the standard library, as far as its
// name and that of a function in it tell.
func (f *Finder) Standard(file, function string) bool {
	return f.standard(clean(file), packageOf(function)) != ""
}

// spots is where a file may be, the best first.
func (f *Finder) spots(name, pkg string) spots {
	var all spots
	for _, prefix := range f.trim {
		if rest, ok := strings.CutPrefix(name, strings.TrimSuffix(clean(prefix), "/")+"/"); ok {
			for _, dir := range f.searchDirs() {
				all.add(dir, rest, spot{})
			}
		}
	}
	for _, dir := range f.search {
		for rest := range suffixes(name) {
			all.add(dir, rest, spot{})
		}
	}
	if rel := f.standard(name, pkg); rel != "" {
		all = append(all, f.inGoRoots(name, rel)...)
	}
	all = append(all, f.inModules(name)...)
	if isAbs(name) {
		return append(all, f.absolute(name, pkg)...)
	}
	return append(all, f.relative(name)...)
}

// searchDirs is what a trimmed name is relative to.
func (f *Finder) searchDirs() []string {
	return unique(append(slices.Clone(f.search), f.root, f.dir))
}

// absolute is where a file may be that had this path where it was built: there,
// if that is below a root, or at the end of the path in the user's module.
func (f *Finder) absolute(name, pkg string) spots {
	var all spots
	for _, root := range f.roots() {
		if rest, ok := below(root, name); ok {
			all.add(root, rest, spot{fixed: root == f.modCache})
		}
	}
	if filepath.IsAbs(name) {
		_, root := ModuleAround(filepath.Dir(filepath.FromSlash(name)))
		if rest, ok := below(root, name); ok && root != "" {
			all.add(root, rest, spot{})
		}
	}
	if f.own(pkg) {
		for rest := range suffixes(name) {
			all.add(f.root, rest, spot{})
		}
	}
	return all
}

// relative is where a file may be that -trimpath left a name of.
func (f *Finder) relative(name string) spots {
	var all spots
	if rest, ok := strings.CutPrefix(name, f.module+"/"); ok && f.module != "" {
		all.add(f.root, rest, spot{})
	}
	if rest, ok := strings.CutPrefix(name, "command-line-arguments/"); ok {
		all.add(f.dir, rest, spot{})
	}
	all.add(f.root, "vendor/"+name, spot{})
	for _, dir := range f.goPaths {
		all.add(filepath.Join(dir, "src"), name, spot{})
	}
	all.add(f.dir, name, spot{})
	return all
}

// own reports whether a package may be of the module the user stands in.
func (f *Finder) own(pkg string) bool {
	return f.module != "" && (pkg == "main" || pkg == f.module || strings.HasPrefix(pkg, f.module+"/"))
}

func (f *Finder) roots() []string {
	dirs := append(slices.Clone(f.search), f.dir, f.root, f.modCache)
	for _, dir := range f.goPaths {
		dirs = append(dirs, filepath.Join(dir, "src"))
	}
	for _, dir := range slices.Clone(dirs) {
		// The compiler may have seen the directory by its other name.
		if dir == "" {
			continue
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dirs = append(dirs, real)
		}
	}
	return unique(dirs)
}

// below is name relative to root.
func below(root, name string) (string, bool) {
	root = strings.TrimSuffix(filepath.ToSlash(root), "/")
	return strings.CutPrefix(name, root+"/")
}

// maxSuffixes is deeper than anybody nests directories.
const maxSuffixes = 40

// suffixes yields "a/b/c.go", "b/c.go" and "c.go" for "/a/b/c.go".
func suffixes(name string) func(func(string) bool) {
	return func(yield func(string) bool) {
		rest := strings.TrimLeft(name, "/")
		for range maxSuffixes {
			if !yield(rest) {
				return
			}
			_, after, ok := strings.Cut(rest, "/")
			if !ok {
				return
			}
			rest = after
		}
	}
}

// fsValid keeps names that stay below their root.
func fsValid(rel string) bool {
	return rel != "" && rel != "." && !isAbs(rel) && path.Clean(rel) == rel && rel != ".." && !strings.HasPrefix(rel, "../")
}

// escapeModule writes a module path as the module cache does: capital letters
// before the version as ! and the small letter.
func escapeModule(name string) string {
	at := strings.IndexByte(name, '@')
	var out strings.Builder
	for i, r := range name {
		if i < at && unicode.IsUpper(r) {
			out.WriteByte('!')
			r = unicode.ToLower(r)
		}
		out.WriteRune(r)
	}
	return out.String()
}
