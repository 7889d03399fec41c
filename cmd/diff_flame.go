package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/compare/wording"
	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/gate"
	"github.com/goperf/goperf/gate/policy"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui"
)

// graph is the differential flame graph of a comparison.
type graph struct {
	result     *compare.Result
	base, next compare.Side
	metric     string
	module     string
	options    *diffOptions
}

// columns are the columns of profiles behind the metrics that have another name.
var flameColumns = map[string]string{"mutex_delay": "delay", "block_delay": "delay", "goroutines": "goroutine"}

// difference is the new side, brought to the scale of the base, less the base;
// what was renamed has one name.
func (g *graph) difference(n compare.Noise) (difference, before, after *profile.Profile, err error) {
	if before, err = merged(g.base, n); err != nil {
		return nil, nil, nil, err
	}
	if after, err = merged(g.next, n); err != nil {
		return nil, nil, nil, err
	}
	before = g.renamed(before)
	difference, err = after.Scale(g.scales(n, after)...).Against(before)
	return difference, before, after, err
}

// scales are what brings the values of the new side to those of the base, of each
// sample type what it was compared by: a heap as it is, what was allocated by time.
func (g *graph) scales(n compare.Noise, p *profile.Profile) []float64 {
	out := make([]float64, len(p.SampleTypes))
	for i, t := range p.SampleTypes {
		out[i] = n.Scale
		for _, own := range g.result.Noise {
			column := cmp.Or(flameColumns[own.Metric], own.Metric)
			if own.Kind == n.Kind && column == t.Type || family(column) != "" && family(column) == family(t.Type) {
				out[i] = own.Scale // heap and allocs are one profile
			}
		}
		if !(out[i] > 0) || math.IsInf(out[i], 0) { // nothing was measured that would tell
			out[i] = 1
		}
	}
	return out
}

// family is what the space and the objects of a heap profile have in common:
// "inuse", "alloc"; "" for other sample types.
func family(column string) string {
	before, _, found := strings.Cut(column, "_")
	if !found {
		return ""
	}
	return before
}

// data is the comparison for the screens, which can exchange its sides; args show it
// after "goperf tui". Of its new side alone is shown what a comparison has not.
func (g *graph) data(env Env, targets, base, again []string, r *report.Report, side *tui.Data) *tui.Data {
	if e, ok := wording.Others(g.result); ok {
		r.Exhibits = append(r.Exhibits, e)
	}
	if e, ok := g.judged(env); ok {
		r.Exhibits = append(r.Exhibits, e)
	}
	return &tui.Data{
		Title: g.base.Name + " → " + g.next.Name, Report: r, Profiles: g.profiles(), Main: g.result.New.Env.Module, Live: side != nil && side.Live,
		Compared: &tui.Comparison{
			New: targets, Args: slices.Concat(targets, atBase(base), again), Side: side,
			Swap: func() (*tui.Data, error) {
				other, r, err := g.options.between(env, g.next, g.base)
				if err != nil {
					return nil, err
				}
				return other.data(env, base, targets, again, r, side), nil
			},
		},
	}
}

// judged is what goperf gate would say without a policy of one's own; false when it
// refuses.
func (g *graph) judged(env Env) (report.Exhibit, bool) {
	usual := policy.Default()
	result, err := compare.Compare(g.base, g.next, gate.Options(usual))
	if err != nil {
		return report.Exhibit{}, false
	}
	r := gate.Judge(gate.Input{Compared: result, Policy: usual, Now: env.Now()})
	t := &report.Table{Columns: []report.Column{{Name: "verdict"}, {Name: "exit status", Unit: "count"}, {Name: "why"}}}
	for _, why := range r.Verdict.Reasons {
		t.Rows = append(t.Rows, []report.Cell{{Text: string(r.Verdict.Outcome)}, {Value: float64(report.Status(r, nil))}, {Text: why}})
	}
	return report.Exhibit{ID: "diff-verdict", Title: "What goperf gate would say", Table: t}, len(t.Rows) > 0
}

// atBase are the flags that say what is compared with.
func atBase(targets []string) (flags []string) {
	for _, t := range targets {
		flags = append(flags, "--base", t)
	}
	return flags
}

// profiles are the differences of each kind of profile, for the terminal UI.
func (g *graph) profiles() (all []tui.Profile) {
	seen := map[string]bool{}
	for _, n := range g.result.Noise {
		kind := string(n.Kind)
		if seen[kind] {
			continue
		}
		seen[kind] = true
		if d, before, after, err := g.difference(n); err == nil { // without profiles of it there is the report
			all = append(all, tui.Profile{Kind: kind, Profile: d, Base: before, After: after, Scales: g.scales(n, after)})
		}
	}
	return all
}

// build makes the tree of the difference.
func (g *graph) build(env Env) (*flame.Tree, flame.Header, error) {
	n, ok := g.noise()
	if !ok && g.metric != "" {
		return nil, flame.Header{}, fmt.Errorf("--metric: %s: was not compared", g.metric)
	} else if !ok {
		return nil, flame.Header{}, errors.New("no profile was compared, only results of benchmarks")
	}
	column := n.Metric
	if c := flameColumns[column]; c != "" {
		column = c
	}
	difference, before, after, err := g.difference(n)
	if err != nil {
		return nil, flame.Header{}, err
	}
	env.collectOften()
	if _, ok := difference.SampleType(column); !ok {
		column = ""
	}
	t, err := flame.Build(difference, flame.Options{Type: column, Nodes: defaultNodes, Main: g.result.New.Env.Module, Whole: whole(before, column)})
	if err != nil {
		return nil, flame.Header{}, err
	}
	head := flame.HeaderOf(after, g.base.Name+" → "+g.next.Name)
	head.Duration = 0
	head.Notes = g.notes(n)
	return t, head, nil
}

func whole(p *profile.Profile, column string) int64 { return magnitudeOf(p, column) }

// notes are what a reader of the graph should know who sees nothing else.
func (g *graph) notes(n compare.Noise) []string {
	var out []string
	for _, c := range g.result.Causes {
		if c.Row.Metric == n.Metric {
			out = append(out, report.Clean(c.Text))
		}
	}
	if n.Per != "" {
		out = append(out, "per "+n.Per+": the new side is brought to the scale of the base")
	}
	return out
}

// merged is the profiles of a side, added up.
func merged(s compare.Side, n compare.Noise) (*profile.Profile, error) {
	var all []*profile.Profile
	for i := range s.Runs {
		if p := s.Runs[i].Profiles[n.Kind]; p != nil {
			all = append(all, p)
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return profile.Merge(all...)
}

// renamed is the base with the names that functions have on the new side.
func (g *graph) renamed(p *profile.Profile) *profile.Profile {
	name := map[string]string{}
	for i := range g.result.Functions {
		if r := &g.result.Functions[i]; r.Was != "" {
			name[r.Was] = r.Name
		}
	}
	if len(name) == 0 {
		return p
	}
	out := *p
	out.Functions = append([]profile.Function(nil), p.Functions...)
	for i := range out.Functions {
		if to := name[out.Functions[i].Name]; to != "" {
			out.Functions[i].Name = to
		}
	}
	return &out
}

func (g *graph) draw(w io.Writer, t *flame.Tree, head flame.Header, form string, env Env, out output) error {
	switch form {
	case "html":
		return flame.HTML(w, t, head)
	case "svg":
		return flame.SVG(w, t, head)
	}
	text := flame.TextOptions{Width: out.options.Width, Header: head}
	if out.options.Color {
		text.Colors = env.colors()
	}
	return flame.Text(w, t, text)
}
