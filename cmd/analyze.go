package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/ebpf"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/rules"
)

type analyzeOptions struct {
	target *targetOptions
	output *outputOptions
	save   string
	tui    bool

	again, secret []string // flags, see repeated

	command *lastOutput // of what was started just now to be looked at on screens; else nil
}

func newAnalyzeCommand(env Env) *cobra.Command {
	var opts analyzeOptions
	cmd := &cobra.Command{
		Use:   "analyze TARGET... | analyze -- COMMAND",
		Short: "Collect evidence, say what is wrong, what it costs and what to change",
		Long: `Collect evidence about a Go service, say what is wrong, what it costs and what to
change, best first. TARGET is the URL of a service with net/http/pprof, pid:N,
files and directories of saved profiles, a .goperf bundle, - for standard input,
or demo. Of a process without an endpoint the goroutines are read from memory.
A command after -- is started, looked at for the duration, and then told to end; its
output goes to standard error.

Ctrl-C once ends the observation early and analyses what is there; twice quits.`,
		Example: `goperf analyze demo
goperf analyze http://127.0.0.1:6060
goperf analyze pid:4711
goperf analyze --duration 30s -- ./shop -port 8080
goperf analyze https://shop.example.com/ops --bearer-file token --duration 1m
goperf analyze cpu.pb.gz heap1.pb.gz heap2.pb.gz
goperf analyze :6060 -f json -o report.json --fail-on warning --save shop.goperf
goperf analyze shop.goperf -f markdown
goperf analyze http://127.0.0.1:6060 --tui --save shop.goperf`,
		Args: someArgs("a target", "goperf analyze http://127.0.0.1:6060"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.again, opts.secret = repeated(cmd)
			if cmd.ArgsLenAtDash() == 0 {
				screens := opts.tui && !(&tuiOptions{}).isPlain(env)
				return withCommand(cmd.Context(), env, args, screens, func(target string, kept *lastOutput) error {
					opts.command = kept
					return runAnalyze(cmd.Context(), env, []string{target}, opts)
				})
			}
			return runAnalyze(cmd.Context(), env, args, opts)
		},
	}
	opts.target = addTargetFlags(cmd)
	opts.output = addOutputFlags(cmd)
	cmd.Flags().StringVar(&opts.save, "save", "", "keep the evidence in this .goperf `file`")
	cmd.Flags().BoolVar(&opts.tui, "tui", false, "look at the result on the terminal while it comes, as goperf tui does")
	return cmd
}

// startup is how long a command may take until it can be looked at: the runtime
// has begun, and a server listens.
const startup = 500 * time.Millisecond

// withCommand starts a command and hands its process to run as a target. Where
// screens are shown it has the terminal only when they are gone: what it has written
// is there then, and run gives it the time to start.
func withCommand(ctx context.Context, env Env, args []string, screens bool, run func(target string, kept *lastOutput) error) (err error) {
	in, out := env.Stdin, env.Stderr
	var kept *lastOutput
	if screens {
		kept = &lastOutput{}
		in, out = nil, kept
		defer func() { err = errors.Join(err, kept.tell(env.Stderr)) }()
	}
	c, err := ebpf.Launch(ctx, args, in, out, out)
	if err == nil {
		defer func() { err = errors.Join(err, c.Stop()) }()
		err = c.Resume()
	}
	if err != nil {
		return noEvidence("what stands after -- is started: a name from PATH, or a path such as ./shop, and its arguments", err)
	}
	if !screens {
		await(ctx, startup)
	}
	return run(fmt.Sprintf("pid:%d", c.PID), kept)
}

func await(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func runAnalyze(ctx context.Context, env Env, targets []string, opts analyzeOptions) error {
	out, err := opts.output.check(env)
	if err != nil {
		return err
	}
	if opts.save == "-" {
		return usageError("goperf collect -o - writes a bundle to standard output", "--save: -: is not a file")
	}
	if err := env.checkOutput(opts.save); err != nil {
		return err
	}
	if opts.tui {
		o := &tuiOptions{target: opts.target, color: opts.output.color, theme: "auto", outcome: outcome{save: opts.save, failOn: out.failOn}, command: opts.command, again: opts.again, secret: opts.secret}
		switch {
		case out.file != "":
			o.write = func(r *report.Report) error { return out.write(env, r) }
		case opts.output.format != "":
			return usageError("-o FILE writes the report when the screens are gone", "--tui: -f %s: goes with -o", opts.output.format)
		}
		return runTUI(ctx, env, targets, o)
	}
	capture, err := collect(ctx, env, targets, opts.target)
	if err != nil {
		return err
	}
	var saved error
	if opts.save != "" {
		saved = saveBundle(env, opts.save, capture)
	}
	set := evidence.Decode(capture)
	r := diagnose.Run(rules.All(), set, diagnose.Limits{})
	exhibit.Fill(r, set)
	r.Tool = env.toolVersion()
	err = out.write(env, r)
	return cmp.Or(saved, err) // a full disk must not cost the report
}

func saveBundle(env Env, name string, capture *evidence.Capture) error {
	return env.writeFile(name, func(w io.Writer) error { return writeBundle(w, env, capture) })
}

func writeBundle(w io.Writer, env Env, capture *evidence.Capture) error {
	if err := evidence.WriteBundle(w, capture, env.toolVersion()); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}
