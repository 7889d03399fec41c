package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/gate/policy"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/source/git"
	"github.com/goperf/goperf/source/turns"
)

type gateRunOptions struct {
	gate   gateOptions
	ref    string
	out    string
	build  string
	unit   string
	pairs  int
	budget time.Duration
	quiet  bool
}

func newGateRunCommand(env Env) *cobra.Command {
	opts := &gateRunOptions{}
	cmd := &cobra.Command{
		Use:   "run [--base REF] -- COMMAND",
		Short: "Measure base and new in turns, then judge",
		Long: `Build the merge base of HEAD and the main branch beside your checkout, and your files
as they are, with the same flags; run both in turns (base, new, new, base...), each
in a process of its own, with profiles; and judge them by the policy. It stops as soon
as every budget is settled, after the most pairs of the policy, or after --budget.
What was measured stays in --out; the same command goes on from there.

COMMAND is "go test -bench ...": each benchmark runs alone, with the same number of
iterations on both sides. Or any program that prints "ops: N", how many units of work
it has done: {cpu}, {mem}, {mutex} and {block} in its arguments are files that it may
write profiles to, {dir} is their folder. --build makes it in both checkouts.`,
		Example: `goperf gate run -- go test -bench . ./store
goperf gate run --base v1.4.0 --budget 5m -- go test -bench 'Encode|Decode' -benchtime 2s ./...
goperf gate run --build 'go build -o load ./cmd/load' -- ./load -n 20000 -cpuprofile {cpu}`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("for example: goperf gate run -- go test -bench . ./...", "run: a command is missing")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.gate.named = cmd.Flags().Changed("policy")
			return runGateRun(cmd.Context(), env, args, opts)
		},
	}
	f := cmd.Flags()
	f.SetInterspersed(false) // what follows the command is its own
	f.StringVar(&opts.ref, "base", "", "compare with this `commit` (default: where HEAD left the main branch)")
	f.StringVar(&opts.out, "out", artefacts, "keep the runs in this `folder`")
	f.StringVar(&opts.build, "build", "", "`command` that builds the program, run by sh in both checkouts")
	f.StringVar(&opts.unit, "unit", "op", "`what` a program that prints ops counts")
	f.IntVar(&opts.pairs, "pairs", 0, "take at most this `many` pairs of runs (default: measure.pairs.max of the policy)")
	f.DurationVar(&opts.budget, "budget", 0, "measure for at most this `time` (default: measure.budget of the policy)")
	f.BoolVarP(&opts.quiet, "quiet", "q", false, "no progress")
	opts.gate.addPolicyFlags(cmd)
	return cmd
}

func runGateRun(ctx context.Context, env Env, args []string, o *gateRunOptions) error {
	out, err := o.gate.output.check(env)
	if err != nil {
		return err
	}
	p, err := o.gate.readPolicy(env)
	if err != nil {
		return err
	}
	if err := o.limits(p); err != nil {
		return err
	}
	ctx, stop := env.Interruptible(ctx)
	defer stop()
	m := &measurement{env: env, o: o, policy: p, args: args, line: newProgressLine(env, o.quiet)}
	defer m.line.erase()
	r, err := m.run(ctx)
	m.line.erase()
	if err != nil {
		return m.explain(err)
	}
	if err := o.gate.draw(env, p, m.sides, out); err != nil {
		return err
	}
	return out.write(env, r)
}

// limits puts the flags into the policy.
func (o *gateRunOptions) limits(p *policy.Policy) error {
	if o.pairs < 0 || o.pairs > 1000 {
		return usageError("", "--pairs: %d: want 1 to 1000", o.pairs)
	}
	if o.budget < 0 {
		return usageError("for example: --budget 10m", "--budget: %v: is negative", o.budget)
	}
	if o.pairs > 0 {
		p.Measure.MaxPairs = o.pairs
		p.Measure.MinPairs = min(p.Measure.MinPairs, o.pairs)
	}
	p.Measure.Budget = cmp.Or(o.budget, p.Measure.Budget)
	return nil
}

// measurement is one run of gate run.
type measurement struct {
	env    Env
	o      *gateRunOptions
	policy *policy.Policy
	args   []string
	base   string // commit, in short
	line   *progressLine
	sides  *gateSides     // as they were read last
	judged *report.Report // of them
	pairs  int
}

// run builds, measures and judges.
func (m *measurement) run(ctx context.Context) (r *report.Report, err error) {
	here, err := filepath.Abs(m.env.path("."))
	if err != nil {
		return nil, err
	}
	repo, err := git.Open(ctx, here)
	if err != nil {
		return nil, usageError("run it in the repository that is to be judged", "%w", err)
	}
	commits, err := m.commits(ctx, repo)
	if err != nil {
		return nil, err
	}
	below, err := repo.Here(here)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "goperf-gate-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = alsoError(err, os.RemoveAll(work)) }()
	m.line.show("checking out " + short(commits.base))
	tree := filepath.Join(work, "tree")
	remove, err := repo.Worktree(ctx, commits.base, tree)
	if err != nil {
		return nil, err
	}
	defer func() { err = alsoError(err, remove()) }()
	out, err := filepath.Abs(m.env.path(m.o.out))
	if err != nil {
		return nil, err
	}
	plan := &turns.Plan{
		Base:     turns.Side{Dir: filepath.Join(out, "base"), Commit: commits.base},
		New:      turns.Side{Dir: filepath.Join(out, "new"), Commit: commits.head, Dirty: commits.dirty},
		MaxPairs: m.policy.Measure.MaxPairs, Budget: m.policy.Measure.Budget, Now: m.env.Now, Getenv: m.env.getenv, Enough: m.enough, Progress: m.progress,
	}
	m.base = short(commits.base)
	if plan.Base.Subject, plan.New.Subject, err = m.subjects(ctx, filepath.Join(tree, below), here, work); err != nil {
		return nil, err
	}
	if m.pairs, err = plan.Measure(ctx); err != nil && (!errors.Is(err, turns.ErrBudget) || m.pairs == 0) {
		return nil, err
	}
	if m.judged == nil {
		m.judged, err = m.judge(ctx)
	}
	return m.judged, err
}

// commits are what is compared.
type commits struct {
	base, head string
	dirty      bool
}

// mains are where a branch usually comes from, in this order.
var mains = []string{"origin/HEAD", "origin/main", "origin/master", "main", "master"}

func (m *measurement) commits(ctx context.Context, repo git.Repo) (c commits, err error) {
	if c.head, err = repo.Commit(ctx, "HEAD"); err != nil {
		return c, usageError("commit something first", "the repository has no commit: %w", err)
	}
	if c.dirty, err = repo.Dirty(ctx); err != nil {
		return c, err
	}
	refs := mains
	if m.o.ref != "" {
		refs = []string{m.o.ref}
	}
	for _, ref := range refs {
		id, err := repo.Commit(ctx, ref)
		if err != nil && m.o.ref != "" {
			return c, usageError("git branch -a lists what there is", "--base: %w", err)
		}
		if err != nil {
			continue
		}
		if c.base, err = repo.MergeBase(ctx, id, c.head); err != nil {
			return c, usageError("", "--base: %w", err)
		}
		break
	}
	switch {
	case c.base == "":
		return c, usageError("name a commit with --base", "none of %s is a branch here: what is the base?", strings.Join(mains, ", "))
	case c.base == c.head && !c.dirty:
		return c, usageError("name an earlier commit, for example: --base HEAD~1", "HEAD is the base itself, and nothing is changed: there is nothing to compare")
	}
	return c, nil
}

// subjects builds both sides.
func (m *measurement) subjects(ctx context.Context, base, here, work string) (turns.Subject, turns.Subject, error) {
	old, ok := turns.NewGoTest(base, filepath.Join(work, "base"), m.args)
	if ok && m.o.build == "" {
		next, _ := turns.NewGoTest(here, filepath.Join(work, "new"), m.args)
		for _, side := range []struct {
			name string
			t    *turns.GoTest
		}{{"base " + m.base, old}, {"new", next}} {
			m.line.show("building " + side.name + " and looking how long its benchmarks take")
			if err := side.t.Prepare(ctx); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", side.name, err)
			}
		}
		left, err := turns.Agree(old, next)
		if len(left) > 0 {
			m.tell("not on both sides, so not compared: " + strings.Join(left, ", "))
		}
		return old, next, err
	}
	if m.o.build != "" {
		for _, dir := range []string{base, here} {
			m.line.show("building in " + dir)
			if err := turns.Build(ctx, dir, []string{"sh", "-c", m.o.build}); err != nil {
				return nil, nil, err
			}
		}
	}
	return &turns.Command{Dir: base, Args: m.args, Unit: m.o.unit}, &turns.Command{Dir: here, Args: m.args, Unit: m.o.unit}, nil
}

// tell writes a line to standard error, above the progress.
func (m *measurement) tell(text string) {
	m.line.erase()
	_, _ = io.WriteString(m.env.Stderr, "goperf: "+report.Clean(text)+"\n") // nobody is left to tell
}

func (m *measurement) progress(pair int, side string, elapsed time.Duration) {
	m.line.show(fmt.Sprintf("pair %d of %d to %d, %s · %s of at most %s (Ctrl-C keeps what there is)", pair, m.policy.Measure.MinPairs, m.policy.Measure.MaxPairs, side,
		elapsed.Round(time.Second), m.policy.Measure.Budget))
}

// lookAt are the numbers of pairs after which the gate looks: the least, then
// twice as many again and again, and the most. Each look may be wrong, so each
// has its part of the false alarms.
func lookAt(least, most int) []int {
	var at []int
	for n := least; n < most; n *= 2 {
		at = append(at, n)
	}
	return append(at, most)
}

// enough looks whether every budget is settled.
func (m *measurement) enough(pairs int) (bool, error) {
	m.judged = nil
	looks := lookAt(m.policy.Measure.MinPairs, m.policy.Measure.MaxPairs)
	for _, n := range looks {
		if n != pairs {
			continue
		}
		m.line.show(fmt.Sprintf("looking at %d pairs", pairs))
		r, err := m.judge(context.Background())
		if err != nil {
			return false, err
		}
		m.judged = r
		return r.Verdict.Outcome == report.Pass || r.Verdict.Outcome == report.Regression, nil
	}
	return false, nil
}

// judge reads what was measured as gate would, so that its command line gives
// the same report.
func (m *measurement) judge(ctx context.Context) (*report.Report, error) {
	g := m.o.gate
	g.base, g.next = []string{filepath.Join(m.o.out, "base")}, []string{filepath.Join(m.o.out, "new")}
	g.looks = len(lookAt(m.policy.Measure.MinPairs, m.policy.Measure.MaxPairs))
	sides, err := g.load(ctx, m.env, m.policy)
	if err != nil {
		return nil, err
	}
	m.sides = sides
	return g.judge(m.env, m.policy, sides), nil
}

// explain says of an error what is left and how to go on. A command that failed
// has the end of its output shown: it is why.
func (m *measurement) explain(err error) error {
	if failed, ok := errors.AsType[*turns.Failed](err); ok {
		for _, l := range failed.Tail {
			_, _ = io.WriteString(m.env.Stderr, "  "+report.Clean(l)+"\n") // nobody is left to tell
		}
	}
	hint := hintOf(err)
	if m.pairs > 0 && hint == "" {
		hint = fmt.Sprintf("%s in %s: the same command goes on from there, and goperf gate --base %s --new %s judges what there is", kept(m.pairs), m.o.out,
			shellLine([]string{filepath.Join(m.o.out, "base")}), shellLine([]string{filepath.Join(m.o.out, "new")}))
	}
	if _, ok := errors.AsType[*statusError](err); ok {
		return err
	}
	if errors.Is(err, turns.ErrNoBench) {
		return usageError("for example: goperf gate run -- go test -bench . ./...", "%w", err)
	}
	if errors.Is(err, context.Canceled) {
		err = errors.New("gate run: interrupted")
	}
	return noEvidence(hint, err)
}

// alsoError keeps the hint of err: one that was joined with nothing has none.
func alsoError(err, other error) error {
	if other == nil {
		return err
	}
	return errors.Join(err, other)
}

func kept(pairs int) string {
	if pairs == 1 {
		return "1 pair of runs is kept"
	}
	return fmt.Sprintf("%d pairs of runs are kept", pairs)
}

func short(commit string) string { return commit[:min(len(commit), 12)] }
