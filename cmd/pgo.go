package cmd

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/pgo"
	"github.com/goperf/goperf/profile"
)

type pgoOptions struct {
	view   viewOptions
	out    outputOptions
	file   string
	binary string
	keep   float64
}

func newPGOCommand(env Env) *cobra.Command {
	opts := &pgoOptions{}
	cmd := &cobra.Command{
		Use:   "pgo TARGET|DIRECTORY|'GLOB'... [-o default.pgo]",
		Short: "Make a small profile for go build -pgo, and say what the compiler gets out of it",
		Long: `Make a profile for go build -pgo of the CPU profiles of any number of targets, files,
directories and patterns. The compiler reads the leaf of a stack and its caller; what
it does not read is left out, and what it optimises for stays.

The report says how much of what is hot the compiler can use: how old the profiles
are, whether they were taken from the build that --binary names, which hot calls that
build no longer has, and which were sampled too rarely to be trusted. Without -o
nothing is written, and a default.pgo is checked in this way:

  goperf pgo default.pgo --binary ./shop --fail-on warning

What cannot be read is named and skipped, and the exit status is then 1.`,
		Example: `goperf pgo http://127.0.0.1:6060 -o default.pgo
goperf pgo profiles/ --binary ./shop -o cmd/shop/default.pgo
goperf pgo 'prod/*/cpu.pb.gz' -o default.pgo
goperf pgo cmd/shop/default.pgo --binary ./shop --fail-on warning`,
		Args: someArgs("a profile", "goperf pgo http://127.0.0.1:6060 -o default.pgo"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPGO(cmd.Context(), env, args, opts)
		},
	}
	opts.view = viewOptions{target: addTargetFlags(cmd), kind: string(evidence.CPU)}
	for _, flag := range []string{"no-trace", "goroutines", "gc"} {
		hide(cmd, flag) // nothing but CPU profiles is asked for
	}
	f := cmd.Flags()
	f.StringVarP(&opts.file, "output", "o", "", "write the profile to this `file`, - is standard output")
	f.StringVar(&opts.binary, "binary", "", "compare with this build of the program, an executable `file`")
	f.Float64Var(&opts.keep, "keep", 0.999, "keep this `share` of the samples; what else is left out is light and in no hot call")
	f.StringVarP(&opts.out.format, "format", "f", "text", "`form` of the report: "+strings.Join(formatNames(), ", "))
	f.StringVar(&opts.out.failOn, "fail-on", "", "exit with 1 if a finding is at least this `severity`: "+strings.Join(severityNames(), ", "))
	f.StringVar(&opts.out.color, "color", "auto", "`when` to use colour: "+strings.Join(whens, ", "))
	f.IntVar(&opts.out.width, "width", 0, "`columns` of the text form (default: the terminal's, or 80)")
	complete(cmd, "format", formatNames())
	complete(cmd, "fail-on", severityNames())
	complete(cmd, "color", whens)
	annotateExitStatus(cmd)
	return cmd
}

func runPGO(ctx context.Context, env Env, args []string, opts *pgoOptions) error {
	out, err := opts.check(env)
	if err != nil {
		return err
	}
	binary, err := openBuilt(env, opts.binary)
	if err != nil {
		return err
	}
	env.collectRarely()
	in, err := opts.gather(ctx, env, args)
	if err != nil {
		return err
	}
	calls, err := pgo.Read(in.sum)
	if err != nil {
		return noEvidence(pgoHint(err), named(in.Name, err))
	}
	left, err := opts.write(env, in)
	if err != nil {
		return err
	}
	r := pgo.Report(calls, left, in.Input, binary.is(in.builds), pgo.PerSample(in.sum, calls), env.Now())
	r.Tool = env.toolVersion()
	if opts.file == "-" {
		env.Stdout = env.Stderr // the profile has standard output
	}
	if err := out.write(env, r); err != nil || in.skipped == 0 {
		return err
	}
	return exitWith(statusFindings)
}

// write writes the profile, if there is a place for it.
func (o *pgoOptions) write(env Env, in *pgoInput) (pgo.Left, error) {
	if o.file == "" {
		return pgo.Left{}, nil
	}
	small, left, err := pgo.Minimal(in.sum, o.keep)
	if err != nil {
		return left, err
	}
	data, err := profile.Encode(small)
	if err != nil {
		return left, err
	}
	in.File, in.BytesOut = shownName(o.file), int64(len(data))
	return left, env.writeBytes(o.file, data)
}

// check finds everything wrong with the options before any work is done.
func (o *pgoOptions) check(env Env) (output, error) {
	if o.keep <= 0 || o.keep > 1 {
		return output{}, usageError("--keep 1 keeps all", "--keep: %v: want more than 0 and at most 1", o.keep)
	}
	if o.file != "" {
		if err := checkBinaryOutput(env, "pgo", "default.pgo", o.file); err != nil {
			return output{}, err
		}
	}
	return o.out.check(env)
}
