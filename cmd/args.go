package cmd

import "github.com/spf13/cobra"

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError(cmd.CommandPath()+" --help shows how it is used", "%s: %q: takes no arguments", cmd.Name(), args[0])
}

// oneArg wants exactly one argument; what names it and example shows it.
func oneArg(what, example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return usageError("for example: "+example, "%s: %s is missing", cmd.Name(), what)
		case 1:
			return nil
		}
		return usageError("for example: "+example, "%s: %q: one argument too many", cmd.Name(), args[1])
	}
}

// someArgs wants at least one argument.
func someArgs(what, example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError("for example: "+example, "%s: %s is missing", cmd.Name(), what)
		}
		return nil
	}
}
