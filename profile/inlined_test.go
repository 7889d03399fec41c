package profile_test

import (
	"testing"

	"github.com/goperf/goperf/profile"
)

// A caller that both has a function inlined and calls it counts as one that calls it.
func TestInlining(t *testing.T) {
	for name, c := range map[string]struct {
		stacks [][]string // leaf first; "callee<caller" is a location with callee inlined
		want   profile.Inlining
	}{
		"called":                    {[][]string{{"callee", "main"}}, profile.Called},
		"inlined":                   {[][]string{{"callee<caller", "main"}}, profile.Inlined},
		"called by one":             {[][]string{{"callee<caller", "main"}, {"callee", "main"}}, profile.PartlyInlined},
		"called by the same":        {[][]string{{"callee<caller", "main"}, {"callee", "caller", "main"}}, profile.Called},
		"in itself":                 {[][]string{{"callee<callee", "main"}}, profile.Called},
		"the outermost of a stack":  {[][]string{{"callee<caller", "callee", "caller", "main"}}, profile.Called},
		"without anybody's calling": {[][]string{{"callee"}}, profile.Called},
	} {
		b := profile.NewBuilder(false, profile.ValueType{Type: "samples", Unit: "count"}, profile.ValueType{Type: "cpu", Unit: "nanoseconds"})
		fn := func(name string) profile.Line {
			return profile.Line{Function: b.Function(profile.Function{Name: name, SystemName: name})}
		}
		at := map[string]uint32{}
		for i, of := range []string{"main", "caller", "callee"} {
			at[of] = b.Location(profile.Location{Address: uint64(i + 1), Mapping: -1, Lines: []profile.Line{fn(of)}})
		}
		at["callee<caller"] = b.Location(profile.Location{Address: 10, Mapping: -1, Lines: []profile.Line{fn("callee"), fn("caller")}})
		at["callee<main"] = b.Location(profile.Location{Address: 12, Mapping: -1, Lines: []profile.Line{fn("callee"), fn("main")}})
		at["callee<callee"] = b.Location(profile.Location{Address: 11, Mapping: -1, Lines: []profile.Line{fn("callee"), fn("callee")}})
		for _, s := range c.stacks {
			var stack []uint32
			for _, of := range s {
				stack = append(stack, at[of])
			}
			b.Sample(stack, []int64{0, 1})
		}
		// What cost nothing of this kind says nothing.
		b.Sample([]uint32{at["callee<main"]}, []int64{1, 0})
		b.Sample([]uint32{at["callee"], at["main"]}, []int64{1, 0})
		p, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		table := profile.Top(p, profile.TopOptions{})
		for i, inlining := range table.Inlining(table.Rows) {
			if table.Rows[i].Name == "callee" && inlining != c.want {
				t.Errorf("%s: %d, want %d", name, inlining, c.want)
			}
		}
	}
}
