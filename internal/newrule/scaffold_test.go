package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestVariable(t *testing.T) {
	for id, want := range map[string]string{"sort-twice": "sortTwice", "gzip": "gzip", "base64-in-loop": "base64InLoop"} {
		if got := (newRule{id: id}).variable(); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	good := newRule{id: "sort-twice", mechanism: "sort-hot-path", title: "sorts twice"}
	for what, change := range map[string]func(*newRule){
		"an id that is not kebab case": func(r *newRule) { r.id = "SortTwice" },
		"an unknown mechanism":         func(r *newRule) { r.mechanism = "slowness" },
		"a title of two lines":         func(r *newRule) { r.title = "sorts\ntwice" },
		"another folder":               func(*newRule) {},
	} {
		r, dir := good, t.TempDir()
		change(&r)
		if written, err := r.write(dir); err == nil || len(written) > 0 {
			t.Errorf("%s: wrote %v, error %v", what, written, err)
		}
	}
}

// TestNewRule makes a rule in a copy of the tree and runs the tests that every
// rule must pass, and sees that they do look at it.
func TestNewRule(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the rules and their tests")
	}
	root := copyTree(t)
	r := newRule{id: "sort-twice", mechanism: "sort-hot-path", title: "sorts twice"}
	if _, err := r.write(root); err != nil {
		t.Fatal(err)
	}
	if _, err := r.write(root); err == nil {
		t.Error("a second rule of that name was written over the first")
	}
	if out, err := run(t, root, "go", "vet", "./rules"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	only := []string{"test", "./rules", "-v", "-run", "^(TestCatalogue|TestArchives)$/^sort-twice$"}
	run(t, root, "go", append(only, "-update")...)
	out, _ := run(t, root, "go", only...) // alone, a rule makes the catalogue incomplete
	for _, want := range []string{"--- PASS: TestCatalogue/sort-twice", "--- PASS: TestArchives/sort-twice"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	archive, err := os.ReadFile(filepath.Join(root, "testdata", "rules", "sort-twice.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sort-twice sort-hot-path main.compute", "-- little/want --\nnothing\n"} {
		if !bytes.Contains(archive, []byte(want)) {
			t.Errorf("no %q in the archive:\n%s", want, archive)
		}
	}
}

// copyTree copies what the tests of the rules are made of.
func copyTree(t *testing.T) string {
	t.Helper()
	from, to := filepath.Join("..", ".."), t.TempDir()
	out, err := run(t, from, "go", "list", "-deps", "-test", "-f", "{{with .Module}}{{if .Main}}{{$.ImportPath}}{{end}}{{end}}", "./rules")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names := []string{"go.mod", "go.sum", "testdata/rules"}
	for path := range strings.FieldsSeq(out) {
		// The test's own variants have names with a bracket or an ending.
		name, ok := strings.CutPrefix(path, "github.com/goperf/goperf/")
		if ok && !strings.HasSuffix(name, ".test") && !strings.HasSuffix(name, "_test") {
			names = append(names, name)
		}
	}
	for _, name := range names {
		err := filepath.WalkDir(filepath.Join(from, name), func(file string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if d.Name() == "testdata" && name != "testdata/rules" {
					return fs.SkipDir
				}
				return nil
			}
			rel, err := filepath.Rel(from, file)
			if err != nil {
				return err
			}
			return copyFile(filepath.Join(to, rel), file)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

func run(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}
