package cmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/gctune/advise"
	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/report"
)

type gcOptions struct {
	target *targetOptions
	output *outputOptions
	terms  gcTerms
	save   string
}

// gcDuration is 30 s of CPU profile, a trace in its middle, and some: about as
// many collections as the model wants to see of a usual service.
const gcDuration = 45 * time.Second

func newGCCommand(env Env) *cobra.Command {
	var opts gcOptions
	cmd := &cobra.Command{
		Use:   "gc TARGET...",
		Short: "Predict what other GOGC and GOMEMLIMIT would give, and recommend",
		Long: `Observe the garbage collector of a Go service, predict what other settings of GOGC
and GOMEMLIMIT would cost in CPU and need in memory, and recommend one for its
container. TARGET is the URL of a service with net/http/pprof, pid:N, a gctrace
log, an execution trace, a page of metrics, a .goperf bundle, or several of them.

A live target is observed for --duration: its CPU is profiled, the MemStats page is
asked for once a second, and one short execution trace is taken (not with --no-trace).`,
		Example: `goperf gc http://127.0.0.1:6060
goperf gc pid:4242 --burst 2x
goperf gc :6060 --limit 512MiB --reserve 40MiB --load 1.5x
goperf gc gctrace.log cpu.pb.gz --gogc 200
goperf gc :6060 --grid 50,100,200,off/600MiB -f json`,
		Args: someArgs("a target", "goperf gc http://127.0.0.1:6060"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runGC(cmd.Context(), env, args, opts)
		},
	}
	opts.target = addTargetFlags(cmd)
	opts.target.duration = gcDuration
	cmd.Flags().Lookup("duration").DefValue = gcDuration.String()
	hide(cmd, "goroutines")
	hide(cmd, "gc")
	opts.output = addOutputFlags(cmd)
	opts.terms.addFlags(cmd)
	cmd.Flags().StringVar(&opts.save, "save", "", "keep the evidence in this .goperf `file`")
	return cmd
}

func runGC(ctx context.Context, env Env, targets []string, opts gcOptions) error {
	out, err := opts.output.check(env)
	if err != nil {
		return err
	}
	wants, err := opts.terms.check()
	if err != nil {
		return err
	}
	if err := env.checkOutput(opts.save); err != nil {
		return err
	}
	opts.target.collector = true
	capture, err := collect(ctx, env, targets, opts.target)
	if err != nil {
		return err
	}
	if opts.save != "" {
		if err := saveBundle(env, opts.save, capture); err != nil {
			return err
		}
	}
	set := evidence.Decode(capture)
	r, err := gcReport(set, wants)
	if err != nil {
		return noEvidence("", err)
	}
	r.Tool = env.toolVersion()
	return out.write(env, r)
}

// gcReport is the study of one target as a report.
func gcReport(set *evidence.Set, wants gcWants) (*report.Report, error) {
	seen, err := observe.Of(set, wants.wish)
	if err != nil {
		return nil, err
	}
	study, err := advise.Make(seen, wants.container(set), wants.grid)
	if err != nil {
		return nil, err
	}
	r := diagnose.Run(nil, set, diagnose.Limits{})
	r.Evidence = exhibit.Seen(set)
	r.Vitals = study.Vitals()
	r.Exhibits = []report.Exhibit{study.Observation(), study.Frontier(), study.FrontierData()}
	return r, nil
}
