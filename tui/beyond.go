package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// beyond is what is known of functions beside what their boxes show: how they are
// called, and what the other profiles of the target have of them.
type beyond struct {
	of      *subject
	inlined map[string]profile.Inlining // nil when the profile does not say
	callers []int32                     // of each frame of the tree: how many frames call it
	others  *elsewhere
}

// elsewhere is what each function has in each of the profiles of a target.
type elsewhere struct {
	d       *Data
	by      profile.Granularity
	columns []otherColumn
	values  map[string][]int64 // by the name, one for each column
}

// otherColumn is a sample type of a profile, in the words in which it is told.
type otherColumn struct {
	kind  string
	typ   profile.ValueType
	words string
	whole int64
}

// otherWords are what is told of the sample types of Go's profiles and of the
// kernel's; others are told of by their own names.
var otherWords = []struct{ kind, typ, words string }{
	{"cpu", "cpu", "CPU"},
	{"heap", "alloc_space", "allocated"},
	{"heap", "inuse_space", "live"},
	{"allocs", "alloc_space", "allocated"},
	{"block", "delay", "blocked"},
	{"mutex", "delay", "made others wait"},
	{"goroutine", "goroutine", "goroutines"},
	{"offcpu", "blocked", "off-CPU"},
	{"offcpu", "runqueue", "waited for a CPU"},
	{"wall", "wall", "wall time"},
}

// beyond looks at what the boxes do not show, in a command: it takes as long as a
// table. What is being collected is looked at when it is all there.
func (m *Model) beyond(s *subject) tea.Cmd {
	d, last := m.data, m.flame().told.beyond
	known := last != nil && last.others.by == s.lens.by && last.others.d.sameProfiles(d)
	if s.rough || d.Collecting != nil || known && last.of == s {
		return nil
	}
	return func() tea.Msg {
		b := &beyond{of: s, callers: callersOf(s.tree), inlined: inlined(s)}
		if known {
			b.others = last.others
		} else {
			b.others = elsewhereOf(d, s.lens.by)
		}
		return b
	}
}

// callersOf counts for each frame the frames that call it, but itself.
func callersOf(t *flame.Tree) []int32 {
	first := make([]int32, len(t.Frames)+1) // of each frame in nodes
	for _, f := range t.Frame {
		first[f+1]++
	}
	for f := range t.Frames {
		first[f+1] += first[f]
	}
	nodes, next := make([]int32, t.Size()), slices.Clone(first)
	for n, f := range t.Frame {
		nodes[next[f]] = int32(n)
		next[f]++
	}
	counts, seen := make([]int32, len(t.Frames)), make([]int32, len(t.Frames))
	for f := range t.Frames {
		for _, n := range nodes[first[f]:first[f+1]] {
			if n == 0 || t.Parent[n] == 0 {
				continue
			}
			if by := t.Frame[t.Parent[n]]; int(by) != f && seen[by] != int32(f)+1 {
				seen[by] = int32(f) + 1
				counts[f]++
			}
		}
	}
	return counts
}

// inlined says how functions are called; nil when the profile knows of no inlining
// at all, or shows something else than functions.
func inlined(s *subject) map[string]profile.Inlining {
	if s.lens.by != "" || s.table == nil || !slices.ContainsFunc(s.from.Locations, func(l profile.Location) bool { return len(l.Lines) > 1 }) {
		return nil
	}
	out := make(map[string]profile.Inlining, len(s.table.Rows))
	for i, how := range s.table.Inlining(s.table.Rows) {
		out[s.table.Rows[i].Name] = how
	}
	return out
}

// elsewhereOf sums up all profiles by function.
func elsewhereOf(d *Data, by profile.Granularity) *elsewhere {
	o := &elsewhere{d: d, by: by, values: map[string][]int64{}}
	var tops []*profile.Table
	for _, p := range d.Profiles {
		if p.Base == nil && p.Profile != nil {
			tops = append(tops, o.sum(p)...)
		}
	}
	for k, top := range tops {
		o.add(k, top)
	}
	return o
}

// sum makes a column for each sample type that is told of, and their tables. Of
// allocations both the heap and allocs tell.
func (o *elsewhere) sum(p Profile) (tops []*profile.Table) {
	for i, t := range p.SampleTypes {
		words := p.wordsOf(i)
		if words == "" || slices.ContainsFunc(o.columns, func(c otherColumn) bool { return c.words == words }) {
			continue
		}
		o.columns = append(o.columns, otherColumn{p.Kind, t, words, p.Total(i)})
		tops = append(tops, profile.Top(p.Profile, profile.TopOptions{By: o.by, Type: t.Type}))
	}
	return tops
}

// wordsOf is what is told of a sample type, "" when it is not told of.
func (p Profile) wordsOf(column int) string {
	t := p.SampleTypes[column].Type
	for _, w := range otherWords {
		if w.kind == p.Kind && w.typ == t {
			return w.words
		}
	}
	if column == p.DefaultType() {
		return report.Clean(p.Kind + " " + t)
	}
	return ""
}

// add adds the rows of a table as a column.
func (o *elsewhere) add(column int, t *profile.Table) {
	for i := range t.Rows {
		name := report.Clean(t.Rows[i].Name)
		if o.values[name] == nil {
			o.values[name] = make([]int64, len(o.columns))
		}
		o.values[name][column] += t.Rows[i].Cum
	}
}

// facts are what is told of a function of a subject; a profile that has nothing of
// it is not spoken of.
func (b *beyond) facts(s *subject, frame int32) (facts []string) {
	if b == nil || b.of != s || frame == 0 {
		return nil
	}
	name := s.tree.Frames[frame].Name
	switch how, ok := b.inlined[name]; {
	case !ok:
	case how == profile.Inlined:
		facts = append(facts, "inlined")
	case how == profile.PartlyInlined:
		facts = append(facts, "inlined in some places")
	default:
		facts = append(facts, "not inlined")
	}
	if n := int(b.callers[frame]); n > 0 {
		text := "called by " + plural(n, nounOf(b.others.by))
		if s.tree.Pruned.Subtrees > 0 { // there may be more in what has no box
			text = "called by at least " + plural(n, nounOf(b.others.by))
		}
		facts = append(facts, text)
	}
	for k, v := range b.others.values[name] {
		c := &b.others.columns[k]
		if v != 0 && (c.kind != s.from.Kind || c.typ.Type != s.tree.Columns[s.tree.Column].Type.Type) {
			facts = append(facts, fmt.Sprintf("%s %s %s", c.words, value(v, c.typ), share(v, c.whole)))
		}
	}
	return facts
}

// nounOf is what frames of a granularity are.
func nounOf(by profile.Granularity) string {
	switch by {
	case profile.ByPackage:
		return "package"
	case profile.ByFile:
		return "file"
	case profile.ByLine:
		return "line"
	}
	return "function"
}
