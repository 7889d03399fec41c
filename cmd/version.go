package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCommand(env Env) *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version and how goperf was built",
		Example:           "goperf version",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return runVersion(env)
		},
	}
}

func runVersion(env Env) error {
	line := fmt.Sprintf("%s %s %s/%s", env.toolVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if info, ok := env.BuildInfo(); ok {
		if revision := setting(info, "vcs.revision"); revision != "" {
			line += "\ncommit " + revision + " of " + setting(info, "vcs.time")
			if setting(info, "vcs.modified") == "true" {
				line += ", modified"
			}
		}
	}
	_, err := fmt.Fprintln(env.Stdout, line)
	return err
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
