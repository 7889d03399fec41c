package syntax

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/evidence"
)

const sample = `package p

import "strings"

func F(xs []string) int {
	n := 0
	for _, x := range xs {
		for _, f := range strings.Fields(x) {
			n += len(f)
		}
		func() {
			for range 3 {
				n++
			}
		}()
	}
	return n
}
`

func TestFactsWhole(t *testing.T) {
	got := Facts("/src/p.go", []byte(sample), []Want{
		{"x.org/p.F", []int{8, 9, 17, 400}},
		{"x.org/p.F.func1", []int{13}},
	})
	want := evidence.SyntaxFacts{
		"x.org/p.F": {
			File: "/src/p.go", Start: 5, End: 18,
			Loops: []evidence.LoopSyntax{
				{Start: 7, End: 16, Depth: 1, Over: "xs", Range: true},
				{Start: 8, End: 10, Depth: 2, Over: "strings.Fields(x)", Range: true},
				{Start: 12, End: 14, Depth: 2, Over: "3", Range: true},
			},
			Lines: map[int]evidence.LineSyntax{
				8: {
					Depth: 2, Stmt: "for _, f := range strings.Fields(x) {",
					Does: []string{"call-in-loop", "nested-loop", "string-split"}, Calls: []string{"strings.Fields"},
				},
				9:  {Depth: 2, Stmt: "n += len(f)"},
				17: {Stmt: "return n"},
			},
		},
		"x.org/p.F.func1": {
			File: "/src/p.go", Start: 11, End: 15,
			Loops: []evidence.LoopSyntax{{Start: 12, End: 14, Depth: 1, Over: "3", Range: true}},
			Lines: map[int]evidence.LineSyntax{13: {Depth: 1, Stmt: "n++"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

// Lines without a sample are told when the rest of the function cannot be
// understood without them.
func TestFactsTelling(t *testing.T) {
	src := "package p\nfunc F(ks []string) int {\n\tm := map[string]int{}\n\tprintln()\n\tfor _, k := range ks {\n\t\tm[k]++\n\t}\n" +
		strings.Repeat("\tmu.Lock()\n", 100) + "\treturn len(m)\n}\n"
	fn := Facts("p.go", []byte(src), []Want{{"p.F", []int{6}}})["p.F"]
	if !Has(fn.Lines[3], "map-literal") || !Has(fn.Lines[6], "map-assign") || len(fn.Lines) != 1+maxTelling {
		t.Errorf("%d lines: %+v", len(fn.Lines), fn.Lines)
	}
	for _, does := range telling {
		if !Known(does) {
			t.Errorf("%s is not in the vocabulary", does)
		}
	}
}

func TestFactsLineComments(t *testing.T) {
	src := `package p

//line p.go:100
func F() {
	defer println()
//line other.y:7
	defer println()
}

//line other.y:20
func G() { defer println() }
`
	got := Facts("/src/p.go", []byte(src), []Want{{"p.F", nil}, {"p.G", nil}})
	if len(got) != 0 {
		t.Errorf("functions that end in another file: got %+v", got)
	}
	src = strings.Replace(src, "//line other.y:7\n\tdefer println()", "//line other.y:7\n\tdefer println()\n//line p.go:110", 1)
	got = Facts("/src/p.go", []byte(src), []Want{{"p.F", []int{101}}, {"p.G", nil}})
	fn := got["p.F"]
	if len(got) != 1 || fn.Start != 100 || fn.End != 110 {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"defer"}, fn.Lines[101].Does); diff != "" {
		t.Error(diff)
	}
}

// What is left of a file with errors is still of use, and bad input is no panic.
func TestFactsDamaged(t *testing.T) {
	src := "package p\nfunc F(m map[int]int) {\n\tfor i := range m {\n\t\tdelete(m, i)\n\t\tdefer g(\n\t}\n}\nfunc H( {"
	fn, ok := Facts("p.go", []byte(src), []Want{{"p.F", nil}})["p.F"]
	if !ok || len(fn.Loops) != 1 || !Has(fn.Lines[3], "map-range") {
		t.Errorf("got %+v, %v", fn, ok)
	}
	for _, src := range []string{"", "x", "package", "package p;", "\x00", "package p\nfunc F", sample[:100]} {
		if got := Facts("p.go", []byte(src), []Want{{"p.F", nil}, {"", nil}, {"p.", []int{-1}}}); got == nil {
			t.Errorf("%q: nil", src)
		}
	}
}

// Deep and wide sources end soon and answer in proportion to their size.
func TestFactsBounded(t *testing.T) {
	const n = 20_000
	sources := map[string]string{
		"nested loops":  strings.Repeat("for {\n", n) + strings.Repeat("}\n", n),
		"many loops":    strings.Repeat("for { if x { break }\n}\n", n),
		"many contexts": strings.Repeat("_, c := context.WithCancel(nil)\n", n),
		"long concat":   `s := "a"` + strings.Repeat("+x", n),
		"parentheses":   "s := " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n),
		"closures":      strings.Repeat("func() {\n", n) + strings.Repeat("}()\n", n),
		"wide assign":   strings.Repeat("a, ", n) + "b = c",
		"else if":       "if x == 1 {" + strings.Repeat("} else if x == nil {", n) + "}",
		"locks":         strings.Repeat("m.Lock(); {", n) + strings.Repeat("};m.Unlock();", n),
	}
	for name, body := range sources {
		t.Run(name, func(t *testing.T) {
			src := "package p\nimport \"context\"\nfunc F() {\n" + body + "\n}\n"
			got := Facts("p.go", []byte(src), []Want{{"p.F", nil}, {"p.F.func1", []int{5}}})
			if size := len(fmt.Sprint(got)); size > 100*len(src)+1000 {
				t.Errorf("%d bytes of facts about %d bytes of source", size, len(src))
			}
		})
	}
	if got := Facts("p.go", make([]byte, MaxSource+1), []Want{{"p.F", nil}}); len(got) != 0 {
		t.Errorf("source above the limit: %v", got)
	}
}

func TestVocabulary(t *testing.T) {
	if !slices.IsSortedFunc(Vocabulary, func(a, b Term) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not in alphabetical order")
	}
	for _, table := range []map[string]string{byFunction, byPackage} {
		for key, does := range table {
			if !Known(does) {
				t.Errorf("%s: %s is not in the vocabulary", key, does)
			}
		}
	}
	line := evidence.LineSyntax{Does: []string{"append", "never-deleted:items"}}
	if !Has(line, "append") || Has(line, "defer") || Of(line, "never-deleted") != "items" || Of(line, "append") != "" {
		t.Error("Has and Of")
	}
	if !Known("never-deleted:x") || Known("nonsense") {
		t.Error("Known")
	}
}

func FuzzFacts(f *testing.F) {
	f.Add([]byte(sample), "x.org/p.F.func1", 9)
	f.Add([]byte(closures), "p.outer.func1.1", 14)
	f.Add([]byte("package p\n//line x.go:3\nfunc (t *T[K]) M() { t.m[1] = append(t.m[1], 2); t.M() }"), "p.(*T[...]).M", 3)
	f.Add([]byte("package p\nfunc F() { mu.Lock(); defer mu.Unlock(); s += \"a\" + b; _ = string(x[:1]) }"), "p.F", 2)
	f.Fuzz(func(t *testing.T, src []byte, name string, at int) {
		for _, lines := range [][]int{nil, {at}} {
			for _, fn := range Facts("x.go", src, []Want{{name, lines}}) {
				checkFunc(t, fn)
			}
		}
	})
}

func checkFunc(t *testing.T, fn evidence.FuncSyntax) {
	t.Helper()
	if fn.Start < 1 || fn.End < fn.Start {
		t.Errorf("lines %d to %d", fn.Start, fn.End)
	}
	for n, line := range fn.Lines {
		for _, does := range line.Does {
			if !Known(does) {
				t.Errorf("line %d: %s is not in the vocabulary", n, does)
			}
		}
	}
}
