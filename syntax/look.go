package syntax

import (
	"go/ast"
	"go/token"
)

// look records what one node does, its children aside.
func (v visitor) look(n ast.Node) {
	s := v.s
	switch n := n.(type) {
	case *ast.CallExpr:
		v.call(n)
	case *ast.AssignStmt:
		v.assign(n)
	case *ast.IncDecStmt:
		v.store(n.X, nil)
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			s.part[n.X], s.part[n.Y] = true, true // the compiler compares a converted string in place
		}
		s.concat(n)
	case *ast.CompositeLit:
		s.literal(n)
	case *ast.IndexExpr:
		if s.f.isMap(n.X) {
			s.part[n.Index] = true // and looks up a converted string in place
			if !s.part[n] {
				s.add(n.Pos(), "map-index")
			}
		}
	case *ast.DeferStmt:
		s.add(n.Pos(), "defer")
		if v.own != nil {
			s.add(n.Pos(), "defer-in-loop")
		}
	case *ast.GoStmt:
		s.add(n.Pos(), "go-stmt")
	case *ast.SendStmt:
		s.add(n.Arrow, "chan-send")
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			s.add(n.Pos(), "chan-recv")
		}
	case *ast.TypeAssertExpr:
		s.add(n.Lparen, "type-assert")
	case *ast.ValueSpec:
		s.declared(n)
	}
}

func (s *scan) declared(n *ast.ValueSpec) {
	if p, name := s.f.typeFrom(n.Type); isBuffer(p, name) {
		s.add(n.Pos(), "string-builder")
	}
	if isInterface(s.f.under(n.Type)) && len(n.Values) > 0 {
		s.add(n.Pos(), "interface-conv")
	}
}

func (s *scan) rangeOver(n *ast.RangeStmt) {
	t := s.f.under(s.f.typeOf(n.X, maxInfer))
	switch t := t.(type) {
	case *ast.MapType:
		s.add(n.Pos(), "map-range")
		return
	case *ast.ChanType:
		s.add(n.Pos(), "chan-recv")
		return
	case *ast.FuncType:
		return
	case *ast.Ident:
		if basicTypes[t.Name] {
			return
		}
	}
	if _, isCall := n.X.(*ast.CallExpr); isCall && t == nil {
		return // most likely an iterator
	}
	if id, ok := n.Value.(*ast.Ident); ok && id.Name != "_" && !isSmall(s.f.under(s.f.elem(t))) {
		s.add(n.Pos(), "range-value-copy")
	}
}

// isSmall says whether a value of type t is known to be a few words.
func isSmall(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.StarExpr, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.InterfaceType:
		return true
	case *ast.ArrayType:
		return t.Len == nil
	case *ast.Ident:
		return basicTypes[t.Name] && t.Obj == nil
	}
	return false
}

func (s *scan) literal(n *ast.CompositeLit) {
	if p, name := s.f.typeFrom(n.Type); p == "net/http" && (name == "Client" || name == "Transport") {
		s.add(n.Pos(), "http-client-new")
	}
	switch t := s.f.under(n.Type).(type) {
	case nil: // an element of a literal whose type is written once, outside
	case *ast.MapType:
		s.add(n.Pos(), "map-literal")
		s.boxes(n, t.Value)
	case *ast.ArrayType:
		if t.Len != nil {
			s.add(n.Pos(), "composite-literal")
			return
		}
		s.add(n.Pos(), "slice-literal")
		s.boxes(n, t.Elt)
	default:
		s.add(n.Pos(), "composite-literal")
	}
}

func (s *scan) boxes(n *ast.CompositeLit, elem ast.Expr) {
	if isInterface(s.f.under(elem)) && len(n.Elts) > 0 {
		s.add(n.Pos(), "interface-conv")
	}
}

func isInterface(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.InterfaceType:
		return true
	case *ast.Ident:
		return t.Name == "any" && t.Obj == nil
	}
	return false
}

// concat sees a whole chain a + b + c once, at its last operator.
func (s *scan) concat(n *ast.BinaryExpr) {
	if n.Op != token.ADD || s.part[n] {
		return
	}
	var isString, isVariable bool
	var operands func(e ast.Expr)
	operands = func(e ast.Expr) {
		// Chains lean to the left: a loop for that side, recursion for parentheses.
		for {
			e = ast.Unparen(e)
			b, ok := e.(*ast.BinaryExpr)
			if !ok || b.Op != token.ADD {
				break
			}
			s.part[b] = true
			operands(b.Y)
			e = b.X
		}
		if lit, ok := e.(*ast.BasicLit); ok {
			isString = isString || lit.Kind == token.STRING
			return
		}
		isVariable = true
		isString = isString || s.f.isString(e)
	}
	operands(n)
	if isString && isVariable {
		s.add(n.OpPos, "string-concat")
	}
}

// searches says whether the if statement in the loop leaves it when an element
// compares: "if x.ID == id { return x }".
func (s *scan) searches(l *loop, n *ast.IfStmt) bool {
	if len(l.vars) == 0 || !s.compares(n.Cond, l.vars, maxInfer) || len(n.Body.List) == 0 {
		return false
	}
	switch last := n.Body.List[len(n.Body.List)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		if last.Tok == token.CONTINUE && last.Label == nil {
			return endsLoop(l.body)
		}
		return last.Tok == token.BREAK || last.Tok == token.GOTO || last.Label != nil
	}
	return false
}

// endsLoop says whether the body of a loop, when it gets to its end, leaves it.
func endsLoop(body *ast.BlockStmt) bool {
	if body == nil || len(body.List) == 0 {
		return false
	}
	switch last := body.List[len(body.List)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return last.Tok == token.BREAK
	}
	return false
}

func (s *scan) compares(e ast.Expr, vars []*ast.Ident, depth int) bool {
	if depth == 0 {
		return false
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return s.compares(e.X, vars, depth-1)
	case *ast.UnaryExpr:
		return e.Op == token.NOT && s.compares(e.X, vars, depth-1)
	case *ast.CallExpr:
		return isComparison(calleeName(e.Fun)) && mentions(e, vars)
	case *ast.BinaryExpr:
		switch e.Op {
		case token.LAND, token.LOR:
			return s.compares(e.X, vars, depth-1) || s.compares(e.Y, vars, depth-1)
		case token.EQL, token.NEQ:
			return !isIdent(e.X, "nil") && !isIdent(e.Y, "nil") && (s.element(e.X, vars) || s.element(e.Y, vars))
		}
	}
	return false
}

// element says whether e depends on the element of the iteration. A bare loop
// counter does not: "if i == 10 { break }" searches nothing.
func (s *scan) element(e ast.Expr, vars []*ast.Ident) bool {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return s.element(e.X, vars)
	case *ast.BinaryExpr:
		return s.element(e.X, vars) || s.element(e.Y, vars)
	case *ast.Ident:
		return mentions(e, vars) && !s.counts(e)
	}
	return mentions(e, vars)
}

// counts says whether id is the counter of a loop, not an element.
func (s *scan) counts(id *ast.Ident) bool {
	if isIdent(s.f.typeOf(id, maxInfer), "int") {
		return true
	}
	decl, ok := id.Obj.Decl.(*ast.AssignStmt)
	if !ok || len(decl.Lhs) != 2 {
		return false
	}
	over, ok := rangeOperand(decl)
	key, isKey := decl.Lhs[0].(*ast.Ident)
	return ok && isKey && key.Obj == id.Obj && !s.f.isMap(over)
}

func mentions(root ast.Node, vars []*ast.Ident) bool {
	found := false
	seen := 0
	ast.Inspect(root, func(n ast.Node) bool {
		seen++
		if id, ok := n.(*ast.Ident); ok && id.Obj != nil {
			for _, v := range vars {
				found = found || v.Obj == id.Obj
			}
		}
		return !found && seen < 256
	})
	return found
}

func isComparison(name string) bool {
	switch name {
	case "Equal", "EqualFold", "Compare", "DeepEqual", "HasPrefix", "HasSuffix", "Match", "MatchString", "Contains":
		return true
	}
	return false
}

// calleeName is the last name of a callee.
func calleeName(fun ast.Expr) string {
	switch fun := ast.Unparen(fun).(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	case *ast.IndexExpr:
		return calleeName(fun.X)
	case *ast.IndexListExpr:
		return calleeName(fun.X)
	}
	return ""
}
