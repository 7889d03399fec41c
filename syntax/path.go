package syntax

import "go/ast"

// opens are the functions that take the name of a file first.
var opens = map[string]bool{
	"os.ReadFile": true, "os.Open": true, "os.OpenFile": true, "os.Stat": true, "os.Lstat": true, "os.ReadDir": true,
	"os.Readlink": true, "io/ioutil.ReadFile": true, "io/ioutil.ReadDir": true,
}

// numbers are the functions that turn one of many into a name: a path made with
// them is of an item, another one at the next call.
var numbers = map[string]bool{
	"strconv.Itoa": true, "strconv.FormatInt": true, "strconv.FormatUint": true, "strconv.AppendInt": true,
	"fmt.Sprintf": true, "fmt.Sprint": true,
}

// itemPath says that an expression is made from a number, here or where the
// variable that it is gets its value.
func (s *scan) itemPath(e ast.Expr, depth int) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && numbers[s.f.importOf(sel.X)+"."+sel.Sel.Name] {
				found = true
			}
		case *ast.Ident:
			found = found || depth > 0 && n.Obj != nil && n.Obj.Kind == ast.Var && s.assignedItem(n, depth-1)
		}
		return !found
	})
	return found
}

func (s *scan) assignedItem(id *ast.Ident, depth int) bool {
	found := false
	ast.Inspect(s.node, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == len(a.Rhs) {
			for i := range a.Lhs {
				found = found || sameObj(a.Lhs[i], id) && s.itemPath(a.Rhs[i], depth)
			}
		}
		return !found
	})
	return found
}
