package syntax

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"

	"github.com/goperf/goperf/evidence"
)

// What a fact may cost at most.
const (
	maxStmt  = 120 // bytes of a source line
	maxOver  = 60  // bytes of a loop's operand
	maxCalls = 16  // callees of one line
	maxName  = 60  // bytes of a callee
	maxLoops = 512 // loops of one function
	maxFlow  = 64  // contexts and responses that are followed in one function
	maxVars  = 64  // variables of one declaration
)

// scan looks at one function.
type scan struct {
	f      *file
	node   ast.Node      // *ast.FuncDecl or *ast.FuncLit
	decl   *ast.FuncDecl // the declaration around node, nil for a literal at package level
	lines  map[int]*line
	loops  []*loop
	part   map[ast.Node]bool // parts of a larger construct that are told with it
	stores map[string]bool   // fields and package variables that the function lets grow
}

type line struct {
	pos   token.Pos
	does  map[string]bool
	calls []string
}

func newScan(f *file, node ast.Node, decl *ast.FuncDecl) *scan {
	return &scan{
		f: f, node: node, decl: decl,
		lines: map[int]*line{}, part: map[ast.Node]bool{}, stores: map[string]bool{},
	}
}

func (s *scan) body() *ast.BlockStmt {
	switch n := s.node.(type) {
	case *ast.FuncDecl:
		return n.Body
	case *ast.FuncLit:
		return n.Body
	}
	return nil
}

func (s *scan) run() {
	body := s.body()
	if body == nil {
		return
	}
	ast.Walk(visitor{s: s}, body)
	// Outer loops stand before inner ones.
	for _, l := range slices.Backward(s.loops) {
		if l.leaves && l.parent != nil {
			l.parent.early, l.parent.leaves = true, true
		}
	}
	s.markLocked(body)
	s.markContexts(body)
	s.markBodies(body)
	for name := range s.stores {
		if s.f.shrunk[name] {
			s.add(s.node.Pos(), "delete-present")
		}
	}
}

// at is the record of the line of pos, nil when the line is of another file.
func (s *scan) at(pos token.Pos) *line {
	n, ok := s.f.line(pos)
	if !ok {
		return nil
	}
	l := s.lines[n]
	if l == nil {
		l = &line{pos: pos, does: map[string]bool{}}
		s.lines[n] = l
	}
	return l
}

func (s *scan) add(pos token.Pos, does string) {
	if l := s.at(pos); l != nil {
		l.does[does] = true
	}
}

func (s *scan) addCall(pos token.Pos, callee string) {
	l := s.at(pos)
	if l != nil && len(l.calls) < maxCalls && callee != "" && !slices.Contains(l.calls, callee) {
		l.calls = append(l.calls, callee)
	}
}

func (s *scan) reported() []*loop { return s.loops[:min(len(s.loops), maxLoops)] }

func (s *scan) loopFacts() []evidence.LoopSyntax {
	var out []evidence.LoopSyntax
	for _, l := range s.reported() {
		start, ok := s.f.line(l.node.Pos())
		if !ok {
			continue
		}
		end, ok := s.f.line(lastByte(l.node))
		if !ok {
			continue
		}
		out = append(out, evidence.LoopSyntax{
			Start: start, End: end, Depth: l.depth, Over: l.over, Range: l.isRange, Early: l.early,
		})
	}
	return out
}

// telling are the constructs that say something of the whole function, so that
// their lines are kept though no sample fell on them.
var telling = []string{
	"append-grow", "body-no-close", "cancel-dropped", "ctx-with-cancel", "defer-in-loop", "delete-present",
	"field-append", "field-index-assign", "field-map-assign", "http-client-new", "linear-search", "make-map",
	"map-literal", "mutex-lock", "recursion", "regexp-compile", "string-concat-loop", "time-after",
}

// maxTelling bounds the lines of one function that are kept for that.
const maxTelling = 32

// lineFacts keeps the sampled lines and the telling ones; all when none are
// sampled.
func (s *scan) lineFacts(start, end int, sampled []int) map[int]evidence.LineSyntax {
	sampled = positive(sampled)
	out := map[int]evidence.LineSyntax{}
	if len(sampled) == 0 {
		for n, l := range s.lines {
			out[n] = s.fact(n, l)
		}
	}
	for _, n := range sampled {
		if n < start || n > end {
			continue
		}
		l := s.lines[n]
		if l == nil {
			l = &line{pos: s.posOf(n)}
		}
		out[n] = s.fact(n, l)
	}
	if len(sampled) > 0 {
		s.keepTelling(out)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (s *scan) keepTelling(out map[int]evidence.LineSyntax) {
	left := maxTelling
	for _, n := range slices.Sorted(maps.Keys(s.lines)) {
		l := s.lines[n]
		if _, ok := out[n]; ok || left == 0 || !slices.ContainsFunc(telling, func(does string) bool { return l.does[does] }) {
			continue
		}
		out[n] = s.fact(n, l)
		left--
	}
}

// posOf is the start of a line, no position when //line comments hide it.
func (s *scan) posOf(n int) token.Pos {
	if s.f.moved || n > s.f.tokens.LineCount() {
		return token.NoPos
	}
	return s.f.tokens.LineStart(n)
}

func (s *scan) fact(n int, l *line) evidence.LineSyntax {
	fact := evidence.LineSyntax{Depth: s.depth(n), Calls: slices.Clone(l.calls)}
	for does := range l.does {
		fact.Does = append(fact.Does, does)
	}
	slices.Sort(fact.Does)
	slices.Sort(fact.Calls)
	if l.pos.IsValid() {
		fact.Stmt = s.f.lineText(l.pos)
	}
	return fact
}

// depth is the depth of the deepest loop that has line n.
func (s *scan) depth(n int) int {
	deepest := 0
	for _, l := range s.reported() {
		if l.depth <= deepest {
			continue
		}
		start, _ := s.f.line(l.node.Pos())
		end, _ := s.f.line(lastByte(l.node))
		if start <= n && n <= end {
			deepest = l.depth
		}
	}
	return deepest
}
