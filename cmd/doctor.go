package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/ebpf"
)

type doctorOptions struct {
	format string
}

func newDoctorCommand(env Env) *cobra.Command {
	var opts doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what evidence can be had on this machine, and why not",
		Long: `Say what evidence can be had on this machine, and why not.

Every answer is yes, no, "in part" (with what is lost) or "could not tell"; a check that fails for a reason
which it does not understand never answers no.`,
		Example: `goperf doctor
goperf doctor -f json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), env, opts)
		},
	}
	addTableFormat(cmd, &opts.format)
	return cmd
}

func runDoctor(ctx context.Context, env Env, opts doctorOptions) error {
	if err := checkTableFormat(opts.format); err != nil {
		return err
	}
	answers := examine(ctx, newMachine(env), append(doctorChecks(), probeChecks(ebpf.All())...))
	if opts.format == "json" {
		return writeJSON(env.Stdout, answers)
	}
	return writeAnswers(env.Stdout, answers)
}

// The answers of a check.
const (
	yes         = "yes"
	inPart      = "in part"
	no          = "no"
	couldNotSay = "could not tell"
)

// answer is what a check found. Detail says what was seen or tried; Hint, what
// would turn a no into a yes.
type answer struct {
	Check  string `json:"check"`
	Gives  string `json:"gives"`
	Answer string `json:"answer"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
}

func examine(ctx context.Context, m machine, checks []check) []answer {
	answers := make([]answer, 0, len(checks))
	for _, c := range checks {
		a := c.ask(ctx, m)
		a.Check, a.Gives = c.name, c.gives
		answers = append(answers, a)
	}
	return answers
}

func writeAnswers(w io.Writer, answers []answer) error {
	var b strings.Builder
	for _, a := range answers {
		fmt.Fprintf(&b, "%-14s  %-20s  %s\n", a.Answer, a.Check, oneLine(a.Detail))
		if a.Answer == yes {
			continue
		}
		if a.Answer != inPart {
			fmt.Fprintf(&b, "%-14s  %-20s  without it: no %s\n", "", "", a.Gives)
		}
		if a.Hint != "" {
			fmt.Fprintf(&b, "%-14s  %-20s  hint: %s\n", "", "", a.Hint)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeJSON writes a value for programs: indented, and < stays <.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
