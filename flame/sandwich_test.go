package flame

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/internal/bench/profgen"
	"github.com/goperf/goperf/profile"
)

// around is a merged tree as lines of depth, name and value, row by row.
func around(t *Tree) (lines []string) {
	for row := range len(t.Rows) - 1 {
		for n := t.Rows[row]; n < t.Rows[row+1]; n++ {
			parent := ""
			if t.Parent[n] >= 0 {
				parent = t.Name(t.Parent[n])
			}
			lines = append(lines, parent+">"+t.Name(n)+" "+count(int(t.Columns[0].Cum[n]/1e7), "sample"))
		}
	}
	return lines
}

func frameOf(t *testing.T, tree *Tree, name string) int32 {
	t.Helper()
	f := slices.IndexFunc(tree.Frames, func(f Frame) bool { return f.Name == name })
	if f < 0 {
		t.Fatalf("no frame %q", name)
	}
	return int32(f)
}

func TestSandwich(t *testing.T) {
	tree := build(t, read(t, `
main;a;f;x 5
main;b;f;y 3
main;b;f;x;z 4
main;f;g;f;x 2
main;a 1
`, "cpu"), Options{Type: "cpu"})
	f := frameOf(t, tree, "f")
	callers, callees := tree.Callers(tree.Column, f, 9), tree.Callees(tree.Column, f, 9)
	for name, c := range map[string]struct{ got, want []string }{
		"callers": {around(callers), []string{">f 14 samples", "f>b 7 samples", "f>a 5 samples", "f>main 2 samples", "b>main 7 samples", "a>main 5 samples"}},
		// A call within a call is below it.
		"callees":   {around(callees), []string{">f 14 samples", "f>x 9 samples", "f>y 3 samples", "f>g 2 samples", "x>z 4 samples", "g>f 2 samples", "f>x 2 samples"}},
		"two rows":  {around(tree.Callees(tree.Column, f, 2)), []string{">f 14 samples", "f>x 9 samples", "f>y 3 samples", "f>g 2 samples"}},
		"nobody":    {around(tree.Callers(tree.Column, frameOf(t, tree, "main"), 9)), []string{">main 15 samples"}},
		"the whole": {around(tree.Callees(tree.Column, 0, 2)), []string{">all 15 samples", "all>main 15 samples"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// The first row of each side is what package profile says of a function that
// does not call itself.
func TestSandwichAgreesWithProfile(t *testing.T) {
	var b bytes.Buffer
	if err := profgen.Write(&b, profgen.Spec{Seed: 3, Functions: 60, Samples: 400, Depth: 12}); err != nil {
		t.Fatal(err)
	}
	p := parse(t, b.Bytes())
	tree := build(t, p, Options{})
	kind := p.SampleTypes[tree.Column].Type
	checked := 0
	for f, frame := range tree.Frames {
		nodes := 0
		for _, g := range tree.Frame {
			if int(g) == f {
				nodes++
			}
		}
		if f <= smallFrame || nodes != len(tree.Outermost(int32(f))) {
			continue
		}
		checked++
		for _, side := range []struct {
			name string
			tree *Tree
			want *profile.Table
		}{
			{"callers", tree.Callers(tree.Column, int32(f), 3), p.Callers(frame.Name, profile.TopOptions{Type: kind})},
			{"callees", tree.Callees(tree.Column, int32(f), 3), p.Callees(frame.Name, profile.TopOptions{Type: kind})},
		} {
			got := map[string]int64{}
			for n := side.tree.First[0]; n < side.tree.First[1]; n++ {
				got[side.tree.Name(n)] += side.tree.Columns[0].Cum[n]
			}
			least := side.tree.Columns[0].Cum[0] / leastPart
			for _, row := range side.want.Rows {
				if row.Name != "" && row.Cum > least && got[row.Name] != row.Cum {
					t.Fatalf("%s of %s: %s has %d, want %d", side.name, frame.Name, row.Name, got[row.Name], row.Cum)
				}
			}
		}
	}
	if checked < 10 {
		t.Fatalf("only %d functions were compared", checked)
	}
}
