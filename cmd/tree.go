package cmd

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/profile"
)

func newTreeCommand(env Env) *cobra.Command {
	var opts *viewOptions
	cmd := &cobra.Command{
		Use:   "tree TARGET...",
		Short: "Show the functions that cost most, each between its callers and its callees",
		Long: `Show the functions that cost most, each between its callers (above it) and its
callees (below it), in the columns of "go tool pprof -tree".

calls is what flowed over a call, calls% its share of the function's cum.`,
		Example: `goperf tree cpu.pb.gz
goperf tree cpu.pb.gz --cum -n 10
goperf tree heap.pb.gz --granularity packages --ignore '^runtime\.'`,
		Args: someArgs("a profile", "goperf tree cpu.pb.gz"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTree(cmd.Context(), env, args, opts, nil)
		},
	}
	opts = addViewFlags(cmd, 80)
	return cmd
}

// runTree shows the rows that match, all when only is nil.
func runTree(ctx context.Context, env Env, targets []string, opts *viewOptions, only *regexp.Regexp) error {
	v, err := opts.open(ctx, env, targets, false)
	if err != nil {
		return err
	}
	g := newCallGraph(v, opts.cum)
	g.choose(opts.nodes, only)
	if only != nil && len(g.shown) == 0 {
		err := errNothing(only)
		if len(g.order) == 0 {
			err = errors.New("nothing is left to match: all values are zero, or the filters took all samples")
		}
		return noEvidence("goperf top "+targets[0]+" lists what there is", named(targets[0], err))
	}
	if opts.format == "json" {
		return writeTable(env, opts, v, g.table, g)
	}
	return env.writeBytes(opts.file, g.text())
}

// callGraph is a table with the calls of each row.
type callGraph struct {
	view             *view
	table            *profile.Table
	callers, callees [][]profile.Edge // by row, largest first
	order            []int            // rows as they are sorted
	shown            []int
	all              bool // the unit suits all rows, as pprof has it for peek
}

func newCallGraph(v *view, byCum bool) *callGraph {
	t, edges := v.p.CallGraph(v.options)
	t.Magnitude = v.total
	g := &callGraph{view: v, table: t, callers: make([][]profile.Edge, len(t.Rows)), callees: make([][]profile.Edge, len(t.Rows))}
	slices.SortFunc(edges, func(a, b profile.Edge) int {
		return cmp.Or(
			cmp.Compare(magnitude(b.Value), magnitude(a.Value)),
			strings.Compare(t.Rows[a.Caller].Name, t.Rows[b.Caller].Name),
			strings.Compare(t.Rows[a.Callee].Name, t.Rows[b.Callee].Name),
			cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Callee, b.Callee),
		)
	})
	for _, e := range edges {
		g.callers[e.Callee] = append(g.callers[e.Callee], e)
		g.callees[e.Caller] = append(g.callees[e.Caller], e)
	}
	for i, r := range t.Rows {
		if r.Flat != 0 || r.Cum != 0 {
			g.order = append(g.order, i)
		}
	}
	if byCum {
		slices.SortStableFunc(g.order, func(a, b int) int {
			return cmp.Compare(magnitude(t.Rows[b].Cum), magnitude(t.Rows[a].Cum))
		})
	}
	return g
}

// choose takes the first rows whose printed names match.
func (g *callGraph) choose(most int, only *regexp.Regexp) {
	g.all = only != nil
	for _, i := range g.order {
		if most > 0 && len(g.shown) == most {
			return
		}
		if only == nil || only.Match(appendFrame(nil, g.table.Rows[i].Frame, g.view.by)) {
			g.shown = append(g.shown, i)
		}
	}
}

const treeLine = "----------------------------------------------------------+-------------\n"

func (g *callGraph) text() []byte {
	t := g.table
	rows := make([]profile.Row, len(g.shown))
	for k, i := range g.shown {
		rows[k] = t.Rows[i]
	}
	scaled := rows
	if g.all {
		scaled = t.Rows
	}
	s := scaleFor(t, scaled, g.view.unit, g.view.divide)
	b := tableHeader(nil, g.view, t, len(g.order), rows, s)
	b = append(b, treeLine...)
	b = append(b, "      flat  flat%   sum%        cum   cum%   calls calls% + context\n"...)
	var sum int64
	for _, i := range g.shown {
		r := t.Rows[i]
		b = append(b, treeLine...)
		for _, e := range g.callers[i] {
			b = g.appendEdge(b, e, t.Rows[e.Caller].Frame, r.Cum, s)
		}
		sum += r.Flat
		b = appendSums(b, r, sum, t.Magnitude, s)
		b = append(appendFrame(append(b, "                | "...), r.Frame, g.view.by), '\n')
		for _, e := range g.callees[i] {
			b = g.appendEdge(b, e, t.Rows[e.Callee].Frame, r.Cum, s)
		}
	}
	if len(g.shown) > 0 {
		b = append(b, treeLine...)
	}
	return b
}

func (g *callGraph) appendEdge(b []byte, e profile.Edge, other profile.Frame, cum int64, s valueScale) []byte {
	b = padLeft(b, 50, func(b []byte) []byte { return s.append(b, e.Value) })
	b = padLeft(append(b, ' '), 6, func(b []byte) []byte { return appendPercent(b, e.Value, cum) })
	b = appendFrame(append(b, " |   "...), other, g.view.by)
	if e.Inlined {
		b = append(b, " (inline)"...)
	}
	return append(b, '\n')
}
