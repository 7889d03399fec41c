package cmd

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

type collectOptions struct {
	target *targetOptions
	file   string
}

func newCollectCommand(env Env) *cobra.Command {
	var opts collectOptions
	cmd := &cobra.Command{
		Use:   "collect TARGET... -o FILE.goperf",
		Short: "Collect evidence into a bundle, to analyse later or elsewhere",
		Long: `Collect evidence into a .goperf bundle, to analyse later or elsewhere. A bundle is
a zip file of the profiles exactly as they were served: "go tool pprof" opens each.

Ctrl-C once ends the observation early and keeps what is there; twice quits.`,
		Example: `goperf collect http://127.0.0.1:6060 -o shop.goperf
goperf collect :6060 --duration 1m --no-trace -o shop.goperf
goperf collect profiles/ -o shop.goperf
goperf analyze shop.goperf`,
		Args: someArgs("a target", "goperf collect http://127.0.0.1:6060 -o shop.goperf"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCollect(cmd.Context(), env, args, opts)
		},
	}
	opts.target = addTargetFlags(cmd)
	cmd.Flags().StringVarP(&opts.file, "output", "o", "", "write the bundle to this `file`")
	annotateExitStatus(cmd)
	return cmd
}

func runCollect(ctx context.Context, env Env, targets []string, opts collectOptions) error {
	if opts.file == "" {
		return usageError("for example: -o shop.goperf; -o - writes to standard output", "collect: -o FILE is missing")
	}
	if opts.file == "-" && env.StdoutIsTerminal {
		return usageError("for example: -o shop.goperf", "collect: -o -: is a terminal")
	}
	if err := env.checkOutput(opts.file); err != nil {
		return err
	}
	capture, err := collect(ctx, env, targets, opts.target)
	if err != nil {
		return err
	}
	if err := saveBundle(env, opts.file, capture); err != nil {
		return err
	}
	if !opts.target.quiet {
		_, err = io.WriteString(env.Stderr, summary(opts.file, capture))
	}
	return err
}

// summary says what came and what did not.
func summary(name string, c *evidence.Capture) string {
	size := 0
	for _, b := range c.Blobs {
		size += len(b.Data)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d pieces of evidence, %s\n", report.Clean(name), len(c.Blobs), report.FormatValue(float64(size), "B"))
	for _, g := range c.Gaps {
		fmt.Fprintf(&out, "without %s: %s\n", g.Want, report.Clean(g.Why))
		if g.Hint != "" {
			fmt.Fprintf(&out, "hint: %s\n", report.Clean(g.Hint))
		}
	}
	return out.String()
}
