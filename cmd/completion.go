package cmd

import (
	"strings"

	"github.com/spf13/cobra"
)

func newCompletionCommand(env Env) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that teaches a shell to complete goperf",
		Long: `Print a script that teaches a shell to complete goperf's commands, flags,
targets, rules and sicknesses. SHELL is bash, zsh, fish or powershell.`,
		Example: `goperf completion bash > /etc/bash_completion.d/goperf
source <(goperf completion zsh)
goperf completion fish > ~/.config/fish/completions/goperf.fish`,
		Args:              oneArg("a shell", "goperf completion bash"),
		ValidArgsFunction: completeFirst(shells...),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(env.Stdout, true)
			case "zsh":
				return root.GenZshCompletion(env.Stdout)
			case "fish":
				return root.GenFishCompletion(env.Stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(env.Stdout)
			}
			return usageError("one of "+strings.Join(shells, ", "), "completion: %q: unknown shell", args[0])
		},
	}
}

// completeFirst completes the first argument from names, and no other.
func completeFirst(names ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
