package tui

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
)

// lens is what of the profiles is looked at: which one, which of its values, and
// which of its stacks. Flame and Top look through the same one.
type lens struct {
	kind   string // of profile, "" for the first
	column string // name of the sample type, "" for the profile's
	focus  string
	ignore string
	own    bool
	by     profile.Granularity // "" is by function
	label  string              // whose values are frames above the stacks
	names  bool                // boxes in the order of their names, not the largest first
	part   int                 // slice of the window, or snapshot, from 1; 0 for the whole
	base   *base               // what it is compared with, nil for nothing
	upto   int                 // the last one, where there are several; 0 for part alone
	wide   flame.Wide          // of a comparison: what the width of a box stands for
	raw    bool                // of a comparison: as it was measured, not brought to the same time and work
}

// subject is a profile seen through a lens: what a command makes of them, because
// it takes its time.
type subject struct {
	lens    lens
	from    Profile          // before filters
	p       *profile.Profile // after
	tree    *flame.Tree
	layout  *flame.Layout
	table   *profile.Table // nil of a rough one
	class   []flame.Class  // of the table's rows
	trend   *trend         // of the table's rows; nil when there is one slice only
	pace    []float64      // of each slice
	samples int64          // of a CPU profile, 0 of others
	text    string         // which profile it is and how much it holds
	gets    string         // a command that gets more of it
	rough   bool           // a better tree is coming
	err     error
}

const (
	// roughNodes are soon made, and enough for the first look.
	roughNodes = 5_000
	// allNodes bounds the memory of a tree: about 60 bytes for each and 16 for each sample type.
	allNodes = 1 << 19
	// manySamples are those from which a rough tree is worth its while.
	manySamples = 5_000
)

// look makes the subject. It reads the data and changes nothing.
func (l lens) look(d *Data, nodes int) *subject {
	s := &subject{lens: l, rough: nodes != allNodes}
	from, ok := d.profile(l.kind)
	if !ok {
		s.err = fmt.Errorf("no %s profile", l.kind)
		return s
	}
	if from, s.err = from.parts(l); s.err != nil {
		return s
	}
	if l.base != nil {
		if from, s.err = l.base.compared(d, from); s.err != nil {
			return s
		}
	}
	if l.raw {
		if from, s.err = from.measured(); s.err != nil {
			return s
		}
	}
	s.from = from
	column := from.DefaultType()
	if i, ok := from.SampleType(l.column); ok {
		column = i
	}
	if column < 0 {
		s.err = fmt.Errorf("the %s profile has no values", from.Kind)
		return s
	}
	kind := from.SampleTypes[column].Type
	filter, err := l.filter(d.Main)
	if err != nil {
		s.err = err
		return s
	}
	s.p, _ = from.FilterFrames(filter)
	s.p = l.labelled(s.p)
	s.tree, s.err = flame.Build(s.p, flame.Options{By: l.by, Type: kind, Main: d.Main, Names: l.names, Nodes: nodes, Whole: from.whole(column)})
	if s.err != nil {
		return s
	}
	s.tree.Widen(l.wide)
	s.layout = s.tree.Layout(s.tree.Column)
	s.pace, s.samples = from.paces(kind), from.sampled()
	if !s.rough { // it takes as long as the tree, and the flame graph does not need it
		s.table = profile.Top(s.p, profile.TopOptions{By: l.by, Type: kind})
		s.classes(d.Main)
		if l.part == 0 {
			s.trend = trendOf(s, filter)
		}
	}
	s.text, s.gets = s.about(), d.gets()
	return s
}

// empty says that filters have left nothing.
func (s *subject) empty() bool { return s.p.NumSamples() == 0 && s.from.NumSamples() > 0 }

// classes says whose code the rows of the table are.
func (s *subject) classes(module string) {
	of := map[string]flame.Class{}
	for _, f := range s.tree.Frames {
		of[f.Name] = f.Class
	}
	classifier := symbol.Classifier{Main: module}
	s.class = make([]flame.Class, len(s.table.Rows))
	for i := range s.table.Rows {
		row := &s.table.Rows[i]
		row.Name, row.File = report.Clean(row.Name), report.Clean(row.File)
		class, ok := of[row.Name]
		if !ok {
			class = flame.ClassOf(row.Name, row.File, classifier)
		}
		s.class[i] = class
	}
}

func (l lens) filter(module string) (f profile.FrameFilter, err error) {
	for _, c := range []struct {
		text string
		to   **regexp.Regexp
	}{{l.focus, &f.Focus}, {l.ignore, &f.Ignore}} {
		if c.text == "" {
			continue
		}
		if *c.to, err = regexp.Compile(c.text); err != nil {
			return f, err
		}
	}
	if l.own {
		f.Show = regexp.MustCompile(ownPattern(module))
	}
	return f, nil
}

// ownPattern matches the functions of the main module.
func ownPattern(module string) string {
	if module == "" {
		return `^main\.`
	}
	return `^(main|` + regexp.QuoteMeta(module) + `)[./]`
}

// profile is the profile of a kind, or the first.
func (d *Data) profile(kind string) (Profile, bool) {
	for _, p := range d.Profiles {
		if kind == "" || p.Kind == kind {
			return p, true
		}
	}
	return Profile{}, false
}

// sameProfiles says that other data has the same profiles: what was seen of them stands.
func (d *Data) sameProfiles(other *Data) bool {
	return d.Main == other.Main && slices.EqualFunc(d.Profiles, other.Profiles, func(a, b Profile) bool {
		return a.Kind == b.Kind && a.Profile == b.Profile && a.Base == b.Base && slices.Equal(a.Parts, b.Parts)
	})
}

// travels is the lens on the slice before or after; before the first comes the
// whole, and after the last.
func (l lens) travels(d *Data, a action) (lens, string) {
	from, _ := d.profile(l.kind)
	n := len(from.Parts)
	if n == 0 {
		return l, "there is only one of this profile"
	}
	step, at := 1, max(l.part, l.upto)
	if a == earlier {
		step, at = n, l.part
	}
	l.part, l.upto = (min(at, n)+step)%(n+1), 0
	return l, ""
}

// nextType is the lens on the next sample type, and after the last one on the
// next profile.
func (l lens) nextType(d *Data, s *subject) lens {
	if s == nil || s.from.Profile == nil {
		return l
	}
	types := s.from.SampleTypes
	at := 0
	if s.tree != nil {
		at = s.tree.Column
	}
	// The default type comes first, whichever it is; the others follow.
	def := s.from.DefaultType()
	if following := (at + 1) % len(types); following != def {
		l.kind, l.column = s.from.Kind, types[following].Type
		return l
	}
	for i, p := range d.Profiles {
		if p.Kind == s.from.Kind {
			l.kind, l.column, l.part, l.upto = d.Profiles[(i+1)%len(d.Profiles)].Kind, "", 0, 0
		}
	}
	return l
}

// nextGroup goes round the granularities.
func (l lens) nextGroup() lens {
	switch cmp.Or(l.by, profile.ByFunction) {
	case profile.ByFunction:
		l.by = profile.ByPackage
	case profile.ByPackage:
		l.by = profile.ByFile
	case profile.ByFile:
		l.by = profile.ByLine
	default:
		l.by = ""
	}
	return l
}

// whole is what percentages are of.
func (p Profile) whole(column int) int64 {
	if p.Base != nil {
		return magnitude(p.Base, column)
	}
	return magnitude(p.Profile, column)
}

func magnitude(p *profile.Profile, column int) int64 {
	var sum int64
	for i := range p.NumSamples() {
		v := p.Value(i, column)
		if v < 0 {
			v = -v
		}
		if sum += v; sum < 0 {
			return math.MaxInt64
		}
	}
	return sum
}

// value is a value of a sample type for people.
func value(v int64, of profile.ValueType) string {
	return unit.To(v, report.Clean(of.Unit), unit.Auto).Format(v)
}

// about says which profile is shown, how much it holds and of how long.
func (s *subject) about() string {
	c := &s.tree.Columns[s.tree.Column]
	parts := []string{report.Clean(s.from.Kind)}
	if t := report.Clean(c.Type.Type); t != parts[0] {
		parts = append(parts, t)
	}
	if c.BaseCum != nil {
		parts = append(parts, change(c, 0))
		if text := s.from.chance(); text != "" && s.lens.base != nil {
			parts = append(parts, text)
		}
		if text := s.from.scaled(s.tree.Column, s.lens.raw); text != "" {
			parts = append(parts, text)
		}
	} else {
		parts = append(parts, value(c.Whole, c.Type))
	}
	if when := s.from.when(s.lens.slices(len(s.from.Parts))); when != "" {
		parts = append(parts, when)
	}
	if b := s.lens.base; b != nil {
		which, _, _ := strings.Cut(s.from.when(b.lens.slices(len(s.from.Parts))), ",") // the slice at hand says when
		parts = append(parts, "against "+cmp.Or(which, "all"))
	}
	if n := s.from.DurationNanos; n > 0 {
		parts = append(parts, "in "+report.FormatValue(float64(n)/1e9, "s"))
	}
	if n := s.from.NumSamples(); n > 0 {
		parts = append(parts, plural(n, "stack"))
	}
	if c.BaseCum == nil && c.Width(0) != c.Whole {
		parts = append(parts, share(c.Width(0), c.Whole)+" kept")
	}
	return strings.Join(parts, "  ")
}

// change is a value of a difference, before and after, with a sign and a word for
// what is new or gone.
func change(c *flame.Column, n int32) string {
	text := fmt.Sprintf("%s to %s", value(c.BaseCum[n], c.Type), value(c.Cum[n], c.Type))
	switch {
	case c.BaseCum[n] == 0 && c.Cum[n] > 0:
		text += ", new"
	case c.Cum[n] == 0 && c.BaseCum[n] > 0:
		text += ", gone"
	}
	return text + "  " + signed(c.Change(n), c.Whole)
}

// signed is a change in percent of the whole.
func signed(v, whole int64) string {
	switch {
	case v > 0:
		return "+" + share(v, whole)
	case v < 0:
		return "-" + share(-v, whole)
	}
	return "=0%"
}

// shareOf is a part of all in percent, with the error that sampling leaves.
func (s *subject) shareOf(v int64) string {
	whole := s.layout.Column.Whole
	if s.samples == 0 || v <= 0 || v >= whole {
		return share(v, whole)
	}
	p := float64(v) / float64(whole)
	low, high := wilson(p, float64(s.samples))
	if low < p/2 { // it is far from being as wide to both sides
		return fmt.Sprintf("%s (%.2g to %.2g)", share(v, whole), 100*low, 100*high)
	}
	return fmt.Sprintf("%s ± %.2g", share(v, whole), 50*(high-low))
}

// wilson is the 95 % interval of a share that n samples have.
func wilson(share, n float64) (low, high float64) {
	const z = 1.96
	middle, half := share+z*z/(2*n), z*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return (middle - half) / (1 + z*z/n), (middle + half) / (1 + z*z/n)
}

// sampled is how many samples of time the values of a CPU profile are of; 0 where
// they are no independent samples.
func (p Profile) sampled() int64 {
	if p.Kind != "cpu" || p.Base != nil {
		return 0
	}
	if i, ok := p.SampleType("samples"); ok {
		return p.Total(i)
	}
	return 0
}

// share is a part of a whole in percent.
func share(v, whole int64) string { return flame.Percent(v, whole) }
