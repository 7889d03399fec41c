package cmd

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/unit"
)

// viewOptions say what of a profile is shown and how it is summed up, in the
// words of pprof. All commands that show a profile share them.
type viewOptions struct {
	target      *targetOptions
	frames      frameOptions
	labels      labelOptions
	base        baseOptions
	kind        string
	granularity string
	noInlines   bool
	sampleIndex string
	unit        string
	divideBy    float64
	nodes       int
	cum         bool
	repair      bool
	format      string
	file        string
	origin      origin
}

// origin is what is known of the program that the profiles are of.
type origin struct {
	pid   int              // of the process, when it runs here
	build *debug.BuildInfo // nil when nothing told
}

// frameOptions are patterns for names of functions, files and binaries.
type frameOptions struct {
	focus, ignore, hide, show, showFrom, pruneFrom string
}

// labelOptions are expressions about the labels of samples.
type labelOptions struct {
	focus, ignore, show, hide, root, leaf string
}

// any says that labels have to be read.
func (o labelOptions) any() bool { return o != labelOptions{} }

// baseOptions name the profiles to compare with.
type baseOptions struct {
	base, diff []string
	normalize  bool
}

// addViewFlags attaches the flags of every command that lists what a profile holds.
func addViewFlags(cmd *cobra.Command, nodes int) *viewOptions {
	o := addProfileFlags(cmd)
	f := cmd.Flags()
	f.IntVarP(&o.nodes, "nodecount", "n", nodes, "show this `many`, 0 for all")
	f.BoolVar(&o.cum, "cum", false, "sort by cum instead of flat")
	addTableFormat(cmd, &o.format)
	return o
}

// addInputFlags attaches the flags that say how targets are read, and which of
// their profiles is meant.
func addInputFlags(cmd *cobra.Command) *viewOptions {
	o := &viewOptions{target: addTargetFlags(cmd), format: "text"}
	for _, flag := range []string{"no-trace", "goroutines"} {
		hide(cmd, flag) // neither is asked for
	}
	cmd.Flags().StringVar(&o.kind, "profile", "", "`which` profile of a service, bundle or directory: cpu (default, takes --duration), heap, allocs, mutex, block, goroutine...")
	complete(cmd, "profile", []string{"cpu", "heap", "allocs", "mutex", "block", "goroutine", "threadcreate"})
	return o
}

// addProfileFlags attaches the flags that say what of a profile is meant.
func addProfileFlags(cmd *cobra.Command) *viewOptions {
	o := addInputFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.frames.focus, "focus", "", "keep stacks with a frame that matches this `regexp` (function, file or binary)")
	f.StringVar(&o.frames.ignore, "ignore", "", "drop stacks with a frame that matches this `regexp`")
	f.StringVar(&o.frames.hide, "hide", "", "take frames that match this `regexp` out of the stacks")
	f.StringVar(&o.frames.show, "show", "", "take frames that do not match this `regexp` out of the stacks")
	f.StringVar(&o.frames.showFrom, "show-from", "", "cut off the callers of the outermost frame that matches this `regexp`")
	f.StringVar(&o.frames.pruneFrom, "prune-from", "", "cut off what the innermost frame that matches this `regexp` calls")
	f.StringVar(&o.labels.focus, "tagfocus", "", "keep samples with such a `label`: REGEXP, KEY=REGEXP or a range, KEY=32kb:1mb")
	f.StringVar(&o.labels.ignore, "tagignore", "", "drop samples with such a `label`")
	f.StringVar(&o.labels.show, "tagshow", "", "keep labels whose key matches this `regexp`")
	f.StringVar(&o.labels.hide, "taghide", "", "drop labels whose key matches this `regexp`")
	f.StringVar(&o.labels.root, "tagroot", "", "put the values of these label `keys` at the root of the stacks: KEY,KEY")
	f.StringVar(&o.labels.leaf, "tagleaf", "", "put the values of these label `keys` at the leaf of the stacks")
	f.StringArrayVar(&o.base.base, "base", nil, "subtract this `profile`, stack by stack; may be repeated")
	f.StringArrayVar(&o.base.diff, "diff-base", nil, "compare with this `profile`: percentages are of it; may be repeated")
	f.BoolVar(&o.base.normalize, "normalize", false, "scale to the total of the base before comparing")
	f.StringVar(&o.granularity, "granularity", "functions", "`what` counts as one: "+strings.Join(granularities(), ", "))
	f.BoolVar(&o.noInlines, "noinlines", false, "count inlined calls as part of their caller")
	f.BoolVar(&o.repair, "repair", false, "give the cost of preemption and signal frames to the function below, and put callers on stacks that the runtime cut, where there is one way on; numbers are not pprof's then")
	f.StringVar(&o.sampleIndex, "sample-index", "", "`name` or number of the sample type (default: the profile's)")
	f.StringVar(&o.unit, "unit", unit.Minimum, "`unit` of the values: ms, s, kB, MB...; minimum is what suits the smallest value")
	f.Float64Var(&o.divideBy, "divide-by", 1, "divide all values by this `number`")
	f.StringVarP(&o.file, "output", "o", "", "write to this `file` instead of standard output")
	complete(cmd, "granularity", granularities())
	complete(cmd, "sample-index", []string{"cpu", "samples", "inuse_space", "inuse_objects", "alloc_space", "alloc_objects", "contentions", "delay", "goroutine"})
	return o
}

func granularities() []string {
	return []string{"functions", "lines", "files", "packages", "addresses"}
}

// granularity is what the user calls it, in the singular or the plural.
func granularity(name string) (profile.Granularity, error) {
	all := []profile.Granularity{profile.ByFunction, profile.ByLine, profile.ByFile, profile.ByPackage, profile.ByAddress}
	if i := slices.Index(granularities(), name); i >= 0 {
		return all[i], nil
	}
	if slices.Contains(all, profile.Granularity(name)) {
		return profile.Granularity(name), nil
	}
	return "", unknownValue("--granularity", name, granularities())
}

// patterns are the compiled patterns of a command line.
type patterns struct {
	frames                      profile.FrameFilter
	pruneFrom, tagShow, tagHide *regexp.Regexp
}

const hintPattern = `patterns are regular expressions of Go: a dot or parenthesis that is meant stands behind a backslash, 'sync\.\(\*Mutex\)'`

// check finds everything wrong with the options that the profile has no part in.
func (o *viewOptions) check(env Env) (patterns, error) {
	var re patterns
	if o.nodes < 0 {
		return re, usageError("--nodecount 0 shows all", "--nodecount: %d: is negative", o.nodes)
	}
	if !(o.divideBy > 0) || math.IsInf(o.divideBy, 0) {
		return re, usageError("--divide-by 2 halves all values", "--divide-by: %v: want a number above 0", o.divideBy)
	}
	if len(o.base.base) > 0 && len(o.base.diff) > 0 {
		return re, usageError("give one of them", "--diff-base: --base is given as well")
	}
	if o.base.normalize && len(o.base.base)+len(o.base.diff) == 0 {
		return re, usageError("for example: --diff-base old.pb.gz --normalize", "--normalize: needs --base or --diff-base")
	}
	if _, err := granularity(o.granularity); err != nil {
		return re, err
	}
	if err := checkTableFormat(o.format); err != nil {
		return re, err
	}
	if err := env.checkOutput(o.file); err != nil {
		return re, err
	}
	for _, r := range []struct {
		flag, text string
		to         **regexp.Regexp
	}{
		{"focus", o.frames.focus, &re.frames.Focus},
		{"ignore", o.frames.ignore, &re.frames.Ignore},
		{"hide", o.frames.hide, &re.frames.Hide},
		{"show", o.frames.show, &re.frames.Show},
		{"show-from", o.frames.showFrom, &re.frames.ShowFrom},
		{"prune-from", o.frames.pruneFrom, &re.pruneFrom},
		{"tagshow", o.labels.show, &re.tagShow},
		{"taghide", o.labels.hide, &re.tagHide},
	} {
		if r.text == "" {
			continue
		}
		compiled, err := regexp.Compile(r.text)
		if err != nil {
			return re, usageError(hintPattern, "--%s: %w", r.flag, err)
		}
		*r.to = compiled
	}
	return re, nil
}

// view is a profile as the options show it.
type view struct {
	p       *profile.Profile
	by      profile.Granularity
	options profile.TopOptions
	total   int64 // what percentages are of: all that there was before filters
	unit    string
	divide  float64
	unmet   []string // flags that matched nothing

	labelUnits map[string]string // of numbers, by key
	repairs    profile.Repairs
	mended     bool // the repairs were made, and not only seen
	origin
}

// build applies the options in the order of pprof.
func (o *viewOptions) build(p, base *profile.Profile, re patterns) (*view, error) {
	column, err := sampleType(p, o.sampleIndex)
	if err != nil {
		return nil, err
	}
	by, err := granularity(o.granularity)
	if err != nil {
		return nil, err
	}
	v := &view{origin: o.origin, by: by, options: profile.TopOptions{By: by, Type: column}, unit: o.unit, divide: o.divideBy}
	if p, err = o.compare(p, base); err != nil {
		return nil, err
	}
	p = p.Prune()
	v.labelUnits = p.LabelUnits() // whatever the filters leave
	if o.labels.root != "" || o.labels.leaf != "" {
		var rooted, leaved bool
		p, rooted, leaved = p.LabelFrames(keys(o.labels.root), keys(o.labels.leaf), o.unit)
		v.missed("tagroot", o.labels.root == "" || rooted)
		v.missed("tagleaf", o.labels.leaf == "" || leaved)
	}
	v.total = magnitudeOf(p, column)
	if len(o.base.diff) > 0 {
		v.total = cmp.Or(magnitudeOf(base, column), v.total)
	}
	var missed []string
	p, missed = p.FilterFrames(re.frames)
	v.unmet = append(v.unmet, missed...)
	if p, err = o.filterLabels(v, p, re); err != nil {
		return nil, err
	}
	if re.pruneFrom != nil {
		p = p.PruneFrom(re.pruneFrom)
	}
	if o.noInlines {
		p = p.WithoutInlined()
	}
	v.p = p
	return v, nil
}

func (v *view) missed(flag string, matched bool) {
	if !matched {
		v.unmet = append(v.unmet, flag)
	}
}

func keys(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ","), func(k string) bool { return k == "" })
}

// magnitudeOf is the sum of the absolute values of a column.
func magnitudeOf(p *profile.Profile, column string) int64 {
	col := p.DefaultType()
	if column != "" {
		col, _ = p.SampleType(column)
	}
	var sum int64
	for i := range p.NumSamples() {
		if sum += magnitude(p.Value(i, col)); sum < 0 {
			return math.MaxInt64
		}
	}
	return sum
}

// compare subtracts the base, if there is one.
func (o *viewOptions) compare(p, base *profile.Profile) (*profile.Profile, error) {
	if base == nil {
		return p, nil
	}
	if o.base.normalize {
		factors := make([]float64, len(p.SampleTypes))
		for t, st := range p.SampleTypes {
			if b, ok := base.SampleType(st.Type); ok && p.Total(t) != 0 {
				factors[t] = float64(base.Total(b)) / float64(p.Total(t))
			}
		}
		p = p.Scale(factors...)
	}
	subtract := p.Against
	if len(o.base.base) > 0 {
		subtract = p.Minus
	}
	difference, err := subtract(base)
	if err != nil {
		name := cmp.Or(strings.Join(o.base.diff, ", "), strings.Join(o.base.base, ", "))
		return nil, usageError("what is compared has to be of one kind", "%s: %w", name, err)
	}
	return difference, nil
}

func (o *viewOptions) filterLabels(v *view, p *profile.Profile, re patterns) (*profile.Profile, error) {
	for _, f := range []struct {
		flag, expr string
		keep       bool
	}{{"tagfocus", o.labels.focus, true}, {"tagignore", o.labels.ignore, false}} {
		if f.expr == "" {
			continue
		}
		match, err := p.MatchLabels(f.expr, v.labelUnits)
		if err != nil {
			return nil, usageError("write REGEXP, KEY=REGEXP, or a range: KEY=32kb:1mb", "--%s: %w", f.flag, err)
		}
		found := false
		p = profile.Filter(p, func(i int) bool {
			m := match(i)
			found = found || m
			return m == f.keep
		})
		v.missed(f.flag, found)
	}
	if re.tagShow != nil || re.tagHide != nil {
		var shown, hidden bool
		p, shown, hidden = p.FilterLabels(re.tagShow, re.tagHide)
		v.missed("tagshow", re.tagShow == nil || shown)
		v.missed("taghide", re.tagHide == nil || hidden)
	}
	return p, nil
}

// sampleType is the name of the column that the user means by a name or a number.
func sampleType(p *profile.Profile, index string) (string, error) {
	if index == "" {
		return "", nil
	}
	var names []string
	for _, s := range p.SampleTypes {
		names = append(names, s.Type)
	}
	// Old profiles of heaps have "space" for what is called inuse_space today.
	for _, name := range []string{index, strings.TrimPrefix(index, "inuse_")} {
		if slices.Contains(names, name) {
			return name, nil
		}
	}
	if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(names) {
		return names[i], nil
	}
	return "", unknownValue("--sample-index", index, names)
}

// warn says on standard error what should not be overlooked.
func (v *view) warn(env Env, warnings []string) error {
	for _, w := range warnings {
		if _, err := fmt.Fprintf(env.Stderr, "goperf: %s\n", oneLine(w)); err != nil {
			return err
		}
	}
	if col := v.column(); col >= 0 && !unit.Converts(v.p.SampleTypes[col].Unit, v.unit) {
		if _, err := fmt.Fprintf(env.Stderr, "goperf: --unit: %s are not counted in %q\n", oneLine(v.p.SampleTypes[col].Unit), v.unit); err != nil {
			return err
		}
	}
	for _, flag := range v.unmet {
		if _, err := fmt.Fprintf(env.Stderr, "goperf: --%s: matched nothing\n", flag); err != nil {
			return err
		}
	}
	return nil
}
