// Package cmd is goperf's command line: one file for each command, and [Main],
// which runs one.
//
// The rules of the interface:
//
//   - The result goes to standard output, everything else to standard error.
//   - Progress is drawn on standard error, only when that is a terminal, and
//     is gone when the command ends.
//   - What failed is one line, "goperf: subject: what", in lower case and
//     without a period; what to try is a second line, "hint: ...". Only [Main]
//     prints them.
//   - A file appears whole or not at all.
//   - The exit status comes from the report, never from a renderer:
//     0 fine, 1 findings at or above --fail-on or a regression, 2 usage,
//     3 no evidence, 4 inconclusive (gate).
//
// The package knows the process only through [Env]; it has no variables and
// nothing in it runs before Main.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs one command line, without the program's name, and returns the exit
// status. It is the only place that prints an error.
func Main(ctx context.Context, env Env, args []string) int {
	root := newRootCommand(env, needed(args))
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil || readerGone(err) {
		return statusFine
	}
	failed := &statusError{status: statusUsage, err: err}
	errors.As(err, &failed)
	if failed.err == nil {
		return failed.status // the report has said it all
	}
	text := "goperf: " + oneLine(err.Error()) + "\n"
	if hint := hintOf(err); hint != "" {
		text += "hint: " + oneLine(hint) + "\n"
	}
	_, _ = io.WriteString(env.Stderr, text) // nobody is left to tell
	return failed.status
}

// readerGone says that nobody reads the output any more, which is no failure.
func readerGone(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// commands lists the commands in the order in which help shows them.
func commands() []command {
	return []command{
		{"analyze", newAnalyzeCommand},
		{"tui", newTUICommand},
		{"collect", newCollectCommand},
		{"gc", newGCCommand},
		{"gate", newGateCommand},
		{"render", newRenderCommand},
		{"top", newTopCommand},
		{"tree", newTreeCommand},
		{"peek", newPeekCommand},
		{"list", newListCommand},
		{"flame", newFlameCommand},
		{"diff", newDiffCommand},
		{"traces", newTracesCommand},
		{"raw", newRawCommand},
		{"merge", newMergeCommand},
		{"convert", newConvertCommand},
		{"pgo", newPGOCommand},
		{"probe", newProbeCommand},
		{"demo", newDemoCommand},
		{"explain", newExplainCommand},
		{"rules", newRulesCommand},
		{"doctor", newDoctorCommand},
		{"version", newVersionCommand},
		{"completion", newCompletionCommand},
	}
}

// command is how a command is made. Its name stands here as well because making
// all of them takes longer than what most of them do.
type command struct {
	name string
	make func(Env) *cobra.Command
}

// needed is the command that args name, or all: for help, for completion, and
// to say what is near a name that is none.
func needed(args []string) []command {
	all := commands()
	if len(args) > 0 && args[0] != "completion" {
		for i, c := range all {
			if c.name == args[0] {
				return all[i : i+1]
			}
		}
	}
	return all
}

func newRootCommand(env Env, commands []command) *cobra.Command {
	root := &cobra.Command{
		Use:   "goperf",
		Short: "Say why a Go service is slow, big or stalled, what it costs and what to change",
		Example: `goperf analyze demo                            # start a sick service and diagnose it
goperf analyze http://127.0.0.1:6060           # a service that serves net/http/pprof
goperf analyze cpu.pb.gz heap1.pb.gz heap2.pb.gz
goperf top cpu.pb.gz                           # the functions that cost most
goperf explain regexp-compile                  # what a finding means`,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { writeHelp(env, cmd) })
	root.SetFlagErrorFunc(flagError)
	for _, c := range commands {
		root.AddCommand(c.make(env))
	}
	root.SetHelpCommand(newHelpCommand())
	return root
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Example: "goperf help analyze",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return commandNames(cmd.Root()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Root().Help()
			}
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 || found == cmd.Root() {
				return unknownCommand(cmd.Root(), args[0])
			}
			return found.Help()
		},
	}
}

// unknownCommand says what the word may have meant: a command, or a target that
// lacks its verb.
func unknownCommand(root *cobra.Command, word string) error {
	hint := "goperf --help lists the commands"
	if near := nearest(word, commandNames(root)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", "goperf "+near)
	} else if strings.ContainsAny(word, ":/.") || word == "-" {
		hint = "to analyse a target: goperf analyze " + word
	}
	return usageError(hint, "%q: unknown command", word)
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
		}
	}
	return names
}

// flagError names the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help shows the flags"
	text := err.Error()
	if word, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		text = fmt.Sprintf("--%s: unknown flag", word)
		if near := nearest(word, flagNames(cmd)); near != "" {
			hint = "did you mean --" + near + "?"
		}
	}
	return usageError(hint, "%s: %s", cmd.Name(), text)
}
