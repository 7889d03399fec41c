package compare

import (
	"cmp"
	"strings"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
)

// Functions that stand for what no function of the program asked for.
const (
	collector = "[garbage collector]"
	machinery = "[runtime]"
)

// names numbers functions so that those of both sides that are the same have one number.
type names struct {
	classify symbol.Classifier
	id       map[string]int32
	raw      map[string]int32 // what was asked before
	all      []named
	read     map[reading]*stacks
	order    []reading // of read
	next     []*tally  // of all metrics of the new side, which follow when names are joined
}

// named is a function.
type named struct {
	key     string // the name without what compilers and tools add to it
	pkg     string
	class   symbol.Class
	gc      bool
	waiting bool   // part of package sync
	pack    int32  // number of the package
	guess   string // why the two spellings are thought to be one function
	side    [2]spelling
}

// spelling is what a side calls a function.
type spelling struct {
	name, file string
	line       int64 // where it begins, 0 when unknown
}

func newNames(module string) *names {
	n := &names{classify: symbol.Classifier{Main: module}, id: map[string]int32{}, raw: map[string]int32{}, read: map[reading]*stacks{}}
	for _, pseudo := range []string{collector, Scheduler, machinery} {
		n.number(pseudo)
	}
	return n
}

// Numbers of the pseudo functions.
const (
	idCollector int32 = iota
	idScheduler
	idMachinery
	pseudos // how many they are
)

func (n *names) number(name string) int32 {
	if id, ok := n.raw[name]; ok {
		return id
	}
	key := canonical(name)
	id, ok := n.id[key]
	if !ok {
		id = int32(len(n.all))
		n.id[key] = id
		pkg := symbol.Package(key)
		f := named{key: key, pkg: pkg, class: n.classify.Of(key), gc: symbol.IsCollector(key), waiting: pkg == "sync" || pkg == "internal/sync"}
		if strings.HasPrefix(key, "[") {
			f.class = symbol.Runtime
		}
		n.all = append(n.all, f)
	}
	n.raw[name] = id
	return id
}

// packages numbers the packages of all functions, as functions are numbered.
func (n *names) packages() {
	for i := range len(n.all) {
		if n.all[i].pack > 0 {
			continue
		}
		pkg := n.all[i].pkg
		key := "package " + pkg
		id, ok := n.id[key]
		if !ok {
			id = int32(len(n.all))
			n.id[key] = id
			shown := cmp.Or(pkg, "(no package)")
			n.all = append(n.all, named{key: shown, pkg: pkg, pack: id, class: n.all[i].class, side: [2]spelling{{name: shown}, {name: shown}}})
		}
		n.all[i].pack = id
	}
}

// frames numbers the frames of a profile of a side. Of several spellings of a
// function the least one is kept, whatever the order of the runs.
func (n *names) frames(p *profile.Profile, side int) (*profile.Numbered, []int32) {
	numbered := p.Number(profile.ByFunction)
	ids := make([]int32, len(numbered.Frames))
	for i := range numbered.Frames {
		f := &numbered.Frames[i]
		id := n.number(f.Name)
		ids[i] = id
		s := spelling{name: f.Name, file: f.File}
		if f.Function >= 0 {
			s.line = p.Functions[f.Function].StartLine
		}
		if have := &n.all[id].side[side]; have.name == "" || s.less(have) {
			*have = s
		}
	}
	return numbered, ids
}

func (s *spelling) less(t *spelling) bool {
	if s.name != t.name {
		return s.name < t.name
	}
	if s.file != t.file {
		return s.file < t.file
	}
	return s.line < t.line
}

// canonical is a function's name without what does not tell it apart from the
// same function of another build: type arguments, wrappers of go and defer
// statements and of method values, the way to a vendored package, the major
// version in an import path.
func canonical(name string) string {
	name = strings.TrimSuffix(symbol.Unwrap(name), "-fm")
	if strings.IndexByte(name, '[') > 0 {
		name = withoutTypeArgs(name)
	}
	if i := strings.LastIndex(name, "/vendor/"); i >= 0 {
		name = name[i+len("/vendor/"):]
	}
	name = strings.TrimPrefix(name, "vendor/")
	if slash := strings.LastIndexByte(name, '/'); slash >= 0 {
		pkg, local := symbol.Split(name)
		if short := withoutVersion(pkg); short != pkg {
			return short + "." + local
		}
	}
	return name
}

// withoutTypeArgs takes bracketed lists out, nested ones as well.
func withoutTypeArgs(name string) string {
	var b strings.Builder
	depth := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '[':
			depth++
		case c == ']':
			depth = max(depth-1, 0)
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// withoutVersion takes major versions out of an import path: a/b/v2/c, gopkg.in/a.v3.
func withoutVersion(pkg string) string {
	parts := strings.Split(pkg, "/")
	kept := parts[:0]
	for i, p := range parts {
		if at := strings.IndexByte(p, '@'); at > 0 {
			p = p[:at]
		}
		if i > 0 && isMajor(p) {
			continue
		}
		kept = append(kept, p)
	}
	last := &kept[len(kept)-1]
	if dot := strings.LastIndexByte(*last, '.'); dot > 0 && kept[0] == "gopkg.in" && isMajor((*last)[dot+1:]) {
		*last = (*last)[:dot]
	}
	return strings.Join(kept, "/")
}

func isMajor(s string) bool {
	if len(s) < 2 || s[0] != 'v' {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}
