package flame

import "testing"

// Boxes of a difference can be as wide as one side, or the larger one; callers are
// always as wide as their callees and themselves.
func TestWiden(t *testing.T) {
	now := "\nmain.main;a.more 30\nmain.main;a.less 5\nmain.main;a.new 7\n"
	d := against(t, now, "\nmain.main;a.more 10\nmain.main;a.less 25\nmain.main;a.gone 4\n")
	tree := build(t, d, Options{})
	c := &tree.Columns[tree.Column]
	const sample = 10_000_000
	for by, want := range map[Wide]map[string]int64{
		Both:   {"all": 81, "a.more": 40, "a.less": 30, "a.new": 7, "a.gone": 4},
		Before: {"all": 39, "a.more": 10, "a.less": 25, "a.new": 0, "a.gone": 4},
		After:  {"all": 42, "a.more": 30, "a.less": 5, "a.new": 7, "a.gone": 0},
		Larger: {"all": 66, "a.more": 30, "a.less": 25, "a.new": 7, "a.gone": 4},
	} {
		lean := map[string]float64{"a.new": 1, "a.gone": -1, "a.more": 0.5}
		if !tree.Widen(by) {
			t.Errorf("%d: cannot be shown", by)
		}
		l := tree.Layout(tree.Column)
		for n := range int32(tree.Size()) {
			name := tree.Name(n)
			if w, ok := want[name]; ok && c.Width(n) != w*sample {
				t.Errorf("%d: %s is %d wide, want %d", by, name, c.Width(n)/sample, w)
			}
			if got, ok := lean[name]; ok && c.Lean(n) != got {
				t.Errorf("%d: %s leans %g, want %g", by, name, c.Lean(n), got)
			}
			if n > 0 && (l.Start[n] < l.Start[tree.Parent[n]] || l.End[n] > l.End[tree.Parent[n]]) {
				t.Errorf("%d: %s is not below its caller", by, name)
			}
		}
	}
	empty := build(t, against(t, "\nmain.main 0\n", now), Options{})
	if empty.Widen(After) || empty.Columns[empty.Column].Width(0) == 0 {
		t.Error("a side that has nothing is shown")
	}
}
