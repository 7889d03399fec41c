// Package symbol takes Go symbol names apart and says whose code a function is.
//
// Names are those of the runtime's function table as profiles carry them:
// "net/http.(*conn).serve", "github.com/a/b/v2.(*T[...]).Do.func1",
// "gopkg.in/yaml%2ev3.unmarshal", and bare assembly names such as "aeshashbody".
package symbol

import "strings"

// Package is the import path of the function's package, "" for a name that has
// none (assembly and C functions). The linker's escapes are undone.
func Package(name string) string {
	pkg, _ := Split(name)
	return pkg
}

// Split cuts a name into its import path and the rest: "(*conn).serve".
func Split(name string) (pkg, local string) {
	if strings.HasPrefix(name, "type:.") || strings.HasPrefix(name, "type..") {
		return "runtime", name
	}
	end := len(name)
	if i := strings.IndexByte(name, '['); i >= 0 {
		end = i // type arguments hold slashes and dots of their own
	}
	slash := strings.LastIndexByte(name[:end], '/')
	dot := strings.IndexByte(name[slash+1:end], '.')
	if dot < 0 {
		return "", name
	}
	dot += slash + 1
	pkg = name[:dot]
	if strings.Contains(pkg, "%2e") {
		pkg = strings.ReplaceAll(pkg, "%2e", ".")
	}
	return pkg, name[dot+1:]
}

// Outer is the declared function that a closure, a go or defer wrapper or a
// method value belongs to: "a.F.func1.2" gives "a.F". Type arguments go too.
func Outer(name string) string {
	name = stripTypeArgs(name)
	pkg, local := Split(name)
	if pkg == "" {
		return name
	}
	parts := strings.Split(local, ".")
	keep := 1
	if strings.HasPrefix(local, "(") && len(parts) > 1 {
		keep = 2
	} else {
		for keep < len(parts) && !isClosurePart(parts[keep]) {
			keep++
		}
	}
	if keep > len(parts) {
		keep = len(parts)
	}
	cut := len(name) - len(local)
	out := name[:cut] + strings.Join(parts[:keep], ".")
	return strings.TrimSuffix(out, "-fm")
}

// Unwrap is the function in whose source a compiler-made wrapper of a go or
// defer statement stands: "a.F.deferwrap1" gives "a.F". Closures stay closures.
//
// A closure of a function that was inlined into the package's init carries both
// names, "a.init.F.func1"; what is meant is "a.F.func1".
func Unwrap(name string) string {
	if i := strings.Index(name, ".init."); i > 0 && !strings.Contains(name[i+1:], "/") {
		if rest := name[i+len(".init."):]; !isClosurePart(rest[:max(strings.IndexByte(rest, '.'), 0)]) && strings.Contains(rest, ".func") {
			name = name[:i+1] + rest
		}
	}
	for {
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return name
		}
		last := name[i+1:]
		rest, ok := strings.CutPrefix(last, "deferwrap")
		if !ok {
			rest, ok = strings.CutPrefix(last, "gowrap")
		}
		if !ok || !allDigits(rest) {
			return name
		}
		name = name[:i]
	}
}

// Home gives a closure of an inlined library function its own package back: the
// compiler calls the closure in log.Printf, inlined into main.debugf,
// "main.debugf.Printf.func1", but its file is still GOROOT/src/log/log.go.
func Home(name, file string) string {
	pkg, local := Split(name)
	parts := strings.Split(local, ".")
	if len(parts) < 3 || !isClosurePart(parts[len(parts)-1]) || isClosurePart(parts[1]) || strings.ContainsAny(local, "([") {
		return name
	}
	_, rest, ok := strings.Cut(file, "/src/")
	if !ok || strings.Contains(file, "@") {
		return name
	}
	dir := rest[:max(strings.LastIndexByte(rest, '/'), 0)]
	root, _, _ := strings.Cut(dir, "/")
	if dir == pkg || !stdRoots[root] {
		return name
	}
	return dir + "." + strings.Join(parts[1:], ".")
}

// IsLockMethod says that the last part of the name is that of a lock's method.
// Wrappers of package sync's locks have it too.
func IsLockMethod(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "Lock", "Unlock", "RLock", "RUnlock":
		return true
	}
	return false
}

func isClosurePart(s string) bool {
	for _, p := range []string{"func", "gowrap", "deferwrap"} {
		if rest, ok := strings.CutPrefix(s, p); ok && allDigits(rest) {
			return true
		}
	}
	return s == "" || allDigits(s)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// stripTypeArgs removes every bracketed list, also nested ones.
func stripTypeArgs(name string) string {
	if strings.IndexByte(name, '[') < 0 {
		return name
	}
	var b strings.Builder
	depth := 0
	for i := range len(name) {
		switch name[i] {
		case '[':
			depth++
		case ']':
			depth = max(0, depth-1)
		default:
			if depth == 0 {
				b.WriteByte(name[i])
			}
		}
	}
	return b.String()
}

// Short is the name as people say it: the last element of the import path, the
// type arguments shortened: "http.(*conn).serve", "slices.SortFunc[...]".
func Short(name string) string {
	if i := strings.IndexByte(name, '['); i > 0 { // one that begins with it is "[scheduler]"
		if j := strings.LastIndexByte(name, ']'); j > i {
			name = name[:i] + "[...]" + name[j+1:]
		}
	}
	pkg, local := Split(name)
	if pkg == "" {
		return name
	}
	base := pkg[strings.LastIndexByte(pkg, '/')+1:]
	if isVersion(base) { // github.com/a/b/v2: people say b
		rest := strings.TrimSuffix(pkg, "/"+base)
		base = rest[strings.LastIndexByte(rest, '/')+1:]
	}
	return base + "." + local
}

func isVersion(s string) bool { return len(s) > 1 && s[0] == 'v' && allDigits(s[1:]) }
