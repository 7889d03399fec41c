package syntax

import (
	"go/ast"
	"go/token"
	"strings"
)

// outlives is the name of the field or package variable that e is, or is an
// element of; false for what ends with the call: local variables and fields of
// a struct that a local variable holds.
func (f *file) outlives(e ast.Expr) (string, bool) {
	for range 2 * maxInfer {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.SelectorExpr:
			if f.importOf(x.X) == "" && f.isLocalStruct(x.X) {
				return "", false
			}
			return x.Sel.Name, true
		case *ast.Ident:
			return x.Name, f.isPackageVar(x)
		default:
			return "", false
		}
	}
	return "", false
}

func (f *file) isPackageVar(id *ast.Ident) bool {
	if id.Name == "_" {
		return false
	}
	if id.Obj == nil {
		// Not declared in this file, so in another one of the package.
		return !builtins[id.Name] && !basicTypes[id.Name] && f.imports[id.Name] == "" && id.Name != "nil"
	}
	spec, ok := id.Obj.Decl.(*ast.ValueSpec)
	return ok && f.vars[id.Name] == spec
}

// isLocalStruct says whether the root of e is a variable that its function
// made itself: T{}, &T{}, new(T) or var x T.
func (f *file) isLocalStruct(e ast.Expr) bool {
	for range 2 * maxInfer {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.Ident:
			return f.isMade(x)
		default:
			return false
		}
	}
	return false
}

func (f *file) isMade(id *ast.Ident) bool {
	if id.Obj == nil {
		return false
	}
	switch decl := id.Obj.Decl.(type) {
	case *ast.ValueSpec:
		if f.vars[id.Name] == decl {
			return false
		}
		return len(decl.Values) == 0 || isMaking(decl.Values[0])
	case *ast.AssignStmt:
		for i, l := range decl.Lhs {
			if sameObj(l, id) && len(decl.Lhs) == len(decl.Rhs) {
				return isMaking(decl.Rhs[i])
			}
		}
	}
	return false
}

func isMaking(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.UnaryExpr:
		_, ok := e.X.(*ast.CompositeLit)
		return e.Op == token.AND && ok
	case *ast.CallExpr:
		return isIdent(e.Fun, "new")
	}
	return false
}

// appendsTo says whether value is append(target, ...).
func (f *file) appendsTo(value, target ast.Expr) bool {
	call, ok := ast.Unparen(value).(*ast.CallExpr)
	return ok && isIdent(call.Fun, "append") && len(call.Args) > 1 && f.text(call.Args[0]) == f.text(target)
}

// shrinkFinder looks for all that may make a field or package variable of the
// file smaller. It errs towards finding: what is passed to a function of the
// package or has its address taken may be shrunk there.
type shrinkFinder struct {
	f       *file
	lazy    map[string]bool // operands that an if statement around compared with nil
	filling bool            // in code that runs once, at the start
}

func (f *file) findShrunk() {
	for _, d := range f.tree.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		name := strings.ToLower(fn.Name.Name)
		ast.Walk(shrinkFinder{f: f, filling: strings.HasPrefix(name, "init")}, fn.Body)
	}
}

// Visit implements ast.Visitor.
func (v shrinkFinder) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.IfStmt:
		if operand := nilCompared(n.Cond); operand != nil {
			lazy := map[string]bool{v.f.text(operand): true}
			for k := range v.lazy {
				if len(lazy) < maxInfer {
					lazy[k] = true
				}
			}
			v.lazy = lazy
		}
	case *ast.CallExpr:
		v.call(n)
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Do" {
			v.filling = true // sync.Once
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			v.f.mayShrink(n.X)
		}
	case *ast.AssignStmt:
		v.assign(n)
	}
	return v
}

func nilCompared(cond ast.Expr) ast.Expr {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok {
		return nil
	}
	for b.Op == token.LAND || b.Op == token.LOR {
		left, ok := ast.Unparen(b.X).(*ast.BinaryExpr)
		if !ok {
			return nil
		}
		b = left
	}
	if b.Op == token.EQL && isIdent(b.Y, "nil") {
		return b.X
	}
	return nil
}

func (v shrinkFinder) assign(n *ast.AssignStmt) {
	if v.filling || n.Tok != token.ASSIGN {
		return
	}
	for i, l := range n.Lhs {
		if _, isIndex := ast.Unparen(l).(*ast.IndexExpr); isIndex {
			continue
		}
		if len(n.Lhs) == len(n.Rhs) && v.f.appendsTo(n.Rhs[i], l) {
			continue
		}
		if !v.lazy[v.f.text(l)] {
			v.f.mayShrink(l)
		}
	}
}

func (v shrinkFinder) call(n *ast.CallExpr) {
	switch fun := ast.Unparen(n.Fun).(type) {
	case *ast.Ident:
		if fun.Obj == nil && builtins[fun.Name] && fun.Name != "delete" && fun.Name != "clear" {
			return
		}
	case *ast.SelectorExpr:
		p := v.f.importOf(fun.X)
		if p != "" && p != "maps" && p != "slices" {
			return
		}
		if p != "" && !strings.HasPrefix(fun.Sel.Name, "Delete") {
			return
		}
	default:
		return
	}
	for _, arg := range n.Args {
		v.f.mayShrink(arg)
	}
}

// mayShrink notes the field or variable that e is. A local variable stands for
// the field that it was declared from: m := c.items; delete(m, k).
func (f *file) mayShrink(e ast.Expr) {
	e = ast.Unparen(e)
	if id, ok := e.(*ast.Ident); ok && id.Obj != nil {
		if decl, ok := id.Obj.Decl.(*ast.AssignStmt); ok && len(decl.Lhs) == len(decl.Rhs) {
			for i, l := range decl.Lhs {
				if sameObj(l, id) {
					e = ast.Unparen(decl.Rhs[i])
				}
			}
		}
	}
	switch e.(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr, *ast.StarExpr:
	default:
		return
	}
	if name, ok := f.outlives(e); ok {
		f.shrunk[name] = true
	}
}
