package syntax

import (
	"go/ast"
	"go/token"
	"strings"
)

// byFunction is what functions of other packages do, by import path and name.
var byFunction = map[string]string{
	"regexp.Compile": "regexp-compile", "regexp.MustCompile": "regexp-compile", "regexp.CompilePOSIX": "regexp-compile",
	"regexp.MustCompilePOSIX": "regexp-compile", "regexp.Match": "regexp-compile", "regexp.MatchString": "regexp-compile",
	"regexp.MatchReader": "regexp-compile",
	"time.After":         "time-after", "time.Tick": "time-after",
	"time.NewTimer": "timer-new", "time.NewTicker": "timer-new", "time.AfterFunc": "timer-new",
	"time.Now": "time-now", "time.Since": "time-now", "time.Until": "time-now", "time.Sleep": "sleep",
	"context.WithCancel": "ctx-with-cancel", "context.WithTimeout": "ctx-with-cancel", "context.WithDeadline": "ctx-with-cancel",
	"context.WithCancelCause": "ctx-with-cancel", "context.WithTimeoutCause": "ctx-with-cancel",
	"context.WithDeadlineCause": "ctx-with-cancel",
	"math/rand.New":             "rand-new", "math/rand.NewSource": "rand-new", "math/rand/v2.New": "rand-new",
	"math/rand/v2.NewPCG": "rand-new", "math/rand/v2.NewChaCha8": "rand-new",
	"strings.Split": "string-split", "strings.SplitN": "string-split", "strings.SplitAfter": "string-split",
	"strings.Fields": "string-split", "strings.FieldsFunc": "string-split", "bytes.Split": "string-split",
	"bytes.SplitN": "string-split", "bytes.Fields": "string-split",
	"strings.ToLower": "case-fold", "strings.ToUpper": "case-fold", "bytes.ToLower": "case-fold", "bytes.ToUpper": "case-fold",
	"io.ReadAll": "read-all", "os.ReadFile": "read-all", "io/ioutil.ReadAll": "read-all", "io/ioutil.ReadFile": "read-all",
	"slices.Clone": "copy-slice", "bytes.Clone": "copy-slice", "slices.Insert": "append-front", "slices.Delete": "slice-delete",
	"slices.Contains": "linear-search", "slices.ContainsFunc": "linear-search", "slices.Index": "linear-search",
	"slices.IndexFunc":             "linear-search",
	"compress/gzip.NewWriter":      "compressor-new",
	"compress/gzip.NewReader":      "compressor-new",
	"compress/flate.NewWriter":     "compressor-new",
	"compress/flate.NewReader":     "compressor-new",
	"compress/zlib.NewWriter":      "compressor-new",
	"compress/zlib.NewReader":      "compressor-new",
	"compress/gzip.NewWriterLevel": "compressor-new",
	"compress/zlib.NewWriterLevel": "compressor-new",
	"runtime.GC":                   "gc-call", "runtime/debug.FreeOSMemory": "gc-call", "runtime.ReadMemStats": "gc-call",
	"runtime.Stack": "gc-call", "runtime/debug.Stack": "gc-call",
	"text/template.ParseFiles": "template-parse", "text/template.ParseGlob": "template-parse", "text/template.ParseFS": "template-parse",
	"html/template.ParseFiles": "template-parse", "html/template.ParseGlob": "template-parse", "html/template.ParseFS": "template-parse",
}

// byPackage is what calling a package, or a method of a value known to be of
// the package, amounts to.
var byPackage = map[string]string{
	"fmt": "fmt-call", "reflect": "reflect-call", "sort": "sort-call",
	"encoding/json": "json-call", "encoding/json/v2": "json-call", "encoding/json/jsontext": "json-call",
	"github.com/json-iterator/go": "json-call", "github.com/goccy/go-json": "json-call", "github.com/bytedance/sonic": "json-call",
	"github.com/segmentio/encoding/json": "json-call", "github.com/mailru/easyjson": "json-call",
	"log": "log-call", "log/slog": "log-call", "github.com/sirupsen/logrus": "log-call", "go.uber.org/zap": "log-call",
	"github.com/rs/zerolog": "log-call", "github.com/rs/zerolog/log": "log-call", "github.com/golang/glog": "log-call",
	"k8s.io/klog": "log-call", "k8s.io/klog/v2": "log-call", "github.com/go-kit/log": "log-call",
	"github.com/go-logr/logr": "log-call", "github.com/charmbracelet/log": "log-call",
}

var sqlMethods = map[string]bool{
	"Query": true, "QueryContext": true, "QueryRow": true, "QueryRowContext": true, "Exec": true, "ExecContext": true,
	"Prepare": true, "PrepareContext": true,
}

func (v visitor) call(call *ast.CallExpr) {
	s := v.s
	fun := ast.Unparen(call.Fun)
	switch f := fun.(type) {
	case *ast.FuncLit:
		return
	case *ast.Ident:
		if f.Obj == nil && builtins[f.Name] {
			v.builtin(f.Name, call)
			return
		}
	}
	if s.f.converts(fun) {
		s.conversion(call)
		return
	}
	pos := calleePos(fun)
	s.addCall(pos, calleeText(fun))
	if v.loop != nil {
		s.add(pos, "call-in-loop")
	}
	if s.recurses(fun) {
		s.add(pos, "recursion")
	}
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		s.selector(sel, call, pos)
	}
}

// calleePos is the position that the compiler gives to the call.
func calleePos(fun ast.Expr) token.Pos {
	switch f := fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Pos()
	case *ast.IndexExpr:
		return calleePos(ast.Unparen(f.X))
	case *ast.IndexListExpr:
		return calleePos(ast.Unparen(f.X))
	}
	return fun.Pos()
}

// calleeText is the callee as written, without arguments.
func calleeText(fun ast.Expr) string {
	var parts []string
	for range maxInfer {
		switch f := fun.(type) {
		case *ast.Ident:
			parts = append(parts, f.Name)
			return joinCallee(parts)
		case *ast.SelectorExpr:
			parts = append(parts, "."+f.Sel.Name)
			fun = f.X
		case *ast.CallExpr:
			parts = append(parts, "()")
			fun = f.Fun
		case *ast.IndexExpr:
			parts = append(parts, "[]")
			fun = f.X
		case *ast.IndexListExpr:
			parts = append(parts, "[]")
			fun = f.X
		case *ast.TypeAssertExpr:
			parts = append(parts, ".()")
			fun = f.X
		case *ast.ParenExpr:
			fun = f.X
		case *ast.StarExpr:
			fun = f.X
		default:
			return joinCallee(append(parts, "_"))
		}
	}
	return joinCallee(append(parts, "_"))
}

func joinCallee(backwards []string) string {
	var b strings.Builder
	for i := len(backwards) - 1; i >= 0; i-- {
		b.WriteString(backwards[i])
	}
	return cut(b.String(), maxName)
}

// converts says whether fun is a type, which makes the call a conversion.
func (f *file) converts(fun ast.Expr) bool {
	switch t := fun.(type) {
	case *ast.ArrayType, *ast.MapType, *ast.ChanType, *ast.FuncType, *ast.InterfaceType, *ast.StructType, *ast.StarExpr:
		return true
	case *ast.Ident:
		return isTypeName(t) || t.Obj == nil && basicTypes[t.Name]
	case *ast.IndexExpr:
		return f.converts(ast.Unparen(t.X))
	case *ast.IndexListExpr:
		return f.converts(ast.Unparen(t.X))
	}
	return false
}

func (s *scan) conversion(call *ast.CallExpr) {
	if len(call.Args) != 1 || s.part[call] {
		return
	}
	arg := ast.Unparen(call.Args[0])
	switch to := s.f.under(ast.Unparen(call.Fun)).(type) {
	case *ast.ArrayType:
		isText := isIdent(to.Elt, "byte") || isIdent(to.Elt, "rune") || isIdent(to.Elt, "uint8")
		if to.Len == nil && isText && !isIdent(arg, "nil") && !s.f.isBytes(arg) {
			s.add(call.Pos(), "string-to-bytes")
		}
	case *ast.Ident:
		if to.Name == "string" && s.looksLikeBytes(arg) {
			s.add(call.Pos(), "bytes-to-string")
		}
		if isInterface(to) {
			s.add(call.Pos(), "interface-conv")
		}
	case *ast.InterfaceType:
		s.add(call.Pos(), "interface-conv")
	}
}

// looksLikeBytes trusts the type when the file has it. When it has not, a part
// of something (string(buf[:n])) and the result of a method Bytes are bytes.
func (s *scan) looksLikeBytes(e ast.Expr) bool {
	if s.f.typeOf(e, maxInfer) != nil {
		return s.f.isBytes(e)
	}
	switch e := e.(type) {
	case *ast.SliceExpr:
		return true
	case *ast.CallExpr:
		return calleeName(e.Fun) == "Bytes"
	}
	return false
}

func (s *scan) recurses(fun ast.Expr) bool {
	decl, ok := s.node.(*ast.FuncDecl)
	if !ok || calleeName(fun) != decl.Name.Name {
		return false
	}
	switch f := fun.(type) {
	case *ast.Ident:
		return decl.Recv == nil && f.Obj != nil && f.Obj.Decl == decl
	case *ast.IndexExpr:
		return s.recurses(ast.Unparen(f.X))
	case *ast.SelectorExpr:
		return decl.Recv != nil && typeName(s.f.typeOf(f.X, maxInfer)) == receiverType(decl)
	}
	return false
}

// selector sees x.F(...): a function of a package or a method.
func (s *scan) selector(sel *ast.SelectorExpr, call *ast.CallExpr, pos token.Pos) {
	name := sel.Sel.Name
	p := s.f.importOf(sel.X)
	if p == "" {
		s.method(sel, call, pos)
		p = s.f.origin(sel.X, maxInfer)
		if does := byPackage[p]; does != "" && does != "sort-call" && does != "reflect-call" || p == "reflect" {
			s.add(pos, does)
		}
		return
	}
	if does := byFunction[p+"."+name]; does != "" {
		s.add(pos, does)
	}
	if opens[p+"."+name] && len(call.Args) > 0 && s.itemPath(call.Args[0], 2) {
		s.add(pos, "item-path")
	}
	switch {
	case p == "sort" && strings.HasPrefix(name, "Search"):
	case p == "slices" && strings.HasPrefix(name, "Sort"):
		s.add(pos, "sort-call")
	case byPackage[p] != "":
		s.add(pos, byPackage[p])
	}
}

func (s *scan) method(sel *ast.SelectorExpr, call *ast.CallExpr, pos token.Pos) {
	switch name := sel.Sel.Name; {
	case len(call.Args) == 0 && (name == "Lock" || name == "RLock"):
		s.add(pos, "mutex-lock")
	case len(call.Args) == 0 && (name == "Unlock" || name == "RUnlock"):
		s.add(pos, "mutex-unlock")
	case sqlMethods[name] && s.f.has("database/sql") && s.f.origin(sel.X, maxInfer) != "net/url" && len(call.Args) > 0:
		s.add(pos, "sql-call")
	case strings.HasPrefix(name, "Parse"):
		if p := s.f.origin(sel.X, maxInfer); p == "text/template" || p == "html/template" {
			s.add(pos, "template-parse")
		}
	}
	if p, t := s.f.typeFrom(s.f.typeOf(sel.X, maxInfer)); isBuffer(p, t) {
		s.add(pos, "string-builder")
	}
}

func isBuffer(p, name string) bool {
	return p == "strings" && name == "Builder" || p == "bytes" && name == "Buffer"
}

func (f *file) has(importPath string) bool {
	for _, p := range f.imports {
		if p == importPath {
			return true
		}
	}
	return false
}

// typeFrom splits a type of another package: *strings.Builder is of "strings".
func (f *file) typeFrom(t ast.Expr) (importPath, name string) {
	for range maxInfer {
		switch e := t.(type) {
		case *ast.StarExpr:
			t = e.X
		case *ast.ParenExpr:
			t = e.X
		case *ast.SelectorExpr:
			return f.importOf(e.X), e.Sel.Name
		default:
			return "", ""
		}
	}
	return "", ""
}

// origin is the package that a value most likely comes from: the one of its
// type, or of the function that made it.
func (f *file) origin(e ast.Expr, depth int) string {
	if depth == 0 || e == nil {
		return ""
	}
	if t := f.typeOf(e, depth); t != nil {
		p, _ := f.typeFrom(t)
		return p
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if e.Obj == nil {
			return ""
		}
		switch decl := e.Obj.Decl.(type) {
		case *ast.AssignStmt:
			if len(decl.Rhs) == 1 && len(decl.Lhs) > 0 && sameObj(decl.Lhs[0], e) {
				return f.origin(decl.Rhs[0], depth-1)
			}
		case *ast.ValueSpec:
			if len(decl.Values) == 1 {
				return f.origin(decl.Values[0], depth-1)
			}
		}
	case *ast.CallExpr:
		if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok {
			return f.origin(sel, depth-1)
		}
	case *ast.SelectorExpr:
		if p := f.importOf(e.X); p != "" {
			return p
		}
		return f.origin(e.X, depth-1)
	}
	return ""
}

func sameObj(e ast.Expr, id *ast.Ident) bool {
	other, ok := e.(*ast.Ident)
	return ok && other.Obj != nil && other.Obj == id.Obj
}
