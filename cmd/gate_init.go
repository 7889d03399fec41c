package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/gate/policy"
)

func newGateInitCommand(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a policy with every key explained",
		Long: `Write the default policy, with every key explained, to FILE (` + policyFile + `). A file
that exists is never written over; - is standard output.`,
		Example: `goperf gate init
goperf gate init ci/gate.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError("for example: goperf gate init ci/gate.yaml", "init: %q: one argument too many", args[1])
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			name := policyFile
			if len(args) > 0 {
				name = args[0]
			}
			return runGateInit(env, name)
		},
	}
}

func runGateInit(env Env, name string) error {
	text := []byte(policy.Template(env.repo().Module))
	if name == "-" {
		return env.writeBytes(name, text)
	}
	// Exclusive: between a look whether it is there and a write somebody may make it.
	f, err := os.OpenFile(env.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usageError("goperf gate init - | diff "+name+" - shows what is new", "%s: is there already and is not written over", name)
	}
	if err != nil {
		return writeError(name, err)
	}
	if _, err := f.Write(text); err != nil {
		return writeError(name, errors.Join(err, f.Close(), os.Remove(f.Name())))
	}
	if err := f.Close(); err != nil {
		return writeError(name, err)
	}
	_, err = fmt.Fprintf(env.Stdout, "wrote %s; next: goperf gate run -- go test -bench . ./...\n", oneLine(name))
	return err
}
