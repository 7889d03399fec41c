package syntax

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/evidence"
)

var update = flag.Bool("update", false, "rewrite the want comments of testdata/facts")

// Each line of the Go sources in testdata/facts says in a comment what it does; a
// line without one does nothing of interest. A loop says what is known of it.
func TestFacts(t *testing.T) {
	paths, err := filepath.Glob("testdata/facts/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := annotate(t, path, stripWants(src))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("facts differ (-want +got; -update rewrites):\n%s", diff)
			}
		})
	}
}

func stripWants(src []byte) []byte {
	lines := bytes.Split(src, []byte("\n"))
	for i, line := range lines {
		if before, _, ok := bytes.Cut(line, []byte(" // want ")); ok {
			lines[i] = before
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

// annotate asks for all functions of a file and writes the answers next to the
// lines.
func annotate(t *testing.T, path string, src []byte) string {
	t.Helper()
	lines := strings.Split(string(src), "\n")
	notes := make([][]string, len(lines)+1)
	for _, name := range symbols(t, src) {
		fn, ok := Facts(path, src, []Want{{Function: "example.com/p." + name}})["example.com/p."+name]
		if !ok {
			t.Errorf("%s: no facts", name)
		}
		for _, l := range fn.Loops {
			notes[l.Start] = append(notes[l.Start], loopNote(l))
		}
		checkFunc(t, fn)
		for n, l := range fn.Lines {
			notes[n] = append(notes[n], l.Does...)
		}
	}
	for i := range lines {
		if len(notes[i+1]) > 0 {
			lines[i] += " // want " + strings.Join(notes[i+1], " ")
		}
	}
	return strings.Join(lines, "\n")
}

func loopNote(l evidence.LoopSyntax) string {
	note := fmt.Sprintf("loop=%d-%d depth=%d", l.Start, l.End, l.Depth)
	if l.Range {
		note += " range"
	}
	if l.Early {
		note += " early"
	}
	return fmt.Sprintf("%s over=%q", note, l.Over)
}

func symbols(t *testing.T, src []byte) []string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), "x.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range tree.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := fn.Name.Name
		if fn.Recv != nil {
			name = "(*" + typeName(fn.Recv.List[0].Type) + ")." + name
		}
		names = append(names, name)
	}
	return names
}
