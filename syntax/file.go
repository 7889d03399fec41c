package syntax

import (
	"bytes"
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// file is one parsed file and what it says about the names of its package.
type file struct {
	name    string
	src     []byte
	fset    *token.FileSet
	tokens  *token.File
	tree    *ast.File
	moved   bool // has //line comments
	imports map[string]string
	funcs   map[funcKey][]*ast.FuncDecl
	types   map[string]ast.Expr
	vars    map[string]*ast.ValueSpec
	fields  map[fieldKey]ast.Expr
	byField map[string]ast.Expr // by field name alone, nil when two structs disagree
	shrunk  map[string]bool     // fields and package variables that the file shrinks or resets
}

type funcKey struct{ receiver, name string }

type fieldKey struct{ owner, field string }

func newFile(name string, src []byte, fset *token.FileSet, tree *ast.File) *file {
	f := &file{
		name: name, src: src, fset: fset, tree: tree, tokens: fset.File(tree.FileStart),
		moved:   bytes.Contains(src, []byte("//line ")) || bytes.Contains(src, []byte("/*line ")),
		imports: map[string]string{},
		funcs:   map[funcKey][]*ast.FuncDecl{},
		types:   map[string]ast.Expr{},
		vars:    map[string]*ast.ValueSpec{},
		fields:  map[fieldKey]ast.Expr{},
		byField: map[string]ast.Expr{},
		shrunk:  map[string]bool{},
	}
	if f.tokens == nil {
		return nil
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			key := funcKey{receiverType(d), d.Name.Name}
			f.funcs[key] = append(f.funcs[key], d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				f.declare(spec)
			}
		}
	}
	f.findShrunk()
	return f
}

func (f *file) declare(spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ImportSpec:
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return
		}
		name := importName(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		f.imports[name] = p
	case *ast.TypeSpec:
		f.types[spec.Name.Name] = spec.Type
		if s, ok := spec.Type.(*ast.StructType); ok {
			f.declareFields(spec.Name.Name, s)
		}
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			f.vars[name.Name] = spec
		}
	}
}

func (f *file) declareFields(owner string, s *ast.StructType) {
	for _, field := range s.Fields.List {
		for _, name := range field.Names {
			f.fields[fieldKey{owner, name.Name}] = field.Type
			old, seen := f.byField[name.Name]
			if seen && (old == nil || f.text(old) != f.text(field.Type)) {
				f.byField[name.Name] = nil
				continue
			}
			f.byField[name.Name] = field.Type
		}
	}
}

// importName is the package name that an import path most likely has.
func importName(p string) string {
	base := path.Base(p)
	if isNumbered(base, "v") {
		base = path.Base(path.Dir(p))
	}
	if i := strings.Index(base, ".v"); i > 0 && isNumber(base[i+2:]) {
		base = base[:i]
	}
	base = strings.TrimPrefix(base, "go-")
	return strings.TrimSuffix(base, "-go")
}

func receiverType(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	return typeName(d.Recv.List[0].Type)
}

// typeName is T of T, *T, T[K] and (T).
func typeName(e ast.Expr) string {
	for range 8 {
		switch t := e.(type) {
		case *ast.Ident:
			return t.Name
		case *ast.StarExpr:
			e = t.X
		case *ast.ParenExpr:
			e = t.X
		case *ast.IndexExpr:
			e = t.X
		case *ast.IndexListExpr:
			e = t.X
		default:
			return ""
		}
	}
	return ""
}

// line is the line of pos as a profile shows it; false when a //line comment
// moves it to another file.
func (f *file) line(pos token.Pos) (int, bool) {
	if !f.holds(pos) {
		return 0, false
	}
	if !f.moved {
		return f.tokens.Line(pos), true
	}
	p := f.tokens.PositionFor(pos, true)
	if p.Line <= 0 || lastName(p.Filename) != lastName(f.name) {
		return 0, false
	}
	return p.Line, true
}

func (f *file) holds(pos token.Pos) bool {
	return pos.IsValid() && int(pos) >= f.tokens.Base() && int(pos) <= f.tokens.Base()+f.tokens.Size()
}

func lastName(name string) string {
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

// text is the source of n.
func (f *file) text(n ast.Node) string {
	if n == nil || !f.holds(n.Pos()) || !f.holds(n.End()) || n.End() < n.Pos() {
		return ""
	}
	return string(f.src[f.tokens.Offset(n.Pos()):f.tokens.Offset(n.End())])
}

// lineText is the trimmed physical line at pos.
func (f *file) lineText(pos token.Pos) string {
	at := f.tokens.Offset(pos)
	start := bytes.LastIndexByte(f.src[:at], '\n') + 1
	end := len(f.src)
	if n := bytes.IndexByte(f.src[at:], '\n'); n >= 0 {
		end = at + n
	}
	// Nothing beyond the cut can be shown, so a line of a megabyte costs nothing.
	end = min(end, start+4*maxStmt)
	return cut(strings.TrimSpace(string(f.src[start:end])), maxStmt)
}

// cut shortens s to at most n bytes without splitting a character.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// flat is the source of n on one line, cut at limit bytes.
func (f *file) flat(n ast.Node, limit int) string {
	if n == nil || !f.holds(n.Pos()) || !f.holds(n.End()) || n.End() < n.Pos() {
		return ""
	}
	from, to := f.tokens.Offset(n.Pos()), f.tokens.Offset(n.End())
	to = min(to, from+4*limit)
	return cut(strings.Join(strings.Fields(string(f.src[from:to])), " "), limit)
}
