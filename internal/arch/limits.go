package arch

import (
	"cmp"
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// House limits. They bound the largest, not the typical: good files here have
// 150 lines and good functions have ten.
const (
	maxFile     = 500
	maxRuleFile = 150
	maxFunction = 60
	maxTestFunc = 100 // a table of cases is data
	maxExported = 30  // constants of a type count with the type
	maxFields   = 20
	maxModel    = 12 // of the model of the terminal UI: what is layout or data has a place of its own
)

// exceptions are what may be larger, each for a reason that will still be true
// next year. One that is no longer needed fails the test.
var exceptions = map[string]string{
	"evidence.MemorySample: fields": "runtime.MemStats as the heap page prints it, in base units, field by field",
	"report: exported":              "the whole JSON contract is one package: a type for each thing that a report may hold, and nothing but the types",
	"evidence.memStats: fields":     "runtime.MemStats as expvar serves it: the names are Go's",
}

// excepted drops problems that are listed as exceptions and adds exceptions
// that nothing needs.
func excepted(problems []problem, list map[string]string) []string {
	var left []string
	used := map[string]bool{}
	for _, p := range problems {
		if _, ok := list[p.key]; ok {
			used[p.key] = true
			continue
		}
		left = append(left, fmt.Sprintf("%s (exception %q)", p.text, p.key))
	}
	for key := range list {
		if !used[key] {
			left = append(left, fmt.Sprintf("exception %q: nothing needs it any more", key))
		}
	}
	slices.Sort(left)
	return left
}

// problem is a limit that was passed; key is how an exception names it.
type problem struct{ key, text string }

// checkLimits finds what is too large, undocumented or global.
func checkLimits(files []*file) []problem {
	var problems []problem
	for _, f := range files {
		problems = append(problems, checkFile(f)...)
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				problems = append(problems, checkFunc(f, d)...)
			case *ast.GenDecl:
				problems = append(problems, checkDecl(f, d)...)
			}
		}
	}
	for dir, fs := range packages(shipped(files)) {
		problems = append(problems, checkPackage(dir, fs)...)
	}
	return problems
}

func checkFile(f *file) []problem {
	limit := maxFile
	if f.dir == "rules" && !f.test {
		limit = maxRuleFile
	}
	if f.lines <= limit {
		return nil
	}
	return []problem{{f.path + ": lines", fmt.Sprintf("%s: %d lines, more than %d", f.path, f.lines, limit)}}
}

func checkFunc(f *file, d *ast.FuncDecl) []problem {
	var problems []problem
	name := f.dir + "." + receiver(d) + d.Name.Name
	limit := maxFunction
	if f.test {
		limit = maxTestFunc
	}
	if n := f.span(d); n > limit {
		problems = append(problems, problem{name + ": lines", fmt.Sprintf("%s: %s has %d lines, more than %d", f.at(d), d.Name.Name, n, limit)})
	}
	if d.Recv == nil && d.Name.Name == "init" {
		problems = append(problems, problem{f.path + ": init", fmt.Sprintf("%s: init runs whether or not anybody asked", f.at(d))})
	}
	if !f.test && f.ast.Name.Name != "main" && exported(d) && d.Doc == nil {
		problems = append(problems, problem{name + ": comment", fmt.Sprintf("%s: %s is exported and has no comment", f.at(d), d.Name.Name)})
	}
	return problems
}

// exported says whether a function can be seen from outside: methods of types
// that cannot be seen do not count, however they are spelled.
func exported(d *ast.FuncDecl) bool {
	r := strings.TrimSuffix(receiver(d), ".")
	return d.Name.IsExported() && (r == "" || ast.IsExported(r))
}

// receiver is "T." for a method of T or *T, and "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "."
		default:
			return ""
		}
	}
}

func checkDecl(f *file, d *ast.GenDecl) []problem {
	var problems []problem
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			problems = append(problems, checkType(f, d, s)...)
		case *ast.ValueSpec:
			problems = append(problems, checkValue(f, d, s)...)
		}
	}
	return problems
}

func checkType(f *file, d *ast.GenDecl, s *ast.TypeSpec) []problem {
	var problems []problem
	name := f.dir + "." + s.Name.Name
	if st, ok := s.Type.(*ast.StructType); ok {
		most := maxFields
		if name == "tui.Model" {
			most = maxModel
		}
		if n := st.Fields.NumFields(); n > most {
			problems = append(problems, problem{name + ": fields", fmt.Sprintf("%s: %s has %d fields, more than %d", f.at(s), s.Name.Name, n, most)})
		}
	}
	if !f.test && f.ast.Name.Name != "main" && s.Name.IsExported() && cmp.Or(d.Doc, s.Doc) == nil {
		problems = append(problems, problem{name + ": comment", fmt.Sprintf("%s: %s is exported and has no comment", f.at(s), s.Name.Name)})
	}
	return problems
}

func checkValue(f *file, d *ast.GenDecl, s *ast.ValueSpec) []problem {
	if f.test {
		return nil
	}
	var problems []problem
	for i, name := range s.Names {
		full := f.dir + "." + name.Name
		if f.ast.Name.Name != "main" && name.IsExported() && cmp.Or(d.Doc, s.Doc, s.Comment) == nil {
			problems = append(problems, problem{full + ": comment", fmt.Sprintf("%s: %s is exported and has no comment", f.at(name), name.Name)})
		}
		if d.Tok.String() != "var" || name.Name == "_" || embedded(d, s) {
			continue
		}
		if i >= len(s.Values) || !constant(s.Values[i]) {
			problems = append(problems, problem{full + ": variable", fmt.Sprintf("%s: package variable %s is no sentinel, pattern or list", f.at(name), name.Name)})
		}
	}
	return problems
}

// constant says whether a value is one that Go has no constants for: an error
// to compare with, a compiled pattern, a list or another literal.
func constant(value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.CompositeLit, *ast.BasicLit:
		return true
	case *ast.UnaryExpr:
		return constant(v.X)
	case *ast.CallExpr:
		name := ""
		switch fn := v.Fun.(type) {
		case *ast.Ident:
			name = fn.Name
		case *ast.SelectorExpr:
			if x, ok := fn.X.(*ast.Ident); ok {
				name = x.Name + "." + fn.Sel.Name
			}
		case *ast.ArrayType:
			return true // a conversion: []rune("...")
		}
		return slices.Contains(strings.Fields(makers), name)
	}
	return false
}

// makers are calls whose result is a list, a pattern or a sentinel. What
// sync.OnceValue makes is the same, made when it is first used: patterns take
// most of what a short command would spend before it begins.
const makers = `errors.New fmt.Errorf regexp.MustCompile strings.NewReplacer slices.Concat append sync.OnceValue`

// embedded says whether a variable is a file of the repository (go:embed).
func embedded(d *ast.GenDecl, s *ast.ValueSpec) bool {
	doc := cmp.Or(s.Doc, d.Doc)
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

func checkPackage(dir string, files []*file) []problem {
	var problems []problem
	var docs []string
	for _, f := range files {
		if f.ast.Doc != nil {
			docs = append(docs, f.path)
		}
	}
	if len(docs) != 1 {
		problems = append(problems, problem{dir + ": doc", fmt.Sprintf("%s: %d package comments (%s), one is right", dir, len(docs), strings.Join(docs, ", "))})
	}
	names := exportedNames(files)
	if len(names) > maxExported {
		problems = append(problems, problem{dir + ": exported", fmt.Sprintf("%s: %d exported names, more than %d", dir, len(names), maxExported)})
	}
	return problems
}

// exportedNames are the types, functions, variables and constants that others
// can use. Constants of a type are its values and count with it, as they do in
// the documentation.
func exportedNames(files []*file) []string {
	var names []string
	for _, f := range files {
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					names = append(names, d.Name.Name)
				}
			case *ast.GenDecl:
				names = append(names, exportedSpecs(d)...)
			}
		}
	}
	return names
}

func exportedSpecs(d *ast.GenDecl) []string {
	var names []string
	typed := false // iota lists name their type once
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() {
				names = append(names, s.Name.Name)
			}
		case *ast.ValueSpec:
			typed = s.Type != nil || typed && s.Values == nil
			if d.Tok.String() == "const" && typed {
				continue
			}
			for _, name := range s.Names {
				if name.IsExported() {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}
