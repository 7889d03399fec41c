package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/compare/wording"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/source/runs"
)

type diffOptions struct {
	target     *targetOptions
	output     *outputOptions
	base       []string
	kinds      []string
	module     string
	confidence float64
	rows       int
	flame      string
	metric     string
	tui        bool
}

// diffFormats are the forms beside those of reports.
var diffFormats = []string{"html", "flame"}

func newDiffCommand(env Env) *cobra.Command {
	opts := &diffOptions{}
	cmd := &cobra.Command{
		Use:   "diff BASE NEW",
		Short: "Say what changed between two profiles, sets of runs or benchmark results",
		Long: `Compare profiles of any kind, bundles, results of "go test -bench", or directories
of runs: what changed, how sure that is, who is responsible, and what these data
could not have shown. Values are per operation or request where that is known
(meta.json), else per second. Several runs on each side show smaller changes.

BASE and NEW are a file, a pattern in quotes, a directory of runs, or a URL that is
observed for --duration. Sets are written BASE... -- NEW..., or --base BASE... NEW...
A directory of runs has a directory for each: cpu.pb.gz, allocs.pb.gz, bench.txt,
meta.json ({"ops": 12000, "unit": "request", "user_s": 9.1, "sys_s": 0.8, "pair": 1}).

What a function is called may change: renamed, moved and inlined functions are
matched, and the report says where that is a guess. Cost that only moved is no
regression. The exit status is 0 whatever changed: goperf gate judges.`,
		Example: `goperf diff old.pb.gz new.pb.gz
goperf diff runs/base runs/new -f markdown
goperf diff old-*.pb.gz -- new-*.pb.gz
goperf diff old.txt new.txt                    # results of go test -bench
goperf diff old.pb.gz new.pb.gz -f html -o diff.html
goperf diff old.pb.gz new.pb.gz --tui
goperf diff v1.goperf http://127.0.0.1:6060 --profile cpu`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDiff(cmd.Context(), env, args, cmd.ArgsLenAtDash(), opts)
		},
	}
	opts.target = addTargetFlags(cmd)
	for _, flag := range []string{"no-trace", "goroutines"} {
		hide(cmd, flag)
	}
	opts.output = addOutputFlags(cmd)
	hide(cmd, "fail-on") // nothing is found, only compared
	cmd.Annotations[exitStatusKey] = comparedStatus
	f := cmd.Flags()
	f.StringArrayVar(&opts.base, "base", nil, "compare with this `target`; all others are the new side; may be repeated")
	f.StringSliceVar(&opts.kinds, "profile", nil, "compare only these `kinds`: cpu, heap, allocs, mutex, block, goroutine")
	f.StringVar(&opts.module, "module", "", "`path` of the main module (default: what the profiles say)")
	f.Float64Var(&opts.confidence, "confidence", compare.Defaults().Confidence, "`level` of the intervals")
	f.IntVarP(&opts.rows, "nodecount", "n", 20, "show this `many` functions of a metric, 0 for all")
	f.StringVar(&opts.flame, "flame", "", "write the differential flame graph to this `file` as well: x.html, x.svg")
	f.StringVar(&opts.metric, "metric", "", "`what` the flame graph is of (default: the first that was compared): cpu, alloc_space, inuse_space, mutex_delay...")
	f.BoolVar(&opts.tui, "tui", false, "look at the comparison and the differential flame graph on the terminal")
	f.Lookup("format").Usage += ", " + strings.Join(diffFormats, ", ") + " (differential flame graph, as a page and on the terminal)"
	complete(cmd, "profile", []string{"cpu", "heap", "allocs", "mutex", "block", "goroutine"})
	return cmd
}

// sides are the targets on both sides.
func (o *diffOptions) sides(args []string, dash int) (base, next []string, err error) {
	switch {
	case len(o.base) > 0:
		base, next = o.base, args
	case dash >= 0:
		base, next = args[:dash], args[dash:]
	case len(args) == 2:
		base, next = args[:1], args[1:]
	case len(args) > 2:
		return nil, nil, usageError("goperf diff BASE... -- NEW... for sets of files", "diff: %d arguments: which are the base and which are new?", len(args))
	}
	missing := ""
	switch {
	case len(base)+len(next) == 0 && len(args) == 0:
		missing = "BASE and NEW are"
	case len(base) == 0 && len(args) != 1:
		missing = "BASE is"
	case len(next) == 0:
		missing = "NEW is"
	}
	if missing != "" {
		return nil, nil, usageError("for example: goperf diff old.pb.gz new.pb.gz", "diff: %s missing", missing)
	}
	return base, next, nil
}

// check finds everything wrong with the options before any work is done.
func (o *diffOptions) check(env Env) (output, error) {
	form := o.output.format
	if slices.Contains(diffFormats, form) {
		o.output.format = "text"
	}
	out, err := o.output.check(env)
	o.output.format = form
	switch {
	case err != nil:
		return out, err
	case o.confidence < 0.5 || o.confidence >= 1:
		return out, usageError("for example: --confidence 0.99", "--confidence: %v: want 0.5 to 0.999", o.confidence)
	case o.rows < 0:
		return out, usageError("--nodecount 0 shows all", "--nodecount: %d: is negative", o.rows)
	case o.flame != "" && drawing(o.flame) == "":
		return out, usageError("name it diff.html or diff.svg", "--flame: %s: no such form", o.flame)
	}
	return out, env.checkOutput(o.flame)
}

func (o *diffOptions) options() compare.Options {
	opts := compare.Options{Module: o.module, Confidence: o.confidence}
	for _, k := range o.kinds {
		opts.Kinds = append(opts.Kinds, evidence.Kind(k))
	}
	return opts
}

func runDiff(ctx context.Context, env Env, args []string, dash int, opts *diffOptions) error {
	out, err := opts.check(env)
	if err != nil {
		return err
	}
	before, after, err := opts.sides(args, dash)
	if err != nil {
		return err
	}
	env.collectRarely()
	if opts.tui {
		if opts.output.file != "" || opts.output.format != "" || opts.flame != "" {
			return usageError("e writes what the screens show; without --tui they are written", "diff: --tui: goes without -f, -o and --flame")
		}
		return runTUI(ctx, env, after, &tuiOptions{target: opts.target, color: opts.output.color, theme: "auto", base: before, compare: opts})
	}
	graph, r, err := opts.compare(ctx, env, before, after)
	if err != nil {
		return err
	}
	if opts.flame != "" {
		if err := graph.write(env, opts.flame, strings.TrimPrefix(drawing(opts.flame), "."), out); err != nil {
			return err
		}
	}
	if slices.Contains(diffFormats, opts.output.format) {
		return graph.write(env, out.file, opts.output.format, out)
	}
	return out.write(env, r)
}

// compare reads both sides and says what changed.
func (o *diffOptions) compare(ctx context.Context, env Env, before, after []string) (*graph, *report.Report, error) {
	base, err := o.load(ctx, env, before)
	if err != nil {
		return nil, nil, err
	}
	next, err := o.load(ctx, env, after)
	if err != nil {
		return nil, nil, err
	}
	return o.between(env, base, next)
}

// between compares two sides that are there.
func (o *diffOptions) between(env Env, base, next compare.Side) (*graph, *report.Report, error) {
	result, err := compare.Compare(base, next, o.options())
	if err != nil {
		return nil, nil, usageError("what is compared has to be of one kind, one unit and one platform", "%w", err)
	}
	r := wording.Report(result, wording.Options{Rows: o.rows, Confidence: o.confidence})
	r.Tool = env.toolVersion()
	if len(r.Evidence) == 0 {
		return nil, nil, noEvidence("", fmt.Errorf("%s, %s: hold no sample of what both have", base.Name, next.Name))
	}
	return &graph{result: result, base: base, next: next, metric: o.metric, module: o.module, options: o}, r, nil
}

// load reads the runs of a side: from files and directories, or from one live target.
func (o *diffOptions) load(ctx context.Context, env Env, targets []string) (compare.Side, error) {
	if o.isLive(env, targets) {
		o.asks()
		capture, err := collect(ctx, env, targets, o.target)
		if err != nil {
			return compare.Side{}, err
		}
		return sideOf(targets[0], capture)
	}
	return readSide(env, targets)
}

// asks takes what is not compared out of what a service is asked for.
func (o *diffOptions) asks() {
	if len(o.kinds) == 1 {
		o.target.only = evidence.Kind(o.kinds[0])
	}
	o.target.noTrace = true
}

// sideOf is what was collected as a side.
func sideOf(name string, c *evidence.Capture) (compare.Side, error) {
	side := compare.Side{Name: name, Runs: make([]compare.Run, 1)}
	if err := runs.Fill(&side.Runs[0], name, c); err != nil {
		return side, noEvidence("", err)
	}
	return side, nil
}

// readSide reads the runs of a side from files and directories.
func readSide(env Env, targets []string) (compare.Side, error) {
	side, err := runs.Load(env.Dir, targets...)
	if err != nil {
		hint := ""
		if errors.Is(err, runs.ErrNothing) {
			hint = "profiles, results of go test -bench, .goperf bundles and directories of them are compared"
		}
		return side, noEvidence(hint, err)
	}
	return side, nil
}

// isLive says that a side is one target that is no file.
func (o *diffOptions) isLive(env Env, targets []string) bool {
	if len(targets) != 1 {
		return false
	}
	target := targets[0]
	if target == "-" || target == "demo" {
		return true
	}
	_, err := os.Stat(env.path(target))
	return err != nil && !looksLikeFile(target) && !strings.ContainsAny(target, "*?[")
}

// write draws the differential flame graph in a form.
func (g *graph) write(env Env, file, form string, out output) error {
	t, head, err := g.build(env)
	if err != nil {
		return noEvidence("--metric takes one of "+strings.Join(g.metrics(), ", "), err)
	}
	return env.writeFile(file, func(w io.Writer) error { return g.draw(w, t, head, form, env, out) })
}

// metrics are those that a flame graph can be of.
func (g *graph) metrics() []string {
	var out []string
	for _, n := range g.result.Noise {
		out = append(out, n.Metric)
	}
	return out
}

// noise is what was found of the metric that is drawn.
func (g *graph) noise() (compare.Noise, bool) {
	i := slices.IndexFunc(g.result.Noise, func(n compare.Noise) bool { return n.Metric == cmp.Or(g.metric, n.Metric) })
	if i < 0 {
		return compare.Noise{}, false
	}
	return g.result.Noise[i], true
}
