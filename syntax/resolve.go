package syntax

import (
	"go/ast"
	"strings"
)

// symbol is a profile's function name taken apart.
type symbol struct {
	parts   []string // names and closure numbers without package: "(*T)", "Method", "func1", "2"
	closure bool     // ends in a function literal
}

// parseSymbol takes apart names as cmd/compile makes them (closureName in
// cmd/compile/internal/ir/func.go): F, T.M, (*T).M, F.func1, F.func1.2,
// glob..func1, init.0, F.gowrap1, F.deferwrap1, F-range1, T.M-fm, and
// Outer.Inner.func3 for a literal of Inner that was inlined into Outer.
func parseSymbol(name string) symbol {
	name = stripBrackets(name)
	name = name[strings.LastIndexByte(name, '/')+1:]
	_, name, ok := strings.Cut(name, ".")
	if !ok {
		return symbol{}
	}
	var s symbol
	for part := range strings.SplitSeq(name, ".") {
		if base, suffix, found := strings.Cut(part, "-"); found && (suffix == "fm" || isNumbered(suffix, "range")) {
			part = base
		}
		// The wrapper of a go or defer statement has the line of the statement.
		if part == "" || isNumbered(part, "gowrap") || isNumbered(part, "deferwrap") {
			continue
		}
		s.parts = append(s.parts, part)
	}
	if n := len(s.parts); n > 0 {
		initializer := n == 2 && s.parts[0] == "init" && isNumber(s.parts[1])
		s.closure = isClosure(s.parts[n-1]) && n > 1 && !initializer
	}
	return s
}

// find is the declaration or function literal that w names, and the
// declaration around it (nil for a literal at package level).
func (f *file) find(w Want) (ast.Node, *ast.FuncDecl) {
	s := parseSymbol(w.Function)
	lines := positive(w.Lines)
	if len(s.parts) == 0 {
		return nil, nil
	}
	decl := f.findDecl(s, lines)
	if !s.closure {
		if decl == nil {
			return nil, nil
		}
		return decl, decl
	}
	var lit *ast.FuncLit
	if decl == nil {
		lit = f.packageLiteral(s, lines)
	} else {
		lit = f.literal(decl, s, lines)
	}
	if lit == nil {
		return nil, nil
	}
	return lit, decl
}

// findDecl prefers the declaration that has most of the sampled lines, then the
// outermost that the name mentions.
func (f *file) findDecl(s symbol, lines []int) *ast.FuncDecl {
	var best *ast.FuncDecl
	most := 0
	for _, decl := range f.mentioned(s) {
		if len(lines) == 0 {
			if decl.Name.Name == "init" && len(f.funcs[funcKey{"", "init"}]) > 1 {
				return nil // which of them is not in the name: they are numbered over the package
			}
			return decl
		}
		if n := f.covers(decl, lines); n > most {
			best, most = decl, n
		}
	}
	return best
}

func (f *file) mentioned(s symbol) []*ast.FuncDecl {
	var decls []*ast.FuncDecl
	for i, part := range s.parts {
		if i+1 < len(s.parts) {
			decls = append(decls, f.funcs[funcKey{receiverName(part), s.parts[i+1]}]...)
		}
		if i == 0 || !strings.HasPrefix(s.parts[i-1], "(") {
			decls = append(decls, f.funcs[funcKey{"", part}]...)
		}
	}
	return decls
}

// literal is the function literal of decl that s means. The number in the name
// is believed when nothing was inlined and the literal has sampled lines;
// otherwise the innermost literal with most of the lines is taken.
func (f *file) literal(decl *ast.FuncDecl, s symbol, lines []int) *ast.FuncLit {
	numbered := f.byNumber(decl, s)
	if len(lines) == 0 {
		return numbered
	}
	if numbered != nil && f.covers(numbered, lines) == len(lines) {
		return numbered
	}
	return f.innermost(decl.Body, lines)
}

func (f *file) byNumber(decl *ast.FuncDecl, s symbol) *ast.FuncLit {
	depth := 1
	if decl.Recv != nil {
		depth = 2
	}
	var node ast.Node = decl.Body
	var lit *ast.FuncLit
	if decl.Body == nil {
		return nil
	}
	if decl.Recv == nil && decl.Name.Name == "init" && len(s.parts) > 1 && isNumber(s.parts[1]) {
		depth = 2
	}
	for _, part := range s.parts[min(depth, len(s.parts)):] {
		if !isClosure(part) {
			return nil
		}
		lits := ownLiterals(node)
		n := number(strings.TrimPrefix(part, "func"))
		if n < 1 || n > len(lits) {
			return nil
		}
		lit = lits[n-1]
		node = lit.Body
	}
	return lit
}

func (f *file) packageLiteral(s symbol, lines []int) *ast.FuncLit {
	if s.parts[0] != "glob" && s.parts[0] != "init" {
		return nil
	}
	var lits []*ast.FuncLit
	for _, d := range f.tree.Decls {
		if gen, ok := d.(*ast.GenDecl); ok {
			if len(lines) > 0 {
				if lit := f.innermost(gen, lines); lit != nil {
					return lit
				}
				continue
			}
			lits = append(lits, ownLiterals(gen)...)
		}
	}
	// Literals are numbered over all files of the package, so that without lines
	// only a lone one is certain.
	if len(lines) == 0 && len(lits) == 1 && len(s.parts) == 2 {
		return lits[0]
	}
	return nil
}

func (f *file) innermost(root ast.Node, lines []int) *ast.FuncLit {
	var best *ast.FuncLit
	most := 0
	ast.Inspect(root, func(n ast.Node) bool {
		lit, ok := n.(*ast.FuncLit)
		if !ok {
			return n != nil
		}
		count := f.covers(lit, lines)
		if count > 0 && count >= most {
			best, most = lit, count
		}
		return count > 0
	})
	return best
}

// covers counts the lines that lie in n.
func (f *file) covers(n ast.Node, lines []int) int {
	start, ok := f.line(n.Pos())
	if !ok {
		return 0
	}
	end, ok := f.line(lastByte(n))
	if !ok {
		return 0
	}
	count := 0
	for _, line := range lines {
		if start <= line && line <= end {
			count++
		}
	}
	return count
}

// ownLiterals are the function literals in n that no other literal encloses, in
// source order.
func ownLiterals(n ast.Node) []*ast.FuncLit {
	var lits []*ast.FuncLit
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok {
			lits = append(lits, lit)
			return false
		}
		return true
	})
	return lits
}

// stripBrackets removes type arguments: "pkg.F[go.shape.int]" is "pkg.F".
func stripBrackets(name string) string {
	if !strings.Contains(name, "[") {
		return name
	}
	var b strings.Builder
	depth := 0
	for _, r := range name {
		switch {
		case r == '[':
			depth++
		case r == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func receiverName(part string) string {
	return strings.TrimSuffix(strings.TrimPrefix(part, "(*"), ")")
}

func isClosure(part string) bool { return isNumbered(part, "func") || isNumber(part) }

func isNumbered(s, prefix string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	return ok && isNumber(rest)
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 9 && strings.Trim(s, "0123456789") == ""
}

func number(s string) int {
	n := 0
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

func positive(lines []int) []int {
	var out []int
	for _, line := range lines {
		if line > 0 {
			out = append(out, line)
		}
	}
	return out
}
