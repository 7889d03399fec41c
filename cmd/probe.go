package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/ebpf"
	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/audit"
	"github.com/goperf/goperf/ebpf/offcpu"
	"github.com/goperf/goperf/ebpf/oncpu"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/sched"
	"github.com/goperf/goperf/ebpf/tcp"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/rules"
)

func newProbeCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "probe NAME pid:N | probe NAME -- COMMAND",
		Short: "Measure a running Go process from outside, without its help",
		Long: `Measure a running Go process from outside: it needs no endpoint, is not stopped and
not changed. Stripped, position-independent and cgo programs of Go 1.18 and later are
read. "probe list" says which probes run on this kernel with these privileges.

The target is the number of a process, also of one in a container, or a command that
is started and measured from its beginning on; its output goes to standard error.
Ctrl-C, the end of the time or of the target detaches; nothing stays in the kernel.`,
		Example: `goperf probe list
goperf probe oncpu pid:4711 --duration 30s
goperf probe oncpu pid:4711 -o cpu.pb.gz      # for goperf top, go tool pprof
goperf probe oncpu -- ./import -n 1000`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("goperf probe list says which run here", "probe: NAME is missing")
			}
			hint := "goperf probe list names them"
			if near := nearest(args[0], commandNames(cmd)); near != "" {
				hint = fmt.Sprintf("did you mean %q?", "goperf probe "+near)
			}
			return usageError(hint, "probe: %q: unknown probe", args[0])
		},
	}
	cmd.AddCommand(
		newProbeListCommand(env),
		newOncpuCommand(env),
		newOffcpuCommand(env),
		newTCPCommand(env),
		newWallCommand(env),
		newGoroutinesCommand(env),
		newAuditCommand(env),
		newSchedCommand(env),
	)
	return cmd
}

func newOncpuCommand(env Env) *cobra.Command {
	var o oncpu.Options
	cmd := newOneProbeCommand(env, oncpu.Name, "Sample what the process executes: a CPU profile with goroutines and pprof labels",
		func() probe.Probe { return oncpu.Probe(o) })
	cmd.Flags().IntVar(&o.Hertz, "hertz", oncpu.Hertz, "samples a second of a busy CPU (`rate`)")
	return cmd
}

func newOffcpuCommand(env Env) *cobra.Command {
	var o offcpu.Options
	cmd := newOneProbeCommand(env, offcpu.Name, "Measure what the process waits for: blocked time and waiting for a CPU, by stack and system call",
		func() probe.Probe { return offcpu.Probe(o) })
	cmd.Flags().BoolVar(&o.KernelStacks, "kernel-stacks", false, "keep the kernel's stack below the goroutine's; a switch costs two to three times as much")
	cmd.Flags().BoolVar(&o.Wakers, "waker", false, "say which code of the process ended a wait")
	addRungFlag(cmd, &o.Rung)
	return cmd
}

func newSchedCommand(env Env) *cobra.Command {
	var o sched.Options
	cmd := newOneProbeCommand(env, sched.Name, "Measure how the scheduler treats the process: run-queue latency, migrations, throttling",
		func() probe.Probe { return sched.Probe(o) })
	addRungFlag(cmd, &o.Rung)
	return cmd
}

// addRungFlag lets the user say how a probe attaches, to see what it gives on a
// kernel that has less.
func addRungFlag(cmd *cobra.Command, into *attach.Rung) {
	var names []string
	for _, r := range attach.Rungs() {
		names = append(names, string(r))
	}
	name := ""
	cmd.Flags().StringVar(&name, "rung", "", "attach by this `means` alone: "+strings.Join(names, ", ")+" (default: the first that works)")
	complete(cmd, "rung", names)
	cmd.PreRunE = func(*cobra.Command, []string) error {
		*into = attach.Rung(name)
		if name != "" && !slices.Contains(names, name) {
			return unknownValue("--rung", name, names)
		}
		return nil
	}
}

// probeOptions are what all probes that run for a while have in common.
type probeOptions struct {
	duration time.Duration
	timed    bool // the user said how long
	output   *outputOptions
	quiet    bool
}

// probeDuration is long enough for a thousand samples of one busy CPU.
const probeDuration = 10 * time.Second

// newOneProbeCommand is the command of one probe. make is called after the flags
// were read.
func newOneProbeCommand(env Env, name, short string, make func() probe.Probe) *cobra.Command {
	var o probeOptions
	cmd := &cobra.Command{
		Use:   name + " pid:N | " + name + " -- COMMAND",
		Short: short,
		Example: fmt.Sprintf("goperf probe %[1]s pid:4711\ngoperf probe %[1]s pid:4711 --duration 30s -f json\ngoperf probe %[1]s pid:4711 -o shop.goperf      # for goperf analyze\ngoperf probe %[1]s -- ./import -n 1000",
			name),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.timed = cmd.Flags().Changed("duration")
			return runProbe(cmd.Context(), env, make(), args, cmd.ArgsLenAtDash(), o)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	o.output = addOutputFlags(cmd)
	o.output.evidence = true
	cmd.Flags().DurationVar(&o.duration, "duration", probeDuration, "measure for this `time`; a command is measured to its end")
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	cmd.Flags().Lookup("output").Usage = "write to this `file`: a profile (.pb.gz), evidence for analyze (.goperf), or the report"
	return cmd
}

func runProbe(ctx context.Context, env Env, p probe.Probe, args []string, dash int, o probeOptions) error {
	out, err := o.output.check(env)
	if err != nil {
		return err
	}
	if o.duration < time.Millisecond || o.duration > 24*time.Hour {
		return usageError("for example: --duration 30s", "--duration: %v: want 1ms to 24h", o.duration)
	}
	capture, err := observeTarget(ctx, env, p, args, dash, o)
	if err != nil {
		return err
	}
	switch {
	case strings.HasSuffix(o.output.file, ".pb.gz"):
		return saveProfile(env, o.output.file, capture)
	case filepath.Ext(o.output.file) == ".goperf":
		return saveBundle(env, o.output.file, capture)
	}
	set := evidence.Decode(capture)
	r := judge(set)
	r.Tool = env.toolVersion()
	out.options.All = out.options.All || !r.Unjudged // findings do not take the place of the tables
	return out.write(env, r)
}

// judge runs the rules that a measurement alone can answer. That they are silent
// says little of the process, and is not said.
func judge(set *evidence.Set) *report.Report {
	r := diagnose.Run(rules.Measured(), set, diagnose.Limits{})
	r.Skipped = nil
	r.Unjudged = true // its vitals are those of the measurement
	exhibit.Fill(r, set)
	r.Unjudged = len(r.Findings) == 0
	return r
}

// observeTarget measures the target that the command line names.
func observeTarget(ctx context.Context, env Env, p probe.Probe, args []string, dash int, o probeOptions) (*evidence.Capture, error) {
	ctx, stop := env.Interruptible(ctx)
	defer stop()
	context.AfterFunc(ctx, stop)
	line := newProgressLine(env, o.quiet)
	defer line.erase()
	show := func(p ebpf.Progress) { line.show(probeProgress(p)) }
	if dash == 0 && len(args) > 0 {
		return observeCommand(ctx, env, p, args, o, show)
	}
	target, err := targetOf(env, p.Name, args)
	if err != nil {
		return nil, err
	}
	m, err := ebpf.Measure(ctx, p, target, o.duration, nil, show)
	if len(args) == 0 {
		args = []string{"this network namespace"}
	}
	return captureOf(args[0], target.PID, m, err)
}

// observeCommand starts a command and measures it to its end, unless the user
// gave a time, at which it is ended.
func observeCommand(ctx context.Context, env Env, p probe.Probe, args []string, o probeOptions, show func(ebpf.Progress)) (capture *evidence.Capture, err error) {
	c, err := ebpf.Launch(ctx, args, env.Stdin, env.Stderr, env.Stderr)
	if err != nil {
		return nil, noEvidence("what stands after -- is started: a name from PATH, or a path such as ./shop, and its arguments", err)
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	window := o.duration
	if !o.timed {
		window = 0
	}
	m, err := ebpf.Measure(ctx, p, probe.Target{PID: c.PID}, window, c.Resume, show)
	return captureOf(strings.Join(args, " "), c.PID, m, err)
}

func captureOf(name string, pid int, m *kernel.Measurement, err error) (*evidence.Capture, error) {
	if err != nil {
		return nil, noEvidence("", err)
	}
	c := &evidence.Capture{Target: evidence.Target{Name: name, Kind: "pid", PID: pid}, From: m.From, To: m.To}
	if err := c.AddMeasurement(m); err != nil {
		return nil, err
	}
	useWallClock(c)
	return c, nil
}

// targetOf reads pid:N, cgroup:DIR for the probe that takes it, or nothing for
// the one that then watches all there is.
func targetOf(env Env, name string, args []string) (probe.Target, error) {
	if name == audit.Name && len(args) == 1 {
		if dir, ok := strings.CutPrefix(args[0], "cgroup:"); ok && dir != "" {
			return probe.Target{Group: env.path(dir)}, nil
		}
	}
	if name == tcp.Name && len(args) == 0 {
		return probe.Target{}, nil
	}
	pid, err := probeTarget(name, args)
	return probe.Target{PID: pid}, err
}

// probeTarget reads pid:N.
func probeTarget(name string, args []string) (int, error) {
	example := "for example: goperf probe " + name + " pid:4711, or goperf probe " + name + " -- ./program"
	switch {
	case len(args) == 0:
		return 0, usageError(example, "probe: a target is missing")
	case len(args) > 1:
		return 0, usageError("a command comes after --: goperf probe "+name+" -- ./program", "probe: %q: one argument too many", args[1])
	}
	number, ok := strings.CutPrefix(args[0], "pid:")
	pid, err := strconv.Atoi(number)
	if !ok || err != nil || pid <= 0 {
		return 0, usageError(example, "probe: %q: is no process: want pid:N", args[0])
	}
	return pid, nil
}

func probeProgress(p ebpf.Progress) string {
	text := fmt.Sprintf("%d s", int(p.Elapsed.Seconds()))
	if p.Window > 0 {
		text = fmt.Sprintf("%d of %d s", int(min(p.Elapsed, p.Window).Seconds()), int(p.Window.Seconds()))
	}
	text += ", " + report.FormatValue(float64(p.Events), "count") + " events"
	if p.Lost > 0 {
		text += ", " + report.FormatValue(float64(p.Lost), "count") + " lost"
	}
	return text + " (Ctrl-C ends it here)"
}

// saveProfile writes the profile of a probe as it is, labels and all.
func saveProfile(env Env, file string, c *evidence.Capture) error {
	for _, b := range c.Blobs {
		if strings.HasSuffix(b.Name, ".pb.gz") {
			return env.writeBytes(file, b.Data)
		}
	}
	return usageError("write the report (-o report.txt) or evidence (-o x.goperf) instead", "%s: this probe makes no profile", file)
}

func newProbeListCommand(env Env) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Say which probes run on this kernel with these privileges, and why not",
		Example: `goperf probe list
goperf probe list -f json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if err := checkTableFormat(format); err != nil {
				return err
			}
			var answers []answer
			for _, p := range ebpf.All() {
				a := askProbe(p)
				a.Check, a.Gives = p.Name, p.Doc
				answers = append(answers, a)
			}
			if format == "json" {
				return writeJSON(env.Stdout, answers)
			}
			return writeProbes(env.Stdout, answers)
		},
	}
	addTableFormat(cmd, &format)
	return cmd
}

// askProbe tries a probe: what a kernel permits is only known when it was asked.
func askProbe(p probe.Probe) answer {
	err := p.Supported()
	switch {
	case err == nil && p.How != nil:
		return answer{Answer: yes, Detail: p.How()}
	case err == nil:
		return answer{Answer: yes, Detail: "attached and detached"}
	case errors.Is(err, probe.ErrInPart):
		return answer{Answer: inPart, Detail: err.Error(), Hint: hintOf(err)}
	case errors.Is(err, probe.ErrNotSupported):
		return answer{Answer: no, Detail: err.Error(), Hint: hintOf(err)}
	}
	return answer{Answer: couldNotSay, Detail: err.Error(), Hint: hintOf(err)}
}

func writeProbes(w io.Writer, answers []answer) error {
	var b strings.Builder
	for _, a := range answers {
		short, _, _ := strings.Cut(a.Gives, ":")
		fmt.Fprintf(&b, "%-14s  %-10s  %s\n", a.Answer, a.Check, oneLine(short))
		if a.Answer == yes && !strings.Contains(a.Detail, ", not by ") {
			continue
		}
		fmt.Fprintf(&b, "%-14s  %-10s  %s\n", "", "", oneLine(a.Detail))
		if a.Hint != "" {
			fmt.Fprintf(&b, "%-14s  %-10s  hint: %s\n", "", "", oneLine(a.Hint))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
