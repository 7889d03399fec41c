package code

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// inModules is where the file of a module of a version may be: the module
// cache, the directory that replaces it, the vendor directory.
func (f *Finder) inModules(name string) spots {
	var all spots
	switch {
	case !strings.Contains(name, "@"):
	case isAbs(name): // below a module cache somewhere, where names are escaped already
		for rest := range suffixes(name) {
			if strings.Contains(rest, "@") {
				all.add(f.modCache, rest, spot{fixed: true})
			}
		}
	default:
		module, version, rest := splitVersion(name)
		if r := f.replaced(module); r != nil {
			return f.inReplacement(r, rest)
		}
		all.add(f.modCache, escapeModule(name), spot{fixed: true})
		all.add(f.root, "vendor/"+module+"/"+rest, spot{doubt: f.vendored(module, version)})
	}
	return all
}

// inReplacement is where the file of a replaced module may be.
func (f *Finder) inReplacement(r *debug.Module, rest string) spots {
	var all spots
	switch {
	case r.Version != "" && r.Version != "(devel)":
		all.add(f.modCache, escapeModule(r.Path+"@"+r.Version+"/"+rest), spot{fixed: true})
	case strings.HasPrefix(r.Path, "./"), strings.HasPrefix(r.Path, "../"):
		// A path of another machine says nothing here, one relative to the module does.
		for _, dir := range f.searchDirs() {
			all.add(filepath.Join(dir, filepath.FromSlash(r.Path)), rest, spot{})
		}
	}
	return all
}

// splitVersion takes apart "example.com/m@v1.2.3/dir/file.go".
func splitVersion(name string) (module, version, rest string) {
	module, rest, _ = strings.Cut(name, "@")
	version, rest, _ = strings.Cut(rest, "/")
	return module, version, rest
}

func (f *Finder) replaced(module string) *debug.Module {
	if f.build == nil {
		return nil
	}
	for _, m := range f.build.Deps {
		if m != nil && m.Path == module {
			return m.Replace
		}
	}
	return nil
}

// vendored says how the vendored version differs from the one that was built.
func (f *Finder) vendored(module, version string) error {
	if f.root == "" {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(f.root, "vendor", "modules.txt"))
	if err != nil {
		return nil // nothing says that it is another one
	}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) >= 3 && words[0] == "#" && words[1] == module && words[2] != version {
			return fmt.Errorf("vendored is %s, built was %s", words[2], version)
		}
	}
	return nil
}

// hint says how the source may be had.
func (f *Finder) hint(name, pkg string) string {
	if f.standard(name, pkg) != "" {
		version := f.wanted(name)
		if version == "" {
			return "--source-path GOROOT/src of the Go version that the program was built with"
		}
		return fmt.Sprintf("go install golang.org/dl/%s@latest && %[1]s download, or --source-path DIR of its src", version)
	}
	if !isAbs(name) && strings.Contains(name, "@") {
		module, version, _ := splitVersion(name)
		return fmt.Sprintf("go mod download %s@%s, or --source-path DIR", module, version)
	}
	return "check out what was built and run goperf in it, or name its directory: --source-path DIR"
}
