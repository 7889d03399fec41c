package evidence

import (
	"path"
	"strings"
	"unicode"
)

// mainModule finds the path of the main module by where functions are: package
// github.com/a/b/internal/x in /src/b/internal/x, next to main.main in
// /src/b/cmd/b, is in module github.com/a/b. It is "" when that cannot be told.
func mainModule(sources []source) string {
	home := homeOf(sources)
	if m := versioned(home); m != "" {
		return m
	}
	votes := map[string]int{}
	for _, s := range sources {
		pkg := packageOf(s.function)
		if pkg == "" || pkg == "main" || dependency(s.file) || standard(pkg, s.file) {
			continue
		}
		if m := rootOf(pkg, path.Dir(s.file), home); m != "" {
			votes[m]++
		}
	}
	return mostVoted(votes)
}

// homeOf is the folder of package main, "" when no source tells it.
func homeOf(sources []source) string {
	home := ""
	for _, s := range sources {
		if s.function == "main.main" {
			return path.Dir(s.file)
		}
		if home == "" && strings.HasPrefix(s.function, "main.") {
			home = path.Dir(s.file)
		}
	}
	return home
}

// mostVoted is the module with most votes, those for modules below it included.
func mostVoted(votes map[string]int) string {
	best, most := "", 0
	for m := range votes {
		n := 0
		for other, v := range votes {
			if other == m || strings.HasPrefix(other, m+"/") {
				n += v
			}
		}
		if n > most || n == most && (len(m) > len(best) || len(m) == len(best) && m < best) {
			best, most = m, n
		}
	}
	return best
}

// versioned is the module of a folder in the module cache, or of one that
// -trimpath printed: .../pkg/mod/github.com/a/b@v1.2.3/cmd/b.
func versioned(dir string) string {
	module, _, ok := strings.Cut(dir, "@v")
	if !ok {
		return ""
	}
	if _, cached, ok := strings.Cut(module, "/pkg/mod/"); ok {
		return unescape(cached)
	}
	if strings.HasPrefix(module, "/") {
		return ""
	}
	return module
}

// unescape undoes the module cache's way to write capitals, !a for A.
func unescape(s string) string {
	var b strings.Builder
	bang := false
	for _, r := range s {
		switch {
		case r == '!' && !bang:
			bang = true
			continue
		case bang:
			r = unicode.ToUpper(r)
		}
		bang = false
		b.WriteRune(r)
	}
	return b.String()
}

func dependency(file string) bool {
	return strings.Contains(file, "@v") || strings.Contains(file, "/vendor/") || strings.HasPrefix(file, "vendor/")
}

// standard reports whether a package is Go's own. Its files are in GOROOT/src,
// under -trimpath at their import path; its first element has no dot.
func standard(pkg, file string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	if strings.Contains(first, ".") {
		return false
	}
	dir := path.Dir(file)
	return dir == pkg || strings.HasSuffix(dir, "/src/"+pkg) && (goroot().MatchString(dir) || strings.Contains(dir, "/go/src/") || strings.Contains(dir, "/libexec/src/"))
}

// packageOf is the import path in a function name, github.com/a/b.v2 of
// "github.com/a/b%2ev2.(*T).f": the last element of a path has its dots escaped.
func packageOf(function string) string {
	name, _, _ := strings.Cut(function, "[") // type arguments have paths of their own
	slash := strings.LastIndexByte(name, '/')
	dot := strings.IndexByte(name[slash+1:], '.')
	if dot < 0 || strings.ContainsAny(name, " :<>") {
		return ""
	}
	return strings.ReplaceAll(name[:slash+1+dot], "%2e", ".")
}

// rootOf is the import path of the deepest folder that holds both the package in
// dir and main in home. Without home it is as much of the path as a code host
// gives one repository.
func rootOf(pkg, dir, home string) string {
	if home == "" {
		return repository(pkg)
	}
	rest := dir
	for common := home; ; common = path.Dir(common) {
		if dir == common {
			rest = ""
			break
		}
		if r, ok := strings.CutPrefix(dir, strings.TrimSuffix(common, "/")+"/"); ok {
			rest = r
			break
		}
		if common == "/" || common == "." {
			return ""
		}
	}
	root := pkg
	if rest != "" {
		var ok bool
		if root, ok = strings.CutSuffix(pkg, "/"+rest); !ok {
			return ""
		}
	}
	if hosted(root) {
		return root
	}
	return ""
}

// hosted reports whether a path is long enough to be a module: a host alone, or
// a user of a code host, is none.
func hosted(module string) bool {
	elements := strings.Count(module, "/") + 1
	first, _, _ := strings.Cut(module, "/")
	return elements >= wanted(first)
}

// wanted is how many elements a module path has at least.
func wanted(host string) int {
	switch host {
	case "github.com", "gitlab.com", "bitbucket.org", "codeberg.org":
		return 3
	}
	if strings.Contains(host, ".") {
		return 2
	}
	return 1
}

// repository cuts a package path to what wanted says.
func repository(pkg string) string {
	elements := strings.Split(pkg, "/")
	n := wanted(elements[0])
	if len(elements) < n {
		return ""
	}
	return strings.Join(elements[:n], "/")
}
