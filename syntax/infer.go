package syntax

import (
	"go/ast"
	"go/token"
)

// maxInfer bounds how far a type is followed through declarations.
const maxInfer = 8

var (
	stringType = &ast.Ident{Name: "string"}
	bytesType  = &ast.ArrayType{Elt: &ast.Ident{Name: "byte"}}
	stringList = &ast.ArrayType{Elt: &ast.Ident{Name: "string"}}
)

// results of functions of the standard library whose result matters here.
var results = map[string]ast.Expr{
	"fmt.Sprintf": stringType, "fmt.Sprint": stringType, "fmt.Sprintln": stringType,
	"strconv.Itoa": stringType, "strconv.FormatInt": stringType, "strconv.Quote": stringType, "strconv.FormatFloat": stringType,
	"strings.Join": stringType, "strings.Repeat": stringType, "strings.Replace": stringType, "strings.ReplaceAll": stringType,
	"strings.ToLower": stringType, "strings.ToUpper": stringType, "strings.TrimSpace": stringType, "strings.Trim": stringType,
	"strings.TrimPrefix": stringType, "strings.TrimSuffix": stringType, "strings.Clone": stringType, "path.Join": stringType,
	"path/filepath.Join": stringType, "path.Base": stringType, "path/filepath.Base": stringType, "os.Getenv": stringType,
	"encoding/hex.EncodeToString": stringType,
	"strings.Split":               stringList, "strings.SplitN": stringList, "strings.Fields": stringList, "strings.FieldsFunc": stringList,
	"os.ReadFile": bytesType, "io.ReadAll": bytesType, "io/ioutil.ReadAll": bytesType, "io/ioutil.ReadFile": bytesType,
	"encoding/json.Marshal": bytesType, "encoding/json.MarshalIndent": bytesType, "bytes.TrimSpace": bytesType,
	"bytes.Join": bytesType, "bytes.Clone": bytesType, "bytes.ToLower": bytesType, "encoding/hex.DecodeString": bytesType,
	"strconv.AppendInt": bytesType, "fmt.Appendf": bytesType,
}

// typeOf is the type of e as far as this file tells, nil when it does not.
// Named types of the file stay named; see under.
func (f *file) typeOf(e ast.Expr, depth int) ast.Expr {
	if depth <= 0 || e == nil {
		return nil
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return f.typeOf(e.X, depth-1)
	case *ast.Ident:
		return f.typeOfIdent(e, depth-1)
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			return stringType
		}
		return &ast.Ident{Name: map[token.Token]string{token.INT: "int", token.FLOAT: "float64", token.CHAR: "rune"}[e.Kind]}
	case *ast.CompositeLit:
		return e.Type
	case *ast.UnaryExpr:
		return f.typeOfUnary(e, depth-1)
	case *ast.StarExpr:
		if p, ok := f.under(f.typeOf(e.X, depth-1)).(*ast.StarExpr); ok {
			return p.X
		}
	case *ast.BinaryExpr:
		return f.typeOfBinary(e, depth-1)
	case *ast.SliceExpr:
		return f.typeOf(e.X, depth-1)
	case *ast.TypeAssertExpr:
		return e.Type
	case *ast.IndexExpr:
		return f.elem(f.typeOf(e.X, depth-1))
	case *ast.SelectorExpr:
		return f.fieldType(e, depth-1)
	case *ast.CallExpr:
		return f.typeOfCall(e, depth-1)
	}
	return nil
}

func (f *file) typeOfUnary(e *ast.UnaryExpr, depth int) ast.Expr {
	t := f.typeOf(e.X, depth)
	switch e.Op {
	case token.AND:
		if t != nil {
			return &ast.StarExpr{X: t}
		}
	case token.ARROW:
		if c, ok := f.under(t).(*ast.ChanType); ok {
			return c.Value
		}
	case token.ADD, token.SUB, token.XOR:
		return t
	case token.NOT:
		return &ast.Ident{Name: "bool"}
	}
	return nil
}

func (f *file) typeOfBinary(e *ast.BinaryExpr, depth int) ast.Expr {
	switch e.Op {
	case token.EQL, token.NEQ, token.LSS, token.GTR, token.LEQ, token.GEQ, token.LAND, token.LOR:
		return &ast.Ident{Name: "bool"}
	}
	// A long chain of + leans to the left: any of its operands tells the type.
	for range 64 {
		if lit, ok := e.Y.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			return stringType
		}
		left, ok := e.X.(*ast.BinaryExpr)
		if !ok {
			break
		}
		e = left
	}
	if t := f.typeOf(e.X, depth); t != nil {
		return t
	}
	return f.typeOf(e.Y, depth)
}

// typeOfIdent follows an identifier to its declaration. Scopes are those that
// go/parser resolves within the file.
func (f *file) typeOfIdent(id *ast.Ident, depth int) ast.Expr {
	if id.Obj == nil {
		return nil
	}
	switch decl := id.Obj.Decl.(type) {
	case *ast.Field:
		if v, ok := decl.Type.(*ast.Ellipsis); ok {
			return &ast.ArrayType{Elt: v.Elt}
		}
		return decl.Type
	case *ast.ValueSpec:
		return f.typeInSpec(decl, id, depth)
	case *ast.AssignStmt:
		return f.typeInAssign(decl, id, depth)
	}
	return nil
}

func (f *file) typeInSpec(decl *ast.ValueSpec, id *ast.Ident, depth int) ast.Expr {
	if decl.Type != nil {
		return decl.Type
	}
	for i, name := range decl.Names[:min(len(decl.Names), maxVars)] {
		if name.Obj == id.Obj {
			return f.typeOfNth(decl.Values, i, len(decl.Names), depth)
		}
	}
	return nil
}

func (f *file) typeInAssign(decl *ast.AssignStmt, id *ast.Ident, depth int) ast.Expr {
	for i, l := range decl.Lhs[:min(len(decl.Lhs), maxVars)] {
		if !sameObj(l, id) {
			continue
		}
		if r, ok := rangeOperand(decl); ok {
			return f.rangeType(r, i, depth)
		}
		return f.typeOfNth(decl.Rhs, i, len(decl.Lhs), depth)
	}
	return nil
}

// rangeOperand sees the assignment that go/parser makes of "k, v := range x".
func rangeOperand(a *ast.AssignStmt) (ast.Expr, bool) {
	if len(a.Rhs) != 1 {
		return nil, false
	}
	u, ok := a.Rhs[0].(*ast.UnaryExpr)
	if !ok || u.Op != token.RANGE {
		return nil, false
	}
	return u.X, true
}

func (f *file) rangeType(over ast.Expr, i, depth int) ast.Expr {
	switch t := f.under(f.typeOf(over, depth)).(type) {
	case *ast.MapType:
		if i == 0 {
			return t.Key
		}
		return t.Value
	case *ast.ChanType:
		return t.Value
	case *ast.ArrayType:
		if i == 1 {
			return t.Elt
		}
		return &ast.Ident{Name: "int"}
	case *ast.Ident:
		if t.Name == "string" && i == 1 {
			return &ast.Ident{Name: "rune"}
		}
		return &ast.Ident{Name: "int"}
	}
	return nil
}

func (f *file) typeOfNth(values []ast.Expr, i, names, depth int) ast.Expr {
	switch {
	case len(values) == names && i < len(values):
		return f.typeOf(values[i], depth)
	case len(values) == 1 && names > 1:
		if call, ok := values[0].(*ast.CallExpr); ok {
			return f.resultType(call, i, depth)
		}
		if i == 0 { // v, ok := m[k], x.(T), <-c
			return f.typeOf(values[0], depth)
		}
		return &ast.Ident{Name: "bool"}
	}
	return nil
}

func (f *file) typeOfCall(call *ast.CallExpr, depth int) ast.Expr {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.InterfaceType:
		return fun
	case *ast.Ident:
		if fun.Obj == nil && len(call.Args) > 0 {
			switch fun.Name {
			case "make":
				return call.Args[0]
			case "new":
				return &ast.StarExpr{X: call.Args[0]}
			case "append", "min", "max":
				return f.typeOf(call.Args[0], depth)
			case "len", "cap", "copy":
				return &ast.Ident{Name: "int"}
			}
			if basicTypes[fun.Name] {
				return fun
			}
		}
		if _, ok := f.types[fun.Name]; ok && isTypeName(fun) {
			return fun
		}
	}
	return f.resultType(call, 0, depth)
}

func (f *file) resultType(call *ast.CallExpr, i, depth int) ast.Expr {
	var key funcKey
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		key.name = fun.Name
	case *ast.SelectorExpr:
		if p := f.importOf(fun.X); p != "" {
			if i == 0 {
				return results[p+"."+fun.Sel.Name]
			}
			return nil
		}
		key = funcKey{typeName(f.typeOf(fun.X, depth)), fun.Sel.Name}
		if key.receiver == "" {
			return nil
		}
	default:
		return nil
	}
	decls := f.funcs[key]
	if len(decls) != 1 || decls[0].Type.Results == nil {
		return nil
	}
	for _, field := range decls[0].Type.Results.List {
		n := max(1, len(field.Names))
		if i < n {
			return field.Type
		}
		i -= n
	}
	return nil
}

// fieldType is the type of x.f: by the type of x when the file has it, or by the
// name of the field when all structs of the file that have it agree.
func (f *file) fieldType(e *ast.SelectorExpr, depth int) ast.Expr {
	if f.importOf(e.X) != "" {
		return nil
	}
	if t := f.typeOf(e.X, depth); t != nil {
		owner := typeName(t)
		if _, inFile := f.types[owner]; inFile || owner == "" {
			return f.fields[fieldKey{owner, e.Sel.Name}]
		}
		return nil
	}
	return f.byField[e.Sel.Name]
}

// under follows type names of the file to what they stand for.
func (f *file) under(t ast.Expr) ast.Expr {
	for range maxInfer {
		switch n := t.(type) {
		case *ast.ParenExpr:
			t = n.X
		case *ast.Ident:
			def, ok := f.types[n.Name]
			if !ok {
				return t
			}
			t = def
		case *ast.IndexExpr: // G[K]
			name, ok := n.X.(*ast.Ident)
			if !ok {
				return t
			}
			def, ok := f.types[name.Name]
			if !ok {
				return t
			}
			t = def
		default:
			return t
		}
	}
	return t
}

func (f *file) elem(t ast.Expr) ast.Expr {
	switch t := f.under(t).(type) {
	case *ast.MapType:
		return t.Value
	case *ast.ArrayType:
		return t.Elt
	case *ast.StarExpr:
		if a, ok := f.under(t.X).(*ast.ArrayType); ok {
			return a.Elt
		}
	case *ast.Ident:
		if t.Name == "string" {
			return &ast.Ident{Name: "byte"}
		}
	}
	return nil
}

// importOf is the path of the package that e names, "" when e is not one.
func (f *file) importOf(e ast.Expr) string {
	id, ok := e.(*ast.Ident)
	if !ok || id.Obj != nil {
		return ""
	}
	return f.imports[id.Name]
}

func (f *file) isString(e ast.Expr) bool { return isIdent(f.under(f.typeOf(e, maxInfer)), "string") }

func (f *file) isMap(e ast.Expr) bool {
	_, ok := f.under(f.typeOf(e, maxInfer)).(*ast.MapType)
	return ok
}

// isBytes says whether e is a []byte or []rune.
func (f *file) isBytes(e ast.Expr) bool {
	a, ok := f.under(f.typeOf(e, maxInfer)).(*ast.ArrayType)
	return ok && (isIdent(a.Elt, "byte") || isIdent(a.Elt, "uint8") || isIdent(a.Elt, "rune"))
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// isTypeName says whether an identifier is a type of the file, not a variable
// that hides one.
func isTypeName(id *ast.Ident) bool {
	return id.Obj != nil && id.Obj.Kind == ast.Typ
}

var basicTypes = map[string]bool{
	"bool": true, "byte": true, "rune": true, "string": true, "error": true, "any": true, "uintptr": true,
	"int": true, "int8": true, "int16": true, "int32": true, "int64": true,
	"uint": true, "uint8": true, "uint16": true, "uint32": true, "uint64": true,
	"float32": true, "float64": true, "complex64": true, "complex128": true,
}

var builtins = map[string]bool{
	"append": true, "cap": true, "clear": true, "close": true, "complex": true, "copy": true, "delete": true,
	"imag": true, "len": true, "make": true, "max": true, "min": true, "new": true, "panic": true,
	"print": true, "println": true, "real": true, "recover": true,
}
