package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/gate"
	"github.com/goperf/goperf/gate/policy"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/source/runs"
)

// policyFile is the policy that is read when none is named.
const policyFile = "goperf-gate.yaml"

// gateOptions say what is compared and what is allowed; the commands below gate
// share them.
type gateOptions struct {
	base, next   []string
	policy       string
	inconclusive string
	flame        string
	looks        int  // how often runs are looked at: each time may raise a false alarm
	named        bool // the policy was: it has to be there
	output       *outputOptions
}

func (o *gateOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.base, "base", nil, "compare with these `runs`: a directory, a file, a pattern, or git:REF[:DIR]; may be repeated")
	f.StringArrayVar(&o.next, "new", nil, "judge these `runs`: as for --base")
	f.IntVar(&o.looks, "looks", 1, "these runs were looked at so `many` times while there were fewer: each look has its part of the false alarms")
	o.addPolicyFlags(cmd)
}

func (o *gateOptions) addPolicyFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.policy, "policy", "p", policyFile, "what is allowed: this `file`, see goperf gate init; the default policy when it is not there")
	f.StringVar(&o.inconclusive, "inconclusive", "", "`what` runs that cannot tell count as: pass, fail (default: what the policy says, or exit status 4)")
	f.StringVar(&o.flame, "flame", "", "write the differential flame graph to this `file`, x.html or x.svg, and name it in the report; a URL is only named")
	complete(cmd, "inconclusive", []string{"pass", "fail"})
	o.output = addOutputFlags(cmd)
	hide(cmd, "fail-on")
	cmd.Annotations[exitStatusKey] = gateStatusHelp
}

const gateStatusHelp = `0  pass: no budget is exceeded
1  regression: a budget is exceeded
2  the command line or the policy cannot be done as it stands
3  no evidence: there is nothing that can be compared
4  inconclusive: these runs cannot tell; --inconclusive=pass or fail makes it 0 or 1`

func newGateCommand(env Env) *cobra.Command {
	var opts gateOptions
	cmd := &cobra.Command{
		Use:   "gate --base RUNS --new RUNS",
		Short: "Judge a change by a policy: pass, regression or inconclusive",
		Long: `Compare the runs of two builds and hold what changed against a policy: budgets for
the program, for functions, packages and benchmarks, with exceptions that end. The
exit status is the verdict. docs/gate.md explains the policy and the statistics.

RUNS is a directory that has a directory for each run, with its profiles (cpu.pb.gz,
allocs.pb.gz, mutex.pb.gz), bench.txt and meta.json, as "goperf gate run" leaves them;
a directory of profiles, results of benchmarks or bundles; a file; or git:REF[:DIR],
the folder DIR (.goperf) of a commit. More runs see smaller changes, and the report
says which ones these would have shown.`,
		Example: `goperf gate init                                   # write a policy with every key explained
goperf gate run -- go test -bench . ./store        # measure base and new in turns, then judge
goperf gate --base runs/base --new runs/new
goperf gate --base git:origin/main --new .goperf -f markdown -o comment.md
goperf gate explain cpu:main.score --base runs/base --new runs/new`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if near := nearest(args[0], commandNames(cmd)); near != "" {
				return usageError(fmt.Sprintf("did you mean %q?", "goperf gate "+near), "gate: %q: unknown command", args[0])
			}
			return usageError("for example: goperf gate --base runs/base --new runs/new", "gate: %q: the two sides are named with --base and --new", args[0])
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.named = cmd.Flags().Changed("policy")
			return runGate(cmd.Context(), env, opts)
		},
	}
	opts.addFlags(cmd)
	cmd.AddCommand(newGateInitCommand(env), newGateRunCommand(env), newGateExplainCommand(env), newGateHistoryCommand(env))
	return cmd
}

func runGate(ctx context.Context, env Env, o gateOptions) error {
	out, err := o.output.check(env)
	if err != nil {
		return err
	}
	p, sides, err := o.compared(ctx, env)
	if err != nil {
		return err
	}
	if err := o.draw(env, p, sides, out); err != nil {
		return err
	}
	return out.write(env, o.judge(env, p, sides))
}

// compared reads the policy and both sides, and compares them.
func (o *gateOptions) compared(ctx context.Context, env Env) (*policy.Policy, *gateSides, error) {
	p, err := o.readPolicy(env)
	if err != nil {
		return nil, nil, err
	}
	sides, err := o.load(ctx, env, p)
	return p, sides, err
}

// flameForm is "html" or "svg", "" when no flame graph is to be drawn.
func (o *gateOptions) flameForm() (string, error) {
	if o.flame == "" || strings.Contains(o.flame, "://") {
		return "", nil
	}
	form := strings.TrimPrefix(drawing(o.flame), ".")
	if form == "" {
		return "", usageError("name it diff.html or diff.svg", "--flame: %s: no such form", o.flame)
	}
	return form, nil
}

// draw writes the differential flame graph, when one is wanted and there is
// something to draw: else the report says why nothing was compared.
func (o *gateOptions) draw(env Env, p *policy.Policy, sides *gateSides, out output) error {
	form, err := o.flameForm()
	if form == "" || !sides.drawable() {
		return err
	}
	return (&graph{result: sides.result, base: sides.base, next: sides.next, module: p.Module}).write(env, o.flame, form, out)
}

// drawable says that both sides have profiles.
func (s *gateSides) drawable() bool { return s.err == nil && len(s.result.Noise) > 0 }

// judge makes a report of what was compared. What could not be is one as well,
// so that every format says so.
func (o *gateOptions) judge(env Env, p *policy.Policy, sides *gateSides) *report.Report {
	in := gate.Input{
		Compared: sides.result, Policy: p, Now: env.Now(), Tool: env.toolVersion(), Flame: o.flame,
		Reproduce: []string{o.command("gate", sides)},
	}
	if form, err := o.flameForm(); err != nil || form != "" && !sides.drawable() {
		in.Flame = "" // a report names no file that is not there
	}
	if sides.err != nil {
		return gate.Refused(in, sides.base.Name, sides.next.Name, sides.err)
	}
	return gate.Judge(in)
}

// options are those of the comparison; each look has its part of the false alarms.
func (o *gateOptions) options(p *policy.Policy) compare.Options {
	options := gate.Options(p)
	options.Q /= float64(max(o.looks, 1))
	options.TotalQ /= float64(max(o.looks, 1))
	return options
}

// readPolicy reads the policy, or takes the default one when the user has none.
// What is wrong with the flags beside it is told here too, before anything is measured.
func (o *gateOptions) readPolicy(env Env) (*policy.Policy, error) {
	switch o.inconclusive {
	case "", "pass", "fail":
	default:
		return nil, unknownValue("--inconclusive", o.inconclusive, []string{"pass", "fail"})
	}
	if _, err := o.flameForm(); err != nil {
		return nil, err
	}
	text, err := readText(env, o.policy, policy.MaxBytes)
	var p *policy.Policy
	switch {
	case errors.Is(err, fs.ErrNotExist) && !o.named:
		p = policy.Default()
	case err != nil:
		return nil, usageError("goperf gate init writes one", "%w", err)
	default:
		if p, err = policy.Parse(text); err != nil {
			return nil, usageError("docs/gate.md explains every key; goperf gate init writes a policy to compare with", "%s: %w", o.policy, err)
		}
	}
	if o.inconclusive != "" {
		p.Decide.OnInconclusive = o.inconclusive
	}
	return p, nil
}

// command is the command line that gives the report again.
func (o *gateOptions) command(verb string, sides *gateSides) string {
	words := append([]string{"goperf"}, strings.Fields(verb)...)
	for _, b := range sides.baseNames {
		words = append(words, "--base", b)
	}
	for _, n := range sides.nextNames {
		words = append(words, "--new", n)
	}
	if o.looks > 1 {
		words = append(words, "--looks", fmt.Sprint(o.looks))
	}
	if o.named || o.policy != policyFile {
		words = append(words, "--policy", o.policy)
	}
	if o.inconclusive != "" {
		words = append(words, "--inconclusive", o.inconclusive)
	}
	return shellLine(words)
}

// shellLine is a command line that a shell takes apart into these words.
func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if w != "" && strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+") == "" {
			quoted[i] = w
			continue
		}
		quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}

// gateSides are the runs of both sides and what comparing them gave, or why they
// could not be had or compared.
type gateSides struct {
	base, next           compare.Side
	baseNames, nextNames []string // by which they can be had again
	result               *compare.Result
	err                  error
}

// load reads both sides and compares them. What is missing, damaged or no pair is
// told in a report, unless the command line is to blame.
func (o *gateOptions) load(ctx context.Context, env Env, p *policy.Policy) (*gateSides, error) {
	if len(o.base) == 0 || len(o.next) == 0 {
		missing := "--base"
		if len(o.base) > 0 {
			missing = "--new"
		}
		return nil, usageError("for example: goperf gate --base runs/base --new runs/new; or let goperf measure: goperf gate run -- go test -bench .", "gate: %s is missing", missing)
	}
	s := &gateSides{}
	var err [2]error
	s.base, s.baseNames, err[0] = loadRuns(ctx, env, o.base)
	s.next, s.nextNames, err[1] = loadRuns(ctx, env, o.next)
	for _, e := range err {
		if usage := (*statusError)(nil); errors.As(e, &usage) && usage.status == statusUsage {
			return nil, e
		}
	}
	if s.err = errors.Join(err[:]...); s.err == nil {
		s.result, s.err = compare.Compare(s.base, s.next, o.options(p))
	}
	return s, nil
}

// loadRuns reads one side. The names it gives back are the ones it can be read
// by again: a branch is a commit there.
func loadRuns(ctx context.Context, env Env, names []string) (side compare.Side, again []string, err error) {
	again = names
	var paths []string
	var cleanup []func()
	defer func() {
		for _, f := range cleanup {
			f()
		}
	}()
	for i, name := range names {
		ref, ok := strings.CutPrefix(name, "git:")
		if !ok {
			paths = append(paths, name)
			continue
		}
		dir, exact, remove, err := fromGit(ctx, env, ref)
		if err != nil {
			return compare.Side{Name: strings.Join(names, " ")}, again, fmt.Errorf("%s: %w", name, err)
		}
		cleanup = append(cleanup, remove)
		again = append(append(append([]string{}, again[:i]...), exact), again[i+1:]...)
		paths = append(paths, dir)
	}
	side, err = runs.Load(env.Dir, paths...)
	side.Name = strings.Join(names, " ")
	return side, again, err
}
