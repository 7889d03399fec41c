// Package syntax says what the source of hot functions looks like: which loops
// they have, and what each sampled line does. Rules use it to tell a quadratic
// scan from an honest loop, and a map that only grows from one that is emptied.
//
// # What is looked at
//
// One file at a time, by its syntax tree alone. There is no type checker: kinds
// of variables, fields and results are followed within the file (declarations,
// literals, make, struct types of this file, a table of well-known functions of
// the standard library). What cannot be seen is not reported, with these doubts:
//
//   - A type declared in another file of the package is unknown. Assigning to an
//     index of such a value is index-assign: it may be a slice or a map.
//   - mutex-lock, mutex-unlock and locked go by the method names Lock, RLock,
//     Unlock and RUnlock, whatever their receiver is.
//   - locked follows the statements of this function only. A lock taken by the
//     caller or by a called function is not seen.
//   - range-value-copy is left out for elements known to be a few words; how big
//     the others are is not known.
//   - linear-search says that the loop is left when a comparison holds. How many
//     elements it passes before that is not known.
//   - never-deleted:NAME says that this file does not shrink NAME. Another file
//     of the package may, and so may code that got hold of it by an interface.
//   - field-append and field-map-assign include variables of the package.
//   - body-no-close does not see a body closed by a function that got the whole
//     response; such responses are not reported.
//   - sql-call goes by method name in files that import database/sql.
//
// # Lines
//
// Lines are the lines that profiles show: //line comments are obeyed, and a
// construct that they move to another file is left out. A call stands at the
// line of its method or function name, a binary operation at its operator, as
// the compiler has it. The header of a loop counts as inside of the loop, since
// samples there are mostly the price of iterating; call-in-loop alone is exact
// about the parts of a header that run once.
//
// The vocabulary of [evidence.LineSyntax.Does] is [Vocabulary].
package syntax

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"

	"github.com/goperf/goperf/evidence"
)

// MaxSource is the size in bytes of the largest file that is looked at. Larger
// ones are generated tables without a hand-written hot loop.
const MaxSource = 16 << 20

// Want asks for one function.
type Want struct {
	Function string // full symbol name as in a profile: "github.com/x/y.(*T).Method.func1"
	Lines    []int  // sampled lines; nil means all lines with a construct
}

// Facts looks at one file for the functions wanted. file is the name that the
// profile has for it. A function that the file does not declare, or that has
// none of the sampled lines (the source is of another build), is not in the
// result. Besides the sampled lines come those, up to 32, that say something of
// the whole function: where it makes a map, takes a lock, searches. A file with syntax errors is used as far as it can be read; the
// result is never nil.
func Facts(file string, src []byte, want []Want) evidence.SyntaxFacts {
	facts := evidence.SyntaxFacts{}
	if len(src) > MaxSource || len(want) == 0 {
		return facts
	}
	f := readFile(file, src)
	if f == nil {
		return facts
	}
	for _, w := range want {
		node, decl := f.find(w)
		if node == nil {
			continue
		}
		if fn, ok := f.function(node, decl, w.Lines); ok {
			facts[w.Function] = fn
		}
	}
	return facts
}

// Span is the first and the last line of a function that the file declares, ok
// only when all lines wanted are among them.
func Span(file string, src []byte, w Want) (start, end int, ok bool) {
	if len(src) > MaxSource {
		return 0, 0, false
	}
	f := readFile(file, src)
	if f == nil {
		return 0, 0, false
	}
	node, _ := f.find(w)
	if node == nil || f.covers(node, w.Lines) < len(w.Lines) {
		return 0, 0, false
	}
	start, ok = f.line(node.Pos())
	if !ok {
		return 0, 0, false
	}
	end, ok = f.line(lastByte(node))
	return start, end, ok
}

func readFile(name string, src []byte) *file {
	fset := token.NewFileSet()
	// The error is of no interest: what could be read is in the tree.
	tree, _ := parser.ParseFile(fset, name, src, parser.ParseComments|parser.AllErrors)
	if tree == nil || tree.Name == nil {
		return nil
	}
	return newFile(name, src, fset, tree)
}

func (f *file) function(node ast.Node, decl *ast.FuncDecl, lines []int) (evidence.FuncSyntax, bool) {
	start, ok := f.line(node.Pos())
	if !ok {
		return evidence.FuncSyntax{}, false
	}
	end, ok := f.line(lastByte(node))
	if !ok || end < start {
		return evidence.FuncSyntax{}, false
	}
	s := newScan(f, node, decl)
	s.run()
	fn := evidence.FuncSyntax{File: f.name, Start: start, End: end, Loops: s.loopFacts()}
	fn.Lines = s.lineFacts(start, end, lines)
	return fn, true
}

// lastByte is the position of the last byte of a node, on its last line.
func lastByte(n ast.Node) token.Pos {
	if n.End() > n.Pos() {
		return n.End() - 1
	}
	return n.Pos()
}

// Term is one word of the vocabulary.
type Term struct {
	Name    string
	Meaning string
}

// Known says whether name is in the vocabulary, with or without the NAME after
// a colon.
func Known(name string) bool {
	base, _ := cutColon(name)
	return slices.ContainsFunc(Vocabulary, func(t Term) bool { return t.Name == base })
}

// Has says whether the line does what name says.
func Has(line evidence.LineSyntax, name string) bool {
	return slices.Contains(line.Does, name)
}

// Of is the value of a word with a colon: Of(line, "never-deleted") is "items"
// when the line has never-deleted:items, "" when it has none.
func Of(line evidence.LineSyntax, name string) string {
	for _, does := range line.Does {
		if base, value := cutColon(does); base == name && value != "" {
			return value
		}
	}
	return ""
}
