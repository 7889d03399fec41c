package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/gate"
	"github.com/goperf/goperf/report"
)

func newGateExplainCommand(env Env) *cobra.Command {
	var opts gateOptions
	cmd := &cobra.Command{
		Use:   "explain [ID] --base RUNS --new RUNS",
		Short: "Tell noise from signal: what one budget of a verdict rests on",
		Long: `Compute a verdict again from its runs and show what one budget of it rests on: the
numbers and the test, the change beside what chance alone does, how many runs would
find smaller changes, what each run says, and the stacks that changed. ID is the
"id" of a budget in the report; without it all are listed.`,
		Example: `goperf gate explain --base runs/base --new runs/new
goperf gate explain cpu:main.score --base runs/base --new runs/new`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError("an id with spaces is quoted", "explain: %q: one argument too many", args[1])
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.named = cmd.Flags().Changed("policy")
			return runGateExplain(cmd.Context(), env, args, opts)
		},
	}
	opts.addFlags(cmd)
	delete(cmd.Annotations, exitStatusKey) // it judges nothing
	return cmd
}

func runGateExplain(ctx context.Context, env Env, args []string, o gateOptions) error {
	out, err := o.output.check(env)
	if err != nil {
		return err
	}
	p, sides, err := o.compared(ctx, env)
	if err != nil {
		return err
	}
	if sides.err != nil {
		return noEvidence("", sides.err)
	}
	in := gate.Input{Compared: sides.result, Policy: p, Now: env.Now(), Tool: env.toolVersion()}
	if len(args) == 0 {
		return listBudgets(env, gate.Judge(in))
	}
	r, err := gate.Explain(in, sides.base, sides.next, args[0])
	if unknown := (*gate.UnknownBudget)(nil); errors.As(err, &unknown) {
		return usageError(unknown.Hint(), "explain: %w", err)
	}
	if err != nil {
		return err
	}
	return out.write(env, r)
}

// listBudgets writes an id on each line, with its status.
func listBudgets(env Env, r *report.Report) error {
	var b strings.Builder
	for _, budget := range r.Verdict.Budgets {
		fmt.Fprintf(&b, "%-12s  %s\n", budget.Status, oneLine(budget.ID))
	}
	_, err := fmt.Fprint(env.Stdout, b.String())
	return err
}
