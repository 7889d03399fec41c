package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/gctune/advise"
	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/rules"
	"github.com/goperf/goperf/source"
)

type gcOptions struct {
	target  *targetOptions
	output  *outputOptions
	terms   gcTerms
	save    string
	emit    string
	also    string
	compare string
	verify  bool
	settle  time.Duration
	drawn   bool // the form was not given: the file's name may ask for a picture
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
asked for once a second, and one short execution trace is taken (not with --no-trace).
The present setting is green, amber (a warning) or red (critical). With -o x.svg or
-o x.html the frontier is drawn.`,
		Example: `goperf gc http://127.0.0.1:6060
goperf gc pid:4242 --burst 2x
goperf gc :6060 --limit 512MiB --reserve 40MiB --load 1.5x
goperf gc :6060 --save before.goperf; goperf gc :6060 --compare before.goperf
goperf gc gctrace.log cpu.pb.gz --gogc 200
goperf gc :6060 --grid 50,100,200,off/600MiB -f json
goperf gc shop.goperf --limit 512MiB --emit k8s-patch
goperf gc http://127.0.0.1:6060 --verify`,
		Args: someArgs("a target", "goperf gc http://127.0.0.1:6060"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.drawn = !cmd.Flags().Changed("format")
			return runGC(cmd.Context(), env, args, opts)
		},
	}
	opts.target = addTargetFlags(cmd)
	opts.target.duration, opts.target.collector = gcDuration, true
	cmd.Flags().Lookup("duration").DefValue = gcDuration.String()
	hide(cmd, "goroutines")
	hide(cmd, "gc")
	opts.output = addOutputFlags(cmd)
	opts.terms.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&opts.save, "save", "", "keep the evidence in this .goperf `file`")
	f.StringVar(&opts.emit, "emit", "", "print only how to apply the recommendation, as `form`: "+strings.Join(snippetNames(), ", "))
	f.StringVar(&opts.also, "observe-also", "", "an observation at another setting, saved in `file`: it makes predictions more certain")
	f.StringVar(&opts.compare, "compare", "", "an earlier observation, saved in `file`: what was predicted from it, beside what is")
	f.BoolVar(&opts.verify, "verify", false, "observe again under the recommendation, and exit with 1 when a figure is outside of its interval: a service that serves gctune/handler has it for that time, any other one is to be restarted")
	f.DurationVar(&opts.settle, "settle", settling, "`time` between the new setting and its observation, with --verify")
	f.Lookup("fail-on").Usage += "; amber is warning, red is critical"
	complete(cmd, "emit", snippetNames())
	return cmd
}

func snippetNames() []string {
	var names []string
	for _, s := range advise.Snippets {
		names = append(names, s.Name)
	}
	return names
}

// levels are what gc calls the severities of its verdict.
var levels = []struct{ level, severity string }{{string(pacer.Amber), "warning"}, {string(pacer.Red), "critical"}}

func (o *gcOptions) check(env Env) (output, gcWants, error) {
	if err := o.readFailOn(); err != nil {
		return output{}, gcWants{}, err
	}
	out, err := o.output.check(env)
	if err != nil {
		return out, gcWants{}, err
	}
	wants, err := o.terms.check()
	if err != nil {
		return out, wants, err
	}
	if _, ok := findSnippet(o.emit); o.emit != "" && !ok {
		return out, wants, unknownValue("--emit", o.emit, snippetNames())
	}
	switch {
	case o.verify && (o.emit != "" || o.compare != ""):
		return out, wants, usageError("give one of them", "--verify: --emit or --compare is given as well")
	case o.settle < 0 || o.settle > 10*time.Minute:
		return out, wants, usageError("for example: --settle 30s", "--settle: %v: want 0s to 10m", o.settle)
	}
	return out, wants, env.checkOutput(o.save)
}

// readFailOn takes the names of levels for those of severities.
func (o *gcOptions) readFailOn() error {
	names := severityNames()
	for _, l := range levels {
		if o.output.failOn == l.level {
			o.output.failOn = l.severity
		}
		names = append(names, l.level)
	}
	if _, err := report.ParseSeverity(o.output.failOn); err != nil && o.output.failOn != "" {
		return unknownValue("--fail-on", o.output.failOn, names)
	}
	return nil
}

func findSnippet(name string) (advise.Snippet, bool) {
	for _, s := range advise.Snippets {
		if s.Name == name {
			return s, true
		}
	}
	return advise.Snippet{}, false
}

func runGC(ctx context.Context, env Env, targets []string, opts gcOptions) error {
	out, wants, err := opts.check(env)
	if err != nil {
		return err
	}
	others, err := opts.others(ctx, env)
	if err != nil {
		return err
	}
	var second *verification
	if opts.verify {
		if second, err = opts.verification(ctx, env, targets); err != nil {
			return err
		}
		defer second.trial.Close()
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
	study, err := makeStudy(set, wants, others)
	if err != nil {
		return whyNot(set, err)
	}
	if opts.emit != "" {
		return cmp.Or(saved, emit(env, study, opts.emit, out.file))
	}
	r := gcReport(set, wants, study)
	others.warn(r, set)
	if others.before != nil {
		before, err := makeStudy(others.before, wants, others)
		if err != nil {
			return noEvidence("", named(opts.compare, err))
		}
		e, _ := before.Compare(study.Seen, false)
		r.Exhibits = append([]report.Exhibit{e}, r.Exhibits...)
	}
	held := true
	if second != nil {
		var again *report.Report
		if again, held, err = opts.verifyOn(ctx, env, targets, wants, set, study, second); again == nil {
			return err
		}
		saved = cmp.Or(err, saved)
		r = again
	}
	r.Tool = env.toolVersion()
	if err = opts.present(env, study, r, out); err == nil && !held {
		err = exitWith(statusFindings)
	}
	return cmp.Or(saved, err)
}

// present writes the report in the form that was asked for, by name or by file.
func (o *gcOptions) present(env Env, study *advise.Study, r *report.Report, out output) error {
	if o.drawn && drawing(out.file) != "" {
		return draw(env, study, r, out)
	}
	return out.write(env, r)
}

// drawing is the kind of picture that a file's name asks for, "" for none.
func drawing(file string) string {
	for _, kind := range []string{".svg", ".html"} {
		if strings.HasSuffix(strings.ToLower(file), kind) {
			return kind
		}
	}
	return ""
}

// draw writes the frontier as a picture. The exit status is that of the report.
func draw(env Env, study *advise.Study, r *report.Report, out output) error {
	err := env.writeFile(out.file, func(w io.Writer) error {
		if drawing(out.file) == ".svg" {
			return study.WriteSVG(w, r.Target.Name)
		}
		return study.WriteHTML(w, r)
	})
	if err != nil {
		return err
	}
	return exitWith(report.Status(r, out.failOn))
}

// gcOthers are further observations of the same program.
type gcOthers struct{ also, before *evidence.Set }

func (o *gcOptions) others(ctx context.Context, env Env) (gcOthers, error) {
	var all gcOthers
	for _, f := range []struct {
		flag, name string
		to         **evidence.Set
	}{{"--observe-also", o.also, &all.also}, {"--compare", o.compare, &all.before}} {
		if f.name == "" {
			continue
		}
		src := source.Files([]string{f.name}, source.Deps{Now: env.Now, Getenv: env.getenv, Dir: env.Dir})
		capture, err := src.Collect(ctx, source.Plan{NoSyntax: true}, nil)
		if err != nil {
			return all, noEvidence("goperf gc TARGET --save "+f.name+" makes one", fmt.Errorf("%s: %w", f.flag, err))
		}
		*f.to = evidence.Decode(capture)
	}
	return all, nil
}

// warn says what of the others is another program's.
func (g gcOthers) warn(r *report.Report, set *evidence.Set) {
	for _, o := range []struct {
		flag string
		set  *evidence.Set
	}{{"--observe-also", g.also}, {"--compare", g.before}} {
		if o.set == nil {
			continue
		}
		for _, n := range advise.Apart(o.flag, set, o.set) {
			r.Notes = append(r.Notes, n.Code+": "+n.Text)
		}
	}
}

// makeStudy observes and models one target.
func makeStudy(set *evidence.Set, wants gcWants, others gcOthers) (*advise.Study, error) {
	seen, err := observe.Of(set, wants.wish)
	if err != nil {
		return nil, err
	}
	model, err := pacer.Fit(seen.Observation)
	if err != nil {
		return nil, err
	}
	if others.also != nil {
		second, err := observe.Of(others.also, observe.Wish{})
		if err == nil {
			_, err = pacer.Fit(second.Observation)
		}
		if err != nil {
			return nil, fmt.Errorf("--observe-also: %w", named(others.also.Target.Name, err))
		}
		if !model.Second(second.Observation) {
			seen.Doubts = append(seen.Doubts, observe.Doubt{Grave: 1, Text: "the second observation is at nearly the same heap size: it adds nothing"})
		}
	}
	return advise.Of(seen, model, wants.container(set), wants.grid), nil
}

// whyNot is why there is no study: that evidence could not be read says more
// than that it is missing.
func whyNot(set *evidence.Set, err error) error {
	for _, g := range set.Gaps {
		if strings.Contains(g.Why, ": cannot be read: ") {
			return noEvidence(g.Hint, errors.New(g.Why))
		}
	}
	for _, n := range set.Notes {
		if namesDamage(n) {
			return noEvidence("collect it again, whole and as the target serves it", fmt.Errorf("%s: %w", n, err))
		}
	}
	return noEvidence("", named(set.Target.Name, err))
}

// namesDamage says whether a note is of something that could not be read.
func namesDamage(note string) bool {
	for _, sign := range []string{": cannot be read ", " was left out: ", ": damaged: ", ": out of order", " events: "} {
		if strings.Contains(note, sign) {
			return true
		}
	}
	return false
}

// gcReport is the study of one target as a report.
func gcReport(set *evidence.Set, wants gcWants, study *advise.Study) *report.Report {
	r := diagnose.Run(rules.Collector(), wants.told(set, study.Terms), diagnose.Limits{})
	r.Evidence = exhibit.Seen(set)
	r.Vitals = study.Vitals()
	for _, n := range study.Notes(set) {
		r.Notes = append(r.Notes, n.Code+": "+n.Text)
	}
	r.Findings = append(r.Findings, study.Finding())
	r.Sort()
	r.Exhibits = []report.Exhibit{study.Observation(), study.Frontier(), study.Recommendation(), study.FrontierData()}
	return r
}

// emit prints how to apply the recommendation, and nothing else.
func emit(env Env, study *advise.Study, name, file string) error {
	if !study.Advice.Advised {
		return noEvidence("", fmt.Errorf("--emit: nothing is recommended: %s", study.Advice.Reason))
	}
	snippet, _ := findSnippet(name)
	return env.writeFile(file, func(w io.Writer) error {
		_, err := io.WriteString(w, snippet.Write(study.Advice.Best.Setting, study.Terms.Container))
		return err
	})
}
