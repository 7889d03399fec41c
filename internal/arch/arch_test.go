package arch

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

func repository(t *testing.T) []*file {
	t.Helper()
	files, err := load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Fatalf("read %d files, which cannot be all of them", len(files))
	}
	return files
}

func TestLayers(t *testing.T) {
	files := repository(t)
	for _, problem := range slices.Concat(checkText(layers), checkLayers(files, layers), checkOutside(files, outside)) {
		t.Error(problem)
	}
}

func TestPure(t *testing.T) {
	for _, problem := range slices.Concat(checkPure(repository(t), pure, doors), checkAlone(alone, layers, outside)) {
		t.Error(problem)
	}
}

func TestNames(t *testing.T) {
	for _, problem := range checkNames(repository(t)) {
		t.Error(problem)
	}
}

func TestLimits(t *testing.T) {
	for _, problem := range excepted(checkLimits(repository(t)), exceptions) {
		t.Error(problem)
	}
}

// TestPolicyKnowsPackages holds the lists that name packages to packages that exist.
func TestPolicyKnowsPackages(t *testing.T) {
	_, known := arrows(layers)
	from, _ := arrows(outside)
	for _, name := range slices.Concat(strings.Fields(pure), strings.Fields(alone), from) {
		if _, ok := known[name]; !ok {
			t.Errorf("%s: named by the policy, but not in its layers", name)
		}
	}
}

// TestChecksSee feeds each check what it is there to find: testdata/wrong.txtar
// is a small tree in which everything is wrong, and what is to be said of it.
func TestChecksSee(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/wrong.txtar")
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{}
	for _, f := range archive.Files {
		tree[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	long := strings.Repeat("\t_ = 0\n", 150)
	tree["rules/long.go"] = &fstest.MapFile{Data: []byte("// Package rules is long.\npackage rules\n\nfunc long() {\n" + long + "}\n")}
	tree["b/long_test.go"] = &fstest.MapFile{Data: []byte("package b\n\nfunc long() {\n" + strings.Repeat(long, 4) + "}\n")}
	files, err := load(tree)
	if err != nil {
		t.Fatal(err)
	}
	text := "a:\nb: a\nrules:\ntui:\nsunk: risen\nrisen:\ngone:\n"
	got := slices.Concat(
		checkText(text),
		checkLayers(files, text),
		checkOutside(files, "b: example.com/known"),
		checkPure(files, "a b", map[string]string{"a/door.go": "a test", "b/b.go": "a test"}),
		checkAlone("b", "a:\nb: a\n", "a: example.com/known\nc: example.com/other\n"),
		checkNames(files),
		excepted(checkLimits(files), map[string]string{"b.Wide: fields": "a test", "b.Old: fields": "a test"}),
	)
	want := strings.Split(strings.TrimSpace(string(tree["want"].Data)), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
