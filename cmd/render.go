package cmd

import (
	"github.com/spf13/cobra"

	"github.com/goperf/goperf/report"
)

func newRenderCommand(env Env) *cobra.Command {
	var out *outputOptions
	cmd := &cobra.Command{
		Use:   "render REPORT.json",
		Short: "Print a saved report in another form",
		Long: `Print a report that was saved with "goperf analyze -f json" in another form.
REPORT.json is a file, or - for standard input.`,
		Example: `goperf render report.json
goperf render report.json -f markdown -o report.md
curl -s https://example.com/report.json | goperf render - --fail-on warning`,
		Args: oneArg("a report", "goperf render report.json -f markdown"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []string{"json"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return runRender(env, args[0], out)
		},
	}
	out = addOutputFlags(cmd)
	return cmd
}

func runRender(env Env, name string, options *outputOptions) error {
	out, err := options.check(env)
	if err != nil {
		return err
	}
	data, err := env.readInput(name)
	if err != nil {
		return err
	}
	r, err := report.Decode(data)
	if err != nil {
		return noEvidence("", named(name, err))
	}
	return out.write(env, r)
}
