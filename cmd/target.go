package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/demo"
	"github.com/goperf/goperf/ebpf/offcpu"
	"github.com/goperf/goperf/ebpf/oncpu"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/sched"
	"github.com/goperf/goperf/ebpf/tcp"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/source"
)

// targetOptions say how evidence is collected; analyze and collect share them.
type targetOptions struct {
	noProbes   bool
	duration   time.Duration
	headers    []string
	bearer     string
	bearerFile string
	basic      string
	caFile     string
	certFile   string
	keyFile    string
	insecure   bool
	noTrace    bool
	goroutines string
	gc         string
	quiet      bool
	collector  bool          // only what concerns the garbage collector
	only       evidence.Kind // only this kind of profile
}

// defaultDuration is long enough for the rare function and short enough to
// wait for: 30 s of one busy core are 3,000 samples.
const defaultDuration = 30 * time.Second

func addTargetFlags(cmd *cobra.Command) *targetOptions {
	o := &targetOptions{}
	f := cmd.Flags()
	f.DurationVar(&o.duration, "duration", defaultDuration, "observe a running service for this `time`")
	f.StringArrayVarP(&o.headers, "header", "H", nil, "send this `\"Name: value\"` with every request; may be repeated")
	f.StringVar(&o.bearer, "bearer", "", "send this `token` as \"Authorization: Bearer\"; others on this machine can see it")
	f.StringVar(&o.bearerFile, "bearer-file", "", "like --bearer, with the token in a `file`")
	f.StringVar(&o.basic, "basic", "", "log in as `user:password`")
	f.StringVar(&o.caFile, "cacert", "", "trust the certificates in this PEM `file`")
	f.StringVar(&o.certFile, "cert", "", "client certificate in a PEM `file`, with --key")
	f.StringVar(&o.keyFile, "key", "", "key of the client certificate in a PEM `file`")
	f.BoolVar(&o.insecure, "insecure", false, "do not check the server's certificate")
	f.BoolVar(&o.noTrace, "no-trace", false, "do not take an execution trace")
	f.StringVar(&o.goroutines, "goroutines", "auto", "`when` to ask for every goroutine's state, which pauses the service: "+strings.Join(whens, ", ")+" (auto: below 1,000)")
	f.StringVar(&o.gc, "gc", "auto", "`when` to ask for a garbage collection, so that heap snapshots are fresh: "+strings.Join(whens, ", ")+" (auto: below 256 MiB)")
	f.BoolVar(&o.noProbes, "no-probes", false, "do not attach kernel probes to a service on this machine")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	complete(cmd, "goroutines", whens)
	complete(cmd, "gc", whens)
	cmd.ValidArgsFunction = completeTarget
	return o
}

// plan finds everything wrong with the options before anything is asked of a target.
func (o *targetOptions) plan(env Env) (source.Plan, error) {
	if o.duration < time.Second || o.duration > time.Hour {
		return source.Plan{}, usageError("for example: --duration 30s", "--duration: %v: want 1s to 1h", o.duration)
	}
	if !slices.Contains(whens, o.goroutines) {
		return source.Plan{}, unknownValue("--goroutines", o.goroutines, whens)
	}
	if !slices.Contains(whens, o.gc) {
		return source.Plan{}, unknownValue("--gc", o.gc, whens)
	}
	if err := o.checkLogin(); err != nil {
		return source.Plan{}, err
	}
	bearer, err := o.token(env)
	if err != nil {
		return source.Plan{}, err
	}
	return source.Plan{
		Duration:      o.duration,
		NoTrace:       o.noTrace,
		Collector:     o.collector,
		Only:          o.only,
		GoroutineText: source.When(o.goroutines),
		GC:            source.When(o.gc),
		Probes:        o.probes(),
		Header:        o.headers,
		Bearer:        bearer,
		Basic:         o.basic,
		TLS:           source.TLS{CAFile: o.caFile, CertFile: o.certFile, KeyFile: o.keyFile, Insecure: o.insecure},
	}, nil
}

// collectorHertz is the rate at which a process is sampled when its collector is
// looked at: collecting may be a hundredth of a core.
const collectorHertz = 997

// probes are what is attached to a service on this machine when the kernel and
// the privileges allow it.
func (o *targetOptions) probes() []probe.Probe {
	if o.noProbes {
		return nil
	}
	if o.collector {
		return []probe.Probe{oncpu.Probe(oncpu.Options{Hertz: collectorHertz})}
	}
	return []probe.Probe{oncpu.Probe(oncpu.Options{}), offcpu.Probe(offcpu.Options{}), sched.Probe(sched.Options{}), tcp.Probe(tcp.Options{})}
}

// checkLogin finds what package source would find as well, but only after the
// command line is out of sight.
func (o *targetOptions) checkLogin() error {
	for _, h := range o.headers {
		if name, _, ok := strings.Cut(h, ":"); !ok || strings.TrimSpace(name) == "" {
			return usageError(`for example: -H "X-Tenant: shop"`, "--header: %q: is not written \"Name: value\"", h)
		}
	}
	if o.basic != "" && !strings.Contains(o.basic, ":") {
		return usageError("", "--basic: is not written user:password")
	}
	if o.basic != "" && (o.bearer != "" || o.bearerFile != "") {
		return usageError("give one of them", "--basic: a bearer token is given as well")
	}
	if (o.certFile == "") != (o.keyFile == "") {
		return usageError("", "--cert, --key: are given together")
	}
	return nil
}

func (o *targetOptions) token(env Env) (string, error) {
	if o.bearerFile == "" {
		return o.bearer, nil
	}
	if o.bearer != "" {
		return "", usageError("give one of them", "--bearer-file: --bearer is given as well")
	}
	data, err := env.readInput(o.bearerFile)
	if err != nil {
		return "", usageError(hintOf(err), "--bearer-file: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, "\r\n") {
		return "", usageError("the file holds the token alone, in one line", "--bearer-file: %s: holds no token", o.bearerFile)
	}
	return token, nil
}

// collect brings home the evidence about the targets. The first interrupt ends
// the observation and keeps what is there; from then on another one ends the
// process.
func collect(ctx context.Context, env Env, targets []string, o *targetOptions) (*evidence.Capture, error) {
	plan, err := o.plan(env)
	if err != nil {
		return nil, err
	}
	src, err := findSource(env, targets)
	if err != nil {
		return nil, err
	}
	ctx, stop := env.Interruptible(ctx)
	defer stop()
	context.AfterFunc(ctx, stop)
	line := newProgressLine(env, o.quiet)
	defer line.erase()
	capture, err := src.Collect(ctx, plan, func(p source.Progress) { line.show(progressText(p)) })
	if err != nil {
		return nil, noEvidence("", err)
	}
	useWallClock(capture)
	return capture, nil
}

// useWallClock drops what a bundle cannot hold, so that the same evidence gives
// the same numbers live and saved.
func useWallClock(c *evidence.Capture) {
	c.From, c.To = c.From.Round(0), c.To.Round(0)
	for i := range c.Blobs {
		c.Blobs[i].From, c.Blobs[i].To = c.Blobs[i].From.Round(0), c.Blobs[i].To.Round(0)
	}
}

// sourceDeps is what sources are given of the world.
func (e Env) sourceDeps() source.Deps {
	return source.Deps{Now: e.Now, Getenv: e.getenv, Stdin: e.Stdin, Dir: e.Dir, Demo: e.startDemo}
}

// findSource reads the targets: one of any kind, or several files.
func findSource(env Env, targets []string) (source.Source, error) {
	deps := env.sourceDeps()
	if len(targets) == 1 {
		if targets[0] == "-" && env.StdinIsTerminal {
			return nil, usageError("pipe a profile or a bundle into goperf, or name a target", "standard input: is a terminal")
		}
		if name, ok := strings.CutPrefix(targets[0], "demo:"); ok {
			if err := checkSickness(name); err != nil {
				return nil, err
			}
		}
		src, err := source.Parse(targets[0], deps)
		return src, targetError(targets[0], err)
	}
	for _, t := range targets {
		if _, err := os.Stat(env.path(t)); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, readError(t, err)
		}
		if _, err := source.Parse(t, deps); err != nil {
			return nil, targetError(t, err)
		}
		return nil, usageError("give several files, or one running service at a time", "%s: cannot be combined with other targets", t)
	}
	return source.Files(targets, deps), nil
}

// targetError sorts what is wrong with a target: a word that means nothing is
// usage, a file that is not there is no evidence.
func targetError(target string, err error) error {
	if err == nil {
		return nil
	}
	if looksLikeFile(target) {
		return noEvidence("", err)
	}
	return usageError(cmp.Or(hintOf(err), "goperf --help lists what a target can be"), "%w", err)
}

func looksLikeFile(target string) bool {
	return !strings.Contains(target, ":")
}

func progressText(p source.Progress) string {
	var parts []string
	if p.Window > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d s", int(min(p.Elapsed, p.Window).Seconds()), int(p.Window.Seconds())))
	}
	if p.Samples > 0 {
		parts = append(parts, report.FormatValue(float64(p.Samples), "count")+" CPU samples")
	}
	if p.Bytes > 0 {
		parts = append(parts, report.FormatValue(float64(p.Bytes), "B"))
	}
	line := strings.Join(append(parts, p.Doing), ", ")
	if p.Window > 0 && p.Elapsed < p.Window {
		line += " (Ctrl-C ends it here)"
	}
	return line
}

// completeTarget offers the kinds of target that are not files, and files.
func completeTarget(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	if strings.HasPrefix(word, "demo") {
		names := []string{"demo"}
		for _, s := range demo.All {
			names = append(names, "demo:"+s.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	kinds := []string{"demo", "http://127.0.0.1:", "https://", "unix:///"}
	var fit []string
	for _, k := range kinds {
		if strings.HasPrefix(k, word) {
			fit = append(fit, k)
		}
	}
	if word != "" && len(fit) > 0 {
		return fit, cobra.ShellCompDirectiveNoSpace
	}
	return nil, cobra.ShellCompDirectiveDefault
}
