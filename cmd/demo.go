package cmd

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/demo"
)

type demoOptions struct {
	sickness string
	duration time.Duration
	list     bool
	child    bool
}

func newDemoCommand(env Env) *cobra.Command {
	var opts demoOptions
	cmd := &cobra.Command{
		Use:   "demo [SICKNESS]",
		Short: "Run the embedded sick service and print its URL",
		Long: `Run the embedded sick service, under a load of its own, and print the URL of its
pprof endpoint, until Ctrl-C. It listens on 127.0.0.1 only.

"goperf analyze demo:SICKNESS" starts the same service and diagnoses it.`,
		Example: `goperf demo --list
goperf demo regexp
goperf demo goroutine-leak --duration 2m`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError("for example: goperf demo regexp", "demo: %q: one argument too many", args[1])
			}
			return nil
		},
		ValidArgsFunction: completeFirst(sicknessNames()...),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opts.sickness = args[0]
			}
			return runDemo(cmd.Context(), env, opts)
		},
	}
	cmd.Flags().DurationVar(&opts.duration, "duration", 0, "stop after this `time` (default: at Ctrl-C)")
	cmd.Flags().BoolVar(&opts.list, "list", false, "list the sicknesses and what they show")
	cmd.Flags().BoolVar(&opts.child, childFlag, false, "run until standard input ends, whatever the terminal sends")
	hide(cmd, childFlag)
	return cmd
}

func runDemo(ctx context.Context, env Env, opts demoOptions) error {
	if opts.list {
		return listSicknesses(env.Stdout)
	}
	if opts.duration < 0 {
		return usageError("for example: --duration 2m", "--duration: %v: is negative", opts.duration)
	}
	if err := checkSickness(opts.sickness); err != nil {
		return err
	}
	if opts.child {
		return runDemoChild(ctx, env, opts)
	}
	ctx, stop := env.Interruptible(ctx)
	defer stop()
	service, err := demo.Start(ctx, opts.sickness, demo.Options{Life: demoLife(opts.duration)})
	if err != nil {
		return noEvidence("goperf doctor says whether this machine can listen on 127.0.0.1", err)
	}
	defer service.Stop()
	if err := introduce(env.Stdout, service); err != nil {
		return err
	}
	<-service.Done()
	if ctx.Err() == nil && opts.duration == 0 {
		return noEvidence("", fmt.Errorf("demo %s: stopped by itself", service.Sickness.Name))
	}
	return nil
}

// forever is longer than anybody leaves a demo running.
const forever = 365 * 24 * time.Hour

func demoLife(duration time.Duration) time.Duration {
	if duration == 0 {
		return forever
	}
	return duration
}

func introduce(w io.Writer, s *demo.Service) error {
	_, err := fmt.Fprintf(w, "%s\n\n%s: %s\n\nTo diagnose it, in another terminal:\n  goperf analyze %s\nCtrl-C stops it.\n",
		s.URL, s.Sickness.Name, s.Sickness.Doc, s.URL)
	return err
}

func listSicknesses(w io.Writer) error {
	width := 0
	for _, s := range demo.All {
		width = max(width, len(s.Name))
	}
	var b strings.Builder
	for _, s := range demo.All {
		fmt.Fprintf(&b, "%-*s  %s\n", width, s.Name, s.Doc)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func checkSickness(name string) error {
	if _, err := demo.Find(name); err == nil {
		return nil
	}
	hint := "goperf demo --list shows what there is"
	if near := nearest(name, sicknessNames()); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usageError(hint, "demo: %q: unknown sickness", name)
}

func sicknessNames() []string {
	names := make([]string, len(demo.All))
	for i, s := range demo.All {
		names[i] = s.Name
	}
	return names
}
