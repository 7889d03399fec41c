package syntax

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// maxHeld bounds the locks that are followed at the same time.
const maxHeld = 8

// markLocked marks the statements that run while a lock is held which this
// function takes and gives back.
func (s *scan) markLocked(body *ast.BlockStmt) {
	given := map[string]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if x, name := s.lockCall(call); name == "Unlock" {
				given[x] = true
			}
		}
		return true
	})
	if len(given) > 0 {
		s.lockedIn(body.List, nil, given)
	}
}

// lockCall takes apart x.Lock() and x.Unlock(), the read kind included: its
// operand is told apart by a leading R.
func (s *scan) lockCall(e ast.Expr) (operand, name string) {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) != 0 {
		return "", ""
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	switch sel.Sel.Name {
	case "Lock", "Unlock":
		return s.f.text(sel.X), sel.Sel.Name
	case "RLock", "RUnlock":
		return "R " + s.f.text(sel.X), sel.Sel.Name[1:]
	}
	return "", ""
}

// lockedIn walks statements in order. A branch starts with what is held before
// it; what it gives back or takes ends with it, since it mostly returns.
func (s *scan) lockedIn(list []ast.Stmt, held []string, given map[string]bool) {
	held = slices.Clone(held)
	for _, stmt := range list {
		if e, ok := stmt.(*ast.ExprStmt); ok {
			switch x, name := s.lockCall(e.X); {
			case name == "Lock" && given[x] && len(held) < maxHeld:
				held = append(held, x)
				continue
			case name == "Unlock":
				held = slices.DeleteFunc(held, func(h string) bool { return h == x })
				continue
			}
		}
		s.lockedStmt(stmt, held, given)
	}
}

func (s *scan) lockedStmt(stmt ast.Stmt, held []string, given map[string]bool) {
	switch n := stmt.(type) {
	case *ast.BlockStmt:
		s.lockedIn(n.List, held, given)
	case *ast.LabeledStmt:
		s.lockedStmt(n.Stmt, held, given)
	case *ast.IfStmt:
		s.markHeld(n.Pos(), n.Body.Pos(), held)
		s.lockedIn(n.Body.List, held, given)
		if n.Else != nil {
			s.lockedStmt(n.Else, held, given)
		}
	case *ast.ForStmt:
		s.markHeld(n.Pos(), n.Body.Pos(), held)
		s.lockedIn(n.Body.List, held, given)
	case *ast.RangeStmt:
		s.markHeld(n.Pos(), n.Body.Pos(), held)
		s.lockedIn(n.Body.List, held, given)
	case *ast.SwitchStmt:
		s.markHeld(n.Pos(), n.Body.Pos(), held)
		s.lockedIn(n.Body.List, held, given)
	case *ast.TypeSwitchStmt:
		s.markHeld(n.Pos(), n.Body.Pos(), held)
		s.lockedIn(n.Body.List, held, given)
	case *ast.SelectStmt:
		s.markHeld(n.Pos(), n.Body.Pos(), held)
		s.lockedIn(n.Body.List, held, given)
	case *ast.CaseClause:
		s.markHeld(n.Pos(), n.Colon, held)
		s.lockedIn(n.Body, held, given)
	case *ast.CommClause:
		s.markHeld(n.Pos(), n.Colon, held)
		s.lockedIn(n.Body, held, given)
	case *ast.GoStmt, *ast.DeferStmt, *ast.EmptyStmt:
		// What they start does not run here.
	default:
		s.lockedSimple(stmt, held)
	}
}

// lockedSimple marks the lines of a statement but those of function literals:
// only one that is an argument of a call (sort.Slice) likely runs at once.
func (s *scan) lockedSimple(stmt ast.Stmt, held []string) {
	if len(held) == 0 {
		return
	}
	from := stmt.Pos()
	ast.Inspect(stmt, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			for _, arg := range n.Args {
				s.part[arg] = true
			}
		case *ast.FuncLit:
			if !s.part[n] {
				s.markHeld(from, n.Body.Lbrace, held)
				from = lastByte(n)
				return false
			}
		}
		return true
	})
	s.markHeld(from, lastByte(stmt), held)
}

func (s *scan) markHeld(from, to token.Pos, held []string) {
	if len(held) == 0 {
		return
	}
	first, ok := s.f.line(from)
	last, ok2 := s.f.line(to)
	if !ok || !ok2 {
		return
	}
	s.add(from, "locked")
	for n := first + 1; n <= last; n++ {
		if pos := s.posOf(n); pos.IsValid() {
			s.add(pos, "locked")
		}
	}
}

// markContexts looks for cancel functions that nobody can call.
func (s *scan) markContexts(body *ast.BlockStmt) {
	left := maxFlow
	ast.Inspect(body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != 2 || len(a.Rhs) != 1 {
			return true
		}
		call, ok := ast.Unparen(a.Rhs[0]).(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok || byFunction[s.f.importOf(sel.X)+"."+sel.Sel.Name] != "ctx-with-cancel" {
			return true
		}
		left--
		if id, ok := a.Lhs[1].(*ast.Ident); ok && left >= 0 && (id.Name == "_" || !s.isUsed(body, id)) {
			s.add(sel.Sel.Pos(), "cancel-dropped")
		}
		return true
	})
}

// isUsed says whether a local variable is used, "_ = x" and assignments to it
// aside.
func (s *scan) isUsed(body *ast.BlockStmt, id *ast.Ident) bool {
	if !s.isOwn(id) {
		return true
	}
	uses, idle := 0, 0
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			uses += isUse(n, id)
		case *ast.AssignStmt:
			idle += assigned(n, id)
			for i, l := range n.Lhs {
				if isIdent(l, "_") && i < len(n.Rhs) && sameObj(n.Rhs[i], id) {
					idle++
				}
			}
		}
		return true
	})
	return uses > idle
}

// isOwn says whether id is a variable that the function declares in its body.
func (s *scan) isOwn(id *ast.Ident) bool {
	if id.Obj == nil || s.f.isPackageVar(id) {
		return false
	}
	_, isParam := id.Obj.Decl.(*ast.Field)
	return !isParam
}

// isUse is 1 for another mention of the variable id.
func isUse(n, id *ast.Ident) int {
	if n != id && sameObj(n, id) {
		return 1
	}
	return 0
}

// assigned counts how often a assigns to the variable id anew.
func assigned(a *ast.AssignStmt, id *ast.Ident) int {
	count := 0
	for _, l := range a.Lhs {
		if other, ok := l.(*ast.Ident); ok {
			count += isUse(other, id)
		}
	}
	return count
}

// markBodies looks for responses whose body is never closed.
func (s *scan) markBodies(body *ast.BlockStmt) {
	left := maxFlow
	ast.Inspect(body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != 2 || len(a.Rhs) != 1 {
			return true
		}
		call, ok := ast.Unparen(a.Rhs[0]).(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok || !s.isRequest(sel, call) {
			return true
		}
		left--
		if id, ok := a.Lhs[0].(*ast.Ident); ok && left >= 0 && (id.Name == "_" || s.leavesOpen(body, id)) {
			s.add(sel.Sel.Pos(), "body-no-close")
		}
		return true
	})
}

func (s *scan) isRequest(sel *ast.SelectorExpr, call *ast.CallExpr) bool {
	name := sel.Sel.Name
	if s.f.importOf(sel.X) == "net/http" {
		return name == "Get" || name == "Post" || name == "Head" || name == "PostForm"
	}
	if !s.f.has("net/http") || name != "Do" && name != "Get" && name != "Post" || len(call.Args) == 0 {
		return false
	}
	if p := s.f.origin(sel.X, maxInfer); p != "" {
		return p == "net/http"
	}
	return name == "Do" && len(call.Args) == 1 && strings.Contains(strings.ToLower(calleeName(sel.X)), "client")
}

// leavesOpen says whether all that is done with a response is known not to
// close it: reading its fields, and its body by the functions of drains.
func (s *scan) leavesOpen(body *ast.BlockStmt, id *ast.Ident) bool {
	if !s.isOwn(id) {
		return false
	}
	uses, harmless := 0, 0
	ast.Inspect(body, func(n ast.Node) bool {
		if other, ok := n.(*ast.Ident); ok {
			uses += isUse(other, id)
		}
		harmless += s.harmless(n, id)
		return true
	})
	return uses == harmless
}

// harmless counts the uses of the response id in n that do not close it.
func (s *scan) harmless(n ast.Node, id *ast.Ident) int {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if sameObj(n.X, id) && n.Sel.Name != "Body" {
			return 1
		}
	case *ast.BinaryExpr:
		if sameObj(n.X, id) && isIdent(n.Y, "nil") {
			return 1
		}
	case *ast.AssignStmt:
		return assigned(n, id)
	case *ast.CallExpr:
		return s.drains(n, id)
	}
	return 0
}

// drains counts the uses of resp.Body in a call that reads but does not close.
func (s *scan) drains(call *ast.CallExpr, id *ast.Ident) int {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return 0
	}
	switch s.f.importOf(sel.X) {
	case "io", "io/ioutil", "bufio", "encoding/json", "encoding/xml":
	default:
		return 0
	}
	count := 0
	for _, arg := range call.Args {
		if b, ok := ast.Unparen(arg).(*ast.SelectorExpr); ok && b.Sel.Name == "Body" && sameObj(b.X, id) {
			count++
		}
	}
	return count
}
