package syntax

import (
	"go/ast"
	"go/token"
	"strings"
)

func (v visitor) builtin(name string, call *ast.CallExpr) {
	s := v.s
	pos := call.Pos()
	switch name {
	case "append":
		s.appends(call)
	case "copy":
		s.copies(call)
	case "make":
		s.makes(call)
	case "new":
		s.add(pos, "new")
	case "panic", "recover":
		s.add(pos, name)
	}
}

// copies tells copy(s[i+1:], s[i:]), which makes room, from copy(s[i:], s[i+1:]),
// which closes a gap.
func (s *scan) copies(call *ast.CallExpr) {
	does := "copy-slice"
	if len(call.Args) == 2 && shifts(s.f, call.Args[0], call.Args[1]) {
		does = "append-front"
		to, from := low(s.f, call.Args[0]), low(s.f, call.Args[1])
		longer := len(from) > len(to) && strings.HasPrefix(from, to)
		if to == "" || to == "0" || longer || isNumber(to) && isNumber(from) && number(from) > number(to) {
			does = "slice-delete"
		}
	}
	s.add(call.Pos(), does)
}

// low is the text of the lower bound of a slice expression.
func low(f *file, e ast.Expr) string {
	if part, ok := ast.Unparen(e).(*ast.SliceExpr); ok && part.Low != nil {
		return f.text(part.Low)
	}
	return ""
}

func (s *scan) makes(call *ast.CallExpr) {
	if len(call.Args) == 0 {
		return
	}
	switch s.f.under(call.Args[0]).(type) {
	case *ast.ArrayType:
		s.add(call.Pos(), "make-slice")
	case *ast.ChanType:
		s.add(call.Pos(), "make-chan")
	case *ast.MapType:
		s.add(call.Pos(), "make-map")
		if len(call.Args) == 1 {
			s.add(call.Pos(), "make-map-nohint")
		}
	}
}

func (s *scan) appends(call *ast.CallExpr) {
	pos := call.Pos()
	s.add(pos, "append")
	if len(call.Args) == 0 {
		return
	}
	first := ast.Unparen(call.Args[0])
	if s.growsFromNothing(first) {
		s.add(pos, "append-grow")
	}
	if !call.Ellipsis.IsValid() || len(call.Args) != 2 {
		return
	}
	switch {
	case isEmptySlice(first):
		s.add(pos, "copy-slice")
	case isSliceLiteral(first) || s.inserts(first, call.Args[1]):
		s.add(pos, "append-front")
	case shifts(s.f, first, call.Args[1]):
		s.add(pos, "slice-delete")
	}
}

// isEmptySlice sees []T(nil) and []T{}, the heads of a copy.
func isEmptySlice(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	case *ast.CallExpr:
		_, ok := ast.Unparen(e.Fun).(*ast.ArrayType)
		return ok && len(e.Args) == 1 && isIdent(e.Args[0], "nil")
	}
	return false
}

func isSliceLiteral(e ast.Expr) bool {
	lit, ok := e.(*ast.CompositeLit)
	return ok && len(lit.Elts) > 0
}

// inserts sees append(s[:i], append(x, s[i:]...)...).
func (s *scan) inserts(first, rest ast.Expr) bool {
	call, ok := ast.Unparen(rest).(*ast.CallExpr)
	if !ok || calleeName(call.Fun) != "append" || len(call.Args) < 2 {
		return false
	}
	return shifts(s.f, first, call.Args[len(call.Args)-1])
}

// shifts says whether both are parts of the same slice.
func shifts(f *file, a, b ast.Expr) bool {
	x, ok := ast.Unparen(a).(*ast.SliceExpr)
	y, ok2 := ast.Unparen(b).(*ast.SliceExpr)
	if !ok {
		// copy(s, s[1:]) moves as well.
		return ok2 && y.Low != nil && f.text(a) == f.text(y.X)
	}
	if !ok2 {
		return x.Low != nil && f.text(x.X) == f.text(b)
	}
	return f.text(x.X) == f.text(y.X)
}

// growsFromNothing says whether e is a slice that the function declared without
// capacity: var s []T, s := []T{}, make([]T, 0), []T(nil), a named result.
func (s *scan) growsFromNothing(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok || id.Obj == nil {
		return false
	}
	switch decl := id.Obj.Decl.(type) {
	case *ast.Field:
		return s.isResult(decl)
	case *ast.ValueSpec:
		if s.f.vars[id.Name] == decl {
			return false
		}
		if len(decl.Values) == 0 {
			_, isSlice := s.f.under(decl.Type).(*ast.ArrayType)
			return isSlice
		}
		for i, name := range decl.Names {
			if name.Obj == id.Obj && i < len(decl.Values) {
				return s.isEmpty(decl.Values[i])
			}
		}
	case *ast.AssignStmt:
		for i, l := range decl.Lhs {
			if sameObj(l, id) && len(decl.Lhs) == len(decl.Rhs) {
				return s.isEmpty(decl.Rhs[i])
			}
		}
	}
	return false
}

func (s *scan) isResult(field *ast.Field) bool {
	for _, t := range []*ast.FuncType{s.declType(), s.litType()} {
		if t == nil || t.Results == nil {
			continue
		}
		for _, r := range t.Results.List {
			if r == field {
				_, isSlice := s.f.under(r.Type).(*ast.ArrayType)
				return isSlice
			}
		}
	}
	return false
}

func (s *scan) declType() *ast.FuncType {
	if s.decl == nil {
		return nil
	}
	return s.decl.Type
}

func (s *scan) litType() *ast.FuncType {
	if lit, ok := s.node.(*ast.FuncLit); ok {
		return lit.Type
	}
	return nil
}

func (s *scan) isEmpty(e ast.Expr) bool {
	e = ast.Unparen(e)
	if lit, ok := e.(*ast.CompositeLit); ok {
		_, isSlice := s.f.under(lit.Type).(*ast.ArrayType)
		return isSlice && len(lit.Elts) == 0
	}
	if isEmptySlice(e) {
		return true
	}
	call, ok := e.(*ast.CallExpr)
	if !ok || !isIdent(call.Fun, "make") || len(call.Args) != 2 {
		return false
	}
	_, isSlice := s.f.under(call.Args[0]).(*ast.ArrayType)
	size, isLit := call.Args[1].(*ast.BasicLit)
	return isSlice && isLit && size.Value == "0"
}

func (v visitor) assign(n *ast.AssignStmt) {
	for i, l := range n.Lhs[:min(len(n.Lhs), maxVars)] {
		var r ast.Expr
		if len(n.Rhs) == len(n.Lhs) {
			r = n.Rhs[i]
		}
		if n.Tok != token.DEFINE {
			v.store(l, r)
		}
		v.growString(n, l, r)
	}
}

// store sees what is assigned to: an index, a field, a variable of the package.
func (v visitor) store(target, value ast.Expr) {
	s := v.s
	target = ast.Unparen(target)
	name, outlives := s.f.outlives(target)
	if outlives && value != nil && s.f.appendsTo(value, target) {
		s.add(value.Pos(), "field-append")
		s.grows(value.Pos(), name)
	}
	index, ok := target.(*ast.IndexExpr)
	if !ok {
		return
	}
	s.part[index] = true
	t := s.f.under(s.f.typeOf(index.X, maxInfer))
	_, isMap := t.(*ast.MapType)
	switch {
	case isMap && outlives:
		s.add(index.Pos(), "map-assign")
		s.add(index.Pos(), "field-map-assign")
		s.grows(index.Pos(), name)
	case isMap:
		s.add(index.Pos(), "map-assign")
	case t == nil && isCounted(index.Index):
	case t == nil && outlives:
		s.add(index.Pos(), "field-index-assign")
		s.grows(index.Pos(), name)
	case t == nil:
		s.add(index.Pos(), "index-assign")
	}
}

// isCounted says whether an index is plainly a number, so that what it indexes
// is a slice or an array.
func isCounted(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.INT
	case *ast.BinaryExpr:
		return e.Op == token.REM || isCounted(e.X) || isCounted(e.Y)
	case *ast.CallExpr:
		return isIdent(e.Fun, "len")
	case *ast.Ident:
		switch e.Name {
		case "i", "j", "n", "idx":
			return true
		}
	}
	return false
}

func (s *scan) grows(pos token.Pos, name string) {
	s.stores[name] = true
	if !s.f.shrunk[name] {
		s.add(pos, "never-deleted:"+name)
	}
}

// growString sees s += x and s = s + x.
func (v visitor) growString(n *ast.AssignStmt, target, value ast.Expr) {
	s := v.s
	switch {
	case value == nil:
		return
	case n.Tok == token.ADD_ASSIGN:
		if !s.f.isString(target) && !s.f.isString(value) {
			return
		}
		s.add(n.TokPos, "string-concat")
	case n.Tok == token.ASSIGN:
		b, ok := ast.Unparen(value).(*ast.BinaryExpr)
		if !ok || b.Op != token.ADD || !s.f.isString(b) {
			return
		}
		if t := s.f.text(target); s.f.text(leftmost(b)) != t && s.f.text(b.Y) != t {
			return
		}
	default:
		return
	}
	if v.loop != nil && !declaredIn(target, v.loop.node) {
		s.add(n.Pos(), "string-concat-loop")
	}
}

func leftmost(b *ast.BinaryExpr) ast.Expr {
	for {
		x, ok := b.X.(*ast.BinaryExpr)
		if !ok {
			return b.X
		}
		b = x
	}
}

// declaredIn says whether e is a variable declared inside n.
func declaredIn(e ast.Expr, n ast.Node) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Obj != nil && n.Pos() <= id.Obj.Pos() && id.Obj.Pos() < n.End()
}
