package main

import (
	_ "embed"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
)

//go:embed rule.go.txt
var ruleFile string

//go:embed rule.txtar.txt
var archiveFile string

var kebab = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// newRule is what its author has to say before there is any code.
type newRule struct {
	id, mechanism, title string
}

// write makes the two files and the line, and names what it wrote. It refuses
// before it writes anything when one of them is there already.
func (r newRule) write(root string) ([]string, error) {
	if !kebab.MatchString(r.id) {
		return nil, fmt.Errorf("%q: not in kebab case, like sort-twice", r.id)
	}
	if !slices.Contains(report.Mechanisms, r.mechanism) {
		return nil, fmt.Errorf("%q: not one of report.Mechanisms", r.mechanism)
	}
	if strings.ContainsAny(r.title, "\"\\\n`") {
		return nil, fmt.Errorf("%q: a title has no quotes and no lines", r.title)
	}
	list := filepath.Join(root, "rules", "rules.go")
	old, err := os.ReadFile(list)
	if err != nil {
		return nil, fmt.Errorf("%w (run it from the root of the repository)", err)
	}
	listed, err := addLine(old, r.variable())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	code, err := format.Source([]byte(r.fill(ruleFile)))
	if err != nil {
		return nil, err
	}
	files := []struct {
		name string
		data []byte
	}{
		{filepath.Join(root, "rules", strings.ReplaceAll(r.id, "-", "_")+".go"), code},
		{filepath.Join(root, "testdata", "rules", r.id+".txtar"), []byte(r.fill(archiveFile))},
	}
	for _, f := range files {
		if _, err := os.Stat(f.name); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: is there already", f.name)
		}
	}
	var written []string
	for _, f := range append(files, struct {
		name string
		data []byte
	}{list, listed}) {
		if err := os.WriteFile(f.name, f.data, 0o644); err != nil {
			return written, err
		}
		written = append(written, f.name)
	}
	return written, nil
}

func (r newRule) fill(template string) string {
	name := r.variable()
	return strings.NewReplacer("@ID@", r.id, "@MECHANISM@", r.mechanism, "@TITLE@", r.title,
		"@NAME@", name, "@UPPER@", strings.ToUpper(name[:1])+name[1:]).Replace(template)
}

// variable is the rule's name in Go: sort-twice is sortTwice.
func (r newRule) variable() string {
	first, rest, _ := strings.Cut(r.id, "-")
	for word := range strings.SplitSeq(rest, "-") {
		if word != "" {
			first += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return first
}

// addLine adds a rule to the []diagnose.Rule literal in the function All.
func addLine(source []byte, name string) ([]byte, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, "rules.go", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var last ast.Expr
	for _, decl := range tree.Decls {
		if all, ok := decl.(*ast.FuncDecl); ok && all.Name.Name == "All" {
			ast.Inspect(all, func(n ast.Node) bool {
				if list, ok := n.(*ast.CompositeLit); ok && len(list.Elts) > 0 {
					last = list.Elts[len(list.Elts)-1]
				}
				return true
			})
		}
	}
	if last == nil {
		return nil, errors.New("no list of rules in the function All")
	}
	at := fset.Position(last.End()).Offset
	line := ",\n" + name
	return format.Source(slices.Concat(source[:at], []byte(line), source[at:]))
}
