package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/yamldoc"
)

// MaxBytes is how large a policy may be: it is a page of text, and the time of
// the YAML parser grows with the square of some.
const MaxBytes = 64 << 10

const (
	maxErrors  = 5   // that are told at once
	maxQuoted  = 200 // bytes of a policy in an error
	maxPattern = 500
)

// Error is something in a policy that is not taken.
type Error struct {
	Line, Column int // from 1; 0 when it is the whole
	What         string
	Allowed      string // what may stand there, "" when that is clear
}

// Error is one line: the place, what is wrong with it, what may stand there.
func (e *Error) Error() string {
	s := e.What
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "..."
	}
	if e.Line > 0 {
		s = fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, s)
	}
	if e.Allowed != "" {
		s += ": want " + e.Allowed
	}
	return report.Clean(s)
}

// reader collects what is wrong while it walks the tree of a policy.
type reader struct{ errs []*Error }

func (r *reader) errorAt(n ast.Node, allowed, format string, args ...any) {
	line, column := yamldoc.Place(n)
	r.errs = append(r.errs, &Error{Line: line, Column: column, What: fmt.Sprintf(format, args...), Allowed: allowed})
}

// err is the first few of the errors, in the order of their lines.
func (r *reader) err() error {
	slices.SortStableFunc(r.errs, func(x, y *Error) int {
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	var told []error
	for _, e := range r.errs[:min(len(r.errs), maxErrors)] {
		told = append(told, e)
	}
	if left := len(r.errs) - maxErrors; left > 0 {
		told = append(told, fmt.Errorf("and %d more", left))
	}
	return errors.Join(told...)
}

// parseTree is the tree of a document.
func parseTree(text []byte) (ast.Node, error) {
	tree, err := yamldoc.Parse(text, MaxBytes)
	if broken := (*yamldoc.Error)(nil); errors.As(err, &broken) {
		return nil, &Error{Line: broken.Line, Column: broken.Column, What: broken.What}
	}
	if tree == nil {
		return nil, &Error{What: "is empty", Allowed: "at least version: 1; goperf gate init writes one"}
	}
	return tree, nil
}

// field is a key that a mapping may have, and who reads its value.
type field struct {
	name string
	must bool
	read func(ast.Node)
}

// mapping reads the fields of n. Unknown keys are errors, and so are missing ones.
func (r *reader) mapping(n ast.Node, what string, fields ...field) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		r.wrongKind(n, what, "key: value lines")
		return
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	seen := map[string]bool{}
	for _, kv := range m.Values {
		key, ok := kv.Key.(*ast.StringNode)
		if !ok {
			r.errorAt(kv.Key, "one of "+strings.Join(names, ", "), "%s: %q is no key", what, kv.Key.GetToken().Value)
			continue
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		if i < 0 {
			r.errorAt(key, "one of "+strings.Join(names, ", "), "%s: unknown key %q", what, key.Value)
			continue
		}
		seen[key.Value] = true
		if kv.Value == nil || kv.Value.Type() == ast.NullType {
			r.errorAt(key, "", "%s: %s has no value", what, key.Value)
			continue
		}
		fields[i].read(kv.Value)
	}
	for _, f := range fields {
		if f.must && !seen[f.name] {
			r.errorAt(n, "", "%s: %s is missing", what, f.name)
		}
	}
}

// list reads each item of a sequence.
func (r *reader) list(n ast.Node, what string, read func(i int, item ast.Node)) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		r.wrongKind(n, what, "a list")
		return
	}
	for i, item := range s.Values {
		read(i, item)
	}
}

// wrongKind is the error for a node of another kind than was expected.
func (r *reader) wrongKind(n ast.Node, what, want string) {
	switch n.Type() {
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType:
		r.errorAt(n, "the value itself", "%s: anchors and aliases are not read", what)
	case ast.TagType:
		r.errorAt(n, "the value itself", "%s: tags are not read", what)
	default:
		r.errorAt(n, want, "%s: is a %s", what, strings.ToLower(n.Type().YAMLName()))
	}
}

// text reads a scalar as it was written.
func (r *reader) text(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	r.wrongKind(n, "value", "one value")
	return "", false
}

// name reads a text that must say something.
func (r *reader) name(to *string) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := r.text(n)
		if ok && strings.TrimSpace(s) == "" {
			r.errorAt(n, "a few words", "is empty")
		}
		*to = s
	}
}

// word reads one of a few words.
func (r *reader) word(to *string, words ...string) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := r.text(n)
		if ok && !slices.Contains(words, s) {
			r.errorAt(n, "one of "+strings.Join(words, ", "), "%q", s)
		}
		*to = s
	}
}

// whole reads a whole number within bounds.
func (r *reader) whole(to *int, low, high int) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := r.text(n)
		if !ok {
			return
		}
		v, err := strconv.Atoi(s)
		if err != nil || v < low || v > high {
			r.errorAt(n, fmt.Sprintf("a whole number from %d to %d", low, high), "%q", s)
			return
		}
		*to = v
	}
}

// share reads a percentage above low and up to high, both ratios.
func (r *reader) share(to *float64, low, high float64) func(ast.Node) {
	return func(n ast.Node) {
		q, ok := r.quantity(n, "ratio")
		if !ok {
			return
		}
		if q.Value < low || q.Value > high {
			r.errorAt(n, fmt.Sprintf("%s%% to %s%%", number(100*low), number(100*high)), "%s is out of bounds", n.GetToken().Value)
			return
		}
		*to = q.Value
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// pattern reads a pattern.
func (r *reader) pattern(to *Pattern) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := r.text(n)
		switch {
		case !ok:
		case s == "":
			r.errorAt(n, `a name, or a pattern such as "example.com/shop/**"`, "an empty pattern matches nothing")
		case len(s) > maxPattern:
			r.errorAt(n, fmt.Sprintf("at most %d", maxPattern), "a pattern of %d bytes", len(s))
		}
		to.text = s
	}
}
