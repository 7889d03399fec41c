package source

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/source/code"
)

const sourceText = `package main

func find(all []string, one string) int {
	for i, s := range all {
		if s == one {
			return i
		}
	}
	return -1
}
`

func syntaxOf(t *testing.T, deps Deps, blobs ...evidence.Blob) (evidence.SyntaxFacts, string) {
	t.Helper()
	c := &evidence.Capture{Blobs: blobs}
	addSyntax(c, deps)
	return evidence.Decode(c).Syntax, gaps(c, evidence.Syntax)
}

// TestSyntax finds the source by the absolute name, and by the names that
// -trimpath leaves of the module cache and of the module around the user.
func TestSyntax(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache")
	env := func(name string) string {
		if name == "GOMODCACHE" {
			return cache
		}
		return ""
	}
	deps := Deps{Dir: filepath.Join(dir, "shop", "cmd"), Getenv: env}.filled()
	write(t, filepath.Join(dir, "shop", "go.mod"), "module example.com/shop\n\ngo 1.26\n")
	write(t, filepath.Join(dir, "shop", "cmd", "find.go"), sourceText)
	write(t, filepath.Join(cache, "github.com", "!big!corp", "lib@v1.2.0", "Sub", "find.go"), sourceText)
	for _, file := range []string{
		filepath.Join(dir, "shop", "cmd", "find.go"),
		"github.com/BigCorp/lib@v1.2.0/Sub/find.go",
		"example.com/shop/cmd/find.go",
	} {
		runtimeFile := "/usr/local/go/src/runtime/proc.go"
		if !filepath.IsAbs(file) {
			runtimeFile = "runtime/proc.go"
		}
		for _, kind := range []evidence.Kind{evidence.CPU, evidence.Heap, evidence.Mutex, evidence.Goroutine} {
			data := encode(t, kind, frame{"runtime.schedule", runtimeFile, 4, 1000}, frame{"main.find", file, 5, 10})
			facts, gap := syntaxOf(t, deps, evidence.Blob{Kind: kind, Name: "p", Data: data})
			if f, ok := facts["main.find"]; !ok || len(f.Loops) != 1 || f.Loops[0].Over != "all" {
				t.Errorf("%s in %s: %+v, gap %q", kind, file, facts, gap)
			}
		}
	}
}

// TestSyntaxMissing says what was wrong with the source that is here.
func TestSyntaxMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	big := filepath.Join(dir, "big.go")
	write(t, big, sourceText+strings.Repeat("// filler\n", code.MaxSize/10))
	other := filepath.Join(dir, "other.go")
	write(t, other, "package main\n\nfunc other() {}\n")
	for file, want := range map[string]string{
		filepath.Join(dir, "nosuch.go"): "are not on this machine",
		big:                             "are not on this machine",
		dir + "/sub/../../" + "x.go":    "are not on this machine",
		"../../../etc/x.go":             "are not on this machine",
		other:                           "are not those that the program was built from",
	} {
		data := encode(t, evidence.CPU, frame{"main.find", file, 5, 10})
		facts, gap := syntaxOf(t, Deps{Dir: dir}.filled(), evidence.Blob{Kind: evidence.CPU, Name: "p", Data: data})
		if len(facts) != 0 || !strings.Contains(gap, want) {
			t.Errorf("%s: %d facts, gap %q", file, len(facts), gap)
		}
	}
	// Nothing of the program's own is hot: there is nothing to look up.
	data := encode(t, evidence.CPU, frame{"runtime.schedule", "/usr/local/go/src/runtime/proc.go", 4, 1000}, frame{"net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go", 4, 9})
	if facts, gap := syntaxOf(t, Deps{Dir: dir}.filled(), evidence.Blob{Kind: evidence.CPU, Name: "p", Data: data}); len(facts) != 0 || gap != "" {
		t.Errorf("standard library: %v, gap %q", facts, gap)
	}
}

// What is looked at late says what is said at once, and only of files.
func TestLateSyntax(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "find.go")
	write(t, file, sourceText)
	name := filepath.Join(dir, "cpu.pb.gz")
	write(t, name, string(encode(t, evidence.CPU, frame{"main.find", file, 5, 10})))
	deps := Deps{Dir: dir}
	var sets []*evidence.Set
	for _, late := range []bool{false, true} {
		c, err := Files([]string{name}, deps).Collect(t.Context(), Plan{LateSyntax: late}, nil)
		if err != nil {
			t.Fatal(err)
		}
		set := evidence.Decode(c)
		if late && len(set.Syntax) > 0 {
			t.Fatal("looked at before it was asked for")
		}
		AddSyntax(set, deps)
		sets = append(sets, set)
	}
	if len(sets[0].Syntax) != 1 || !reflect.DeepEqual(sets[0].Syntax, sets[1].Syntax) || len(sets[0].Gaps) != len(sets[1].Gaps) {
		t.Errorf("%+v and late %+v", sets[0].Syntax, sets[1].Syntax)
	}
	live := &evidence.Set{Target: evidence.Target{Kind: kindPID}, Profiles: sets[0].Profiles}
	if AddSyntax(live, deps); live.Syntax != nil {
		t.Error("the source of a service is looked at where it was collected")
	}
}
