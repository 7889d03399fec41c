// Package arch keeps the shape of the house: its test reads every Go file of
// the module and fails when an import runs against the layers, when a pure
// package touches the world, or when a file outgrows the house limits.
//
// What is allowed is data at the top of policy.go and limits.go. Change it when
// the design changes, with the reason; do not change it to make a build pass.
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is what the import paths of this repository start with.
const module = "github.com/goperf/goperf"

// file is one Go file of the tree.
type file struct {
	path  string // from the root, with slashes
	dir   string // "." for the root
	test  bool
	lines int
	ast   *ast.File
	fset  *token.FileSet
}

// load parses the Go files below fsys, whatever system they are for. It leaves
// out test data and modules of their own.
func load(fsys fs.FS) ([]*file, error) {
	var files []*file
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return enter(fsys, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		f, err := parse(fsys, name)
		if err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	return files, err
}

func enter(fsys fs.FS, dir string) error {
	if dir == "." {
		return nil
	}
	base := path.Base(dir)
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(dir, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func parse(fsys fs.FS, name string) (*file, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &file{
		path:  name,
		dir:   path.Dir(name),
		test:  strings.HasSuffix(name, "_test.go"),
		lines: strings.Count(string(data), "\n"),
		ast:   tree,
		fset:  fset,
	}, nil
}

// at is where a node stands, as an editor understands it.
func (f *file) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(n.Pos()).Line)
}

// span is how many lines a node covers.
func (f *file) span(n ast.Node) int {
	return f.fset.Position(n.End()).Line - f.fset.Position(n.Pos()).Line + 1
}

// imports are the paths that the file imports.
func (f *file) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// shipped are the files that are not tests.
func shipped(files []*file) []*file {
	return slices.DeleteFunc(slices.Clone(files), func(f *file) bool { return f.test })
}

// packages groups files by directory.
func packages(files []*file) map[string][]*file {
	dirs := map[string][]*file{}
	for _, f := range files {
		dirs[f.dir] = append(dirs[f.dir], f)
	}
	return dirs
}
