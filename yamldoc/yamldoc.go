// Package yamldoc reads one YAML document that somebody wrote by hand, such as a
// policy, as a tree whose nodes know where they stand. What it costs is bounded.
package yamldoc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The parser goes down once for each bracket and dash, and its time grows with
// the square of what one line nests.
const (
	maxNesting = 32
	maxLine    = 4096
)

// Error says what is wrong with a text, and where.
type Error struct {
	Line, Column int // from 1; 0 when it is the whole
	What         string
}

// Error is the place and what is wrong there.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.What)
}

// Parse is the tree of the only document of a text, nil when there is nothing in
// it. Every error is an [*Error].
func Parse(text []byte, maxBytes int) (ast.Node, error) {
	if len(text) > maxBytes {
		return nil, &Error{What: fmt.Sprintf("larger than %d KiB", maxBytes>>10)}
	}
	if err := unreasonable(text); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxError(err)
	}
	var body ast.Node
	for _, d := range file.Docs {
		switch {
		case d.Body == nil || d.Body.Type() == ast.CommentType:
		case body != nil:
			line, column := Place(d.Body)
			return nil, &Error{line, column, "a second document: there is one in a file"}
		default:
			body = d.Body
		}
	}
	return body, nil
}

// Place is where a node stands, from 1.
func Place(n ast.Node) (line, column int) { return place(n.GetToken()) }

func place(t *token.Token) (line, column int) {
	if t == nil || t.Position == nil {
		return 1, 1
	}
	return max(1, t.Position.Line), max(1, t.Position.Column)
}

// syntaxError is the parser's error without its drawing of the source.
func syntaxError(err error) error {
	var at interface {
		GetMessage() string
		GetToken() *token.Token
	}
	if !errors.As(err, &at) {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return &Error{1, 1, "is no YAML: " + first}
	}
	line, column := place(at.GetToken())
	return &Error{line, column, "is no YAML: " + at.GetMessage()}
}

// unreasonable finds what nobody writes and the parser would take long for. What
// stands in quotes counts as well: nobody has that much of it.
func unreasonable(text []byte) error {
	depth, number := 0, 0
	for line := range strings.Lines(string(text)) {
		number++
		comment := strings.HasPrefix(strings.TrimSpace(line), "#")
		dashes, indented := 0, true
		for i, c := range []byte(line) {
			indented = indented && (c == '-' || c == '?' || c == ' ')
			switch {
			case comment:
			case indented && c != ' ':
				dashes++
			case c == '[' || c == '{':
				depth++
			case c == ']' || c == '}':
				depth = max(0, depth-1)
			}
			if max(depth, dashes) > maxNesting {
				return &Error{number, i + 1, fmt.Sprintf("is nested too deep: %d levels at most", maxNesting)}
			}
		}
		if len(line) > maxLine {
			return &Error{number, maxLine, fmt.Sprintf("a line of more than %d bytes", maxLine)}
		}
	}
	return nil
}
