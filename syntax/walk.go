package syntax

import (
	"go/ast"
	"go/token"
	"strings"
)

// loop is one for statement of the function.
type loop struct {
	node    ast.Node
	body    *ast.BlockStmt
	depth   int
	over    string
	isRange bool
	early   bool
	leaves  bool  // a return, goto or labelled break inside leaves the loops around it as well
	parent  *loop // around it in the same function literal
	label   string
	vars    []*ast.Ident
}

// visitor walks a function and knows what is around the node.
type visitor struct {
	s     *scan
	loop  *loop // innermost loop, function literals notwithstanding
	own   *loop // innermost loop of the innermost function literal
	cond  bool  // under a condition inside own
	inner bool  // inside a switch or select of own: break does not leave own
	label string
}

// Visit implements ast.Visitor.
func (v visitor) Visit(n ast.Node) ast.Visitor {
	label := v.label
	v.label = ""
	switch n := n.(type) {
	case nil:
		return nil
	case *ast.LabeledStmt:
		v.label = n.Label.Name
		ast.Walk(v, n.Stmt)
		return nil
	case *ast.FuncLit:
		v.s.add(n.Pos(), "closure")
		v.own, v.cond, v.inner = nil, false, false
	case *ast.ForStmt:
		v.walkFor(n, label)
		return nil
	case *ast.RangeStmt:
		v.walkRange(n, label)
		return nil
	case *ast.IfStmt:
		v.walkIf(n)
		return nil
	case *ast.SwitchStmt:
		v.walkSwitch(n.Init, n.Tag, n.Body)
		return nil
	case *ast.TypeSwitchStmt:
		v.s.add(n.Pos(), "type-assert")
		v.walkSwitch(n.Init, nil, n.Body)
		v.walkGuard(n.Assign)
		return nil
	case *ast.SelectStmt:
		v.s.add(n.Pos(), "select")
		v.walkSwitch(nil, nil, n.Body)
		return nil
	case *ast.ReturnStmt:
		v.leaveAll()
	case *ast.BranchStmt:
		v.branch(n)
	default:
		v.look(n)
	}
	return v
}

func (v visitor) enter(l *loop) visitor {
	l.depth, l.parent = 1, v.own
	if v.loop != nil {
		l.depth = v.loop.depth + 1
		v.s.add(l.node.Pos(), "nested-loop")
	}
	v.s.loops = append(v.s.loops, l)
	v.loop, v.own, v.cond, v.inner = l, l, false, false
	return v
}

func (v visitor) walkFor(n *ast.ForStmt, label string) {
	l := &loop{node: n, body: n.Body, label: label}
	if n.Cond != nil {
		l.over = v.s.f.flat(n.Cond, maxOver)
	}
	if a, ok := n.Init.(*ast.AssignStmt); ok {
		l.vars = idents(a.Lhs)
		if init := v.s.f.flat(a.Rhs[0], maxOver); strings.Contains(init, "len(") && !strings.Contains(l.over, "len(") {
			l.over = init // for i := len(x)-1; i >= 0; i-- runs over x
		}
	}
	inside := v.enter(l)
	walk(v, n.Init)
	walk(inside, n.Cond)
	walk(inside, n.Post)
	walk(inside, n.Body)
}

func (v visitor) walkRange(n *ast.RangeStmt, label string) {
	l := &loop{node: n, body: n.Body, label: label, isRange: true, over: v.s.f.flat(n.X, maxOver)}
	l.vars = idents([]ast.Expr{n.Key, n.Value})
	v.s.rangeOver(n)
	inside := v.enter(l)
	walk(v, n.X)
	walk(inside, n.Key)
	walk(inside, n.Value)
	walk(inside, n.Body)
}

func (v visitor) walkIf(n *ast.IfStmt) {
	walk(v, n.Init)
	walk(v, n.Cond)
	if v.own != nil && v.s.searches(v.own, n) {
		v.s.add(n.Pos(), "linear-search")
		v.s.add(v.own.node.Pos(), "linear-search")
		v.own.early = true
	}
	v.cond = true
	walk(v, n.Body)
	walk(v, n.Else)
}

func (v visitor) walkSwitch(init ast.Stmt, tag ast.Expr, body *ast.BlockStmt) {
	walk(v, init)
	walk(v, tag)
	v.cond, v.inner = true, true
	walk(v, body)
}

// walkGuard walks the operand of a type switch, whose x.(type) is no assertion
// of its own.
func (v visitor) walkGuard(guard ast.Stmt) {
	var e ast.Expr
	switch g := guard.(type) {
	case *ast.ExprStmt:
		e = g.X
	case *ast.AssignStmt:
		if len(g.Rhs) == 1 {
			e = g.Rhs[0]
		}
	}
	if t, ok := e.(*ast.TypeAssertExpr); ok {
		walk(v, t.X)
	}
}

// leaveAll sees a return or goto.
func (v visitor) leaveAll() {
	if v.own != nil {
		v.own.leaves = true
		v.own.early = v.own.early || v.cond
	}
}

func (v visitor) branch(n *ast.BranchStmt) {
	switch {
	case v.own == nil:
	case n.Tok == token.GOTO:
		v.leaveAll()
	case n.Label != nil:
		v.leaveTo(n)
	case n.Tok == token.BREAK && v.cond && !v.inner:
		v.own.early = true
	}
}

// leaveTo sees a labelled break or continue: the loops inside of the labelled
// one are left, and the labelled one too by a break.
func (v visitor) leaveTo(n *ast.BranchStmt) {
	for l := v.own; l != nil; l = l.parent {
		labelled := l.label == n.Label.Name
		if labelled && n.Tok == token.CONTINUE {
			return
		}
		l.early = l.early || v.cond || l != v.own
		if labelled {
			return
		}
	}
}

// walk is ast.Walk for a node that may be missing.
func walk(v visitor, n ast.Node) {
	switch n := n.(type) {
	case nil:
		return
	case *ast.BlockStmt:
		if n == nil {
			return
		}
	}
	ast.Walk(v, n)
}

func idents(list []ast.Expr) []*ast.Ident {
	var out []*ast.Ident
	for _, e := range list[:min(len(list), maxVars)] {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
			out = append(out, id)
		}
	}
	return out
}
