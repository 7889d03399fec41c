package cmd

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"
)

func newPeekCommand(env Env) *cobra.Command {
	var opts *viewOptions
	cmd := &cobra.Command{
		Use:   "peek REGEXP TARGET...",
		Short: "Show who calls the matching functions and what they call",
		Long: `Show who calls the functions that match REGEXP, and what they call: goperf tree for
these functions alone.`,
		Example: `goperf peek 'json\.Unmarshal$' cpu.pb.gz
goperf peek '^main\.' heap.pb.gz --sample-index alloc_space
goperf peek mallocgc http://127.0.0.1:6060 --duration 10s`,
		Args: patternAndTargets(`goperf peek 'json\.Unmarshal$' cpu.pb.gz`),
		RunE: func(cmd *cobra.Command, args []string) error {
			re, err := regexp.Compile(args[0])
			if err != nil {
				return usageError(hintPattern, "peek: %w", err)
			}
			return runTree(cmd.Context(), env, args[1:], opts, re)
		},
	}
	opts = addViewFlags(cmd, 0)
	cmd.ValidArgsFunction = targetsAfterPattern
	return cmd
}

func errNothing(re *regexp.Regexp) error {
	return fmt.Errorf("nothing matches %q", re.String())
}
