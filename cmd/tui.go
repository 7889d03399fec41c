package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/source"
	"github.com/goperf/goperf/tui"
)

// tuiOptions say what is looked at and how it is drawn.
type tuiOptions struct {
	target    *targetOptions
	view      tui.View
	zoom      []string // ends of View.Zoom
	rows      []string // View.Row and Rows
	slice     string   // View.Part and Upto
	against   string   // View.Against
	keys      string   // file of keys
	printKeys bool
	code      codeOptions
	color     string
	theme     string
	ascii     bool
	plain     bool
	base      []string // what it is compared with
	outcome
	failOn  *report.Severity // of analyze
	compare *diffOptions     // how that is compared, nil for as usual
	again   []string         // flags that a command to see the same has as well
	secret  []string         // and those that it had better not
	command *lastOutput      // of analyze: of what was started to be looked at
}

// outcome is what analyze makes of what is looked at.
type outcome struct {
	save   string                     // bundle in which the evidence is kept
	write  func(*report.Report) error // the report, in the end; nil for nowhere
	failOn *report.Severity
}

// codeOptions say where the code of the program is looked for.
type codeOptions struct {
	sourcePath []string
	binary     string // executable, "" for the one that the profile names
}

var (
	tuiGranularities = []string{"functions", "packages", "files", "lines"}
	tuiScreens       = []string{"overview", "flame", "top", "goroutines", "memory", "off-cpu", "tcp", "diff", "source", "live"}
	themes           = []string{"auto", "dark", "light"}
)

func newTUICommand(env Env) *cobra.Command {
	opts := &tuiOptions{}
	cmd := &cobra.Command{
		Use:   "tui TARGET...",
		Short: "Look at findings, flame graphs, functions, goroutines and source on the terminal",
		Long: `Look at what goperf finds, at the keyboard: the findings and their evidence, a flame
graph with search, functions between their callers and callees, goroutines in groups,
and source. TARGET is what analyze takes: a service, files, a .goperf bundle, demo.

The keys are in the footer, and all of them behind ?. What the terminal shows comes
from COLORTERM, TERM and NO_COLOR. Without a terminal, with TERM=dumb, and with
GOPERF_ACCESSIBLE=1 or --plain, the same is written as text, one fact on a line.`,
		Example: `goperf tui demo
goperf tui http://127.0.0.1:6060
goperf tui shop.goperf
goperf tui cpu.pb.gz --screen flame --search 'json|gzip'
goperf tui new.goperf --base old.goperf         # what changed, how sure, and where
goperf tui shop.goperf --plain --screen goroutines
goperf tui --print-keys > ~/.config/goperf/keys.toml   # to change them`,
		Args: func(cmd *cobra.Command, args []string) error {
			if opts.printKeys {
				return cobra.NoArgs(cmd, args)
			}
			return someArgs("a target", "goperf tui shop.goperf")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.again, opts.secret = repeated(cmd)
			if opts.printKeys {
				return printKeys(env, opts.keys)
			}
			return runTUI(cmd.Context(), env, args, opts)
		},
	}
	opts.target = addTargetFlags(cmd)
	addTUIFlags(cmd, opts)
	addLookFlags(cmd, opts)
	return cmd
}

// addLookFlags attaches the flags that say what is looked at.
func addLookFlags(cmd *cobra.Command, opts *tuiOptions) {
	f := cmd.Flags()
	f.StringArrayVar(&opts.base, "base", nil, "compare with this `target`, as goperf diff does; may be repeated")
	f.StringVar(&opts.view.Screen, "screen", "", "`screen` that is shown first, with --plain the only one: "+strings.Join(tuiScreens, ", "))
	f.StringVar(&opts.view.Kind, "profile", "", "`kind` of profile: cpu, heap, mutex, block, goroutine...")
	f.StringVar(&opts.view.Column, "sample-index", "", "`name` of the sample type")
	f.StringVar(&opts.view.Focus, "focus", "", "keep stacks with a frame that matches this `regexp`")
	f.StringVar(&opts.view.Ignore, "ignore", "", "drop stacks with a frame that matches this `regexp`")
	f.BoolVar(&opts.view.Own, "own", false, "take frames out that are not of the main module")
	f.StringVar(&opts.view.Group, "granularity", "functions", "`what` counts as one: functions, packages, files, lines")
	f.StringVar(&opts.view.Search, "search", "", "search the screen that is shown, the flame graph and the functions for this `regexp`")
	f.StringVar(&opts.view.Function, "function", "", "`name` of the function that is selected in top and listed in source")
	f.StringVar(&opts.view.Sort, "sort", "", "`order` of the functions in top, or of the groups in goroutines: "+strings.Join(tui.Sorts(), ", "))
	f.StringArrayVar(&opts.zoom, "zoom", nil, "zoom into this `path` of the flame graph: names from the root down with ; between them; twice for all from one box to another")
	f.StringVar(&opts.view.Select, "select", "", "select the box of the flame graph at the end of this `path`, names as in --zoom")
	f.StringVar(&opts.view.Pane, "pane", "", "`part` of the screen that the keys are about")
	f.StringVar(&opts.view.Width, "width", "both", "`what` the width of a box of a comparison stands for: "+strings.Join(tui.Widths(), ", "))
	opts.view.Hide = f.Float64("hide", 0.5, "hide changes below this `percentage` of the total that are not sure: 0, 0.5, 1, 5")
	f.BoolVar(&opts.view.Fresh, "only-new", false, "of a comparison only functions that are new or gone")
	f.StringArrayVar(&opts.rows, "row", nil, "`number` of the row that is selected, from 1; PART=NUMBER for that of another part; may be repeated")
	f.BoolVar(&opts.view.Whole, "whole", false, "give the part the whole screen")
	f.StringVar(&opts.against, "against", "", "compare with this slice of the same profile, or snapshot: `number`, several as 2-4, or all")
	f.StringVar(&opts.slice, "slice", "", "look at this slice of the profile, or snapshot, alone: `number` from 1, or several as 2-4")
	f.BoolVar(&opts.printKeys, "print-keys", false, "write the keys in the form of a file of keys, and end")
	f.BoolVar(&opts.view.Raw, "as-measured", false, "show a comparison as it was measured, not brought to the same time and work")
	f.StringVar(&opts.view.Label, "by-label", "", "put the values of this label (`key`) above the stacks")
	f.BoolVar(&opts.view.Names, "by-name", false, "draw the flame graph in the order of names, not the largest first")
	f.StringVar(&opts.view.Asm, "asm", "", "show machine code beside the source, of `what`: "+strings.Join(tui.AsmModes(), ", "))
	f.BoolVar(&opts.view.UpsideDown, "upside-down", false, "draw the flame graph with its root at the bottom")
	complete(cmd, "width", tui.Widths())
	complete(cmd, "screen", tuiScreens)
	complete(cmd, "granularity", tuiGranularities)
	complete(cmd, "sort", tui.Sorts())
	complete(cmd, "asm", tui.AsmModes())
}

// addTUIFlags attaches the flags that say how screens are drawn.
func addTUIFlags(cmd *cobra.Command, o *tuiOptions) {
	f := cmd.Flags()
	f.StringArrayVar(&o.code.sourcePath, "source-path", nil, "look for source below these `directories` too: DIR:DIR; may be repeated")
	f.StringVar(&o.code.binary, "binary", "", "`file` that the profile was taken from, for machine code (default: the one it names, or that of the process)")
	f.StringVar(&o.color, "color", "auto", "`when` to use colour: "+strings.Join(whens, ", "))
	f.StringVar(&o.theme, "theme", "auto", "`background` of the terminal: "+strings.Join(themes, ", "))
	f.BoolVar(&o.ascii, "ascii", false, "draw with ASCII characters alone")
	f.StringVar(&o.keys, "keys", "", "`file` of keys of your own (default: goperf/keys.toml in XDG_CONFIG_HOME or ~/.config)")
	f.BoolVar(&o.plain, "plain", false, "write the screens as text, one fact on a line")
	complete(cmd, "color", whens)
	complete(cmd, "theme", themes)
}

// check finds everything wrong with the options before any work is done.
func (o *tuiOptions) check(env Env) (tui.Looks, error) {
	var looks tui.Looks
	for _, c := range []struct {
		flag, value string
		of          []string
	}{{"--screen", o.view.Screen, tuiScreens}, {"--granularity", o.view.Group, tuiGranularities}, {"--sort", o.view.Sort, tui.Sorts()}, {"--width", o.view.Width, tui.Widths()}, {"--asm", o.view.Asm, tui.AsmModes()}, {"--theme", o.theme, themes}} {
		if c.value != "" && !slices.Contains(c.of, c.value) {
			return looks, unknownValue(c.flag, c.value, c.of)
		}
	}
	if err := o.readPlace(); err != nil {
		return looks, err
	}
	for _, dir := range splitLists(o.code.sourcePath) {
		if info, err := os.Stat(env.path(dir)); err != nil || !info.IsDir() {
			return looks, usageError("DIR:DIR, each with source below it", "--source-path: %s: is no directory", dir)
		}
	}
	for _, p := range []struct{ flag, text string }{{"focus", o.view.Focus}, {"ignore", o.view.Ignore}, {"search", o.view.Search}} {
		if _, err := regexp.Compile(p.text); err != nil {
			return looks, usageError("", "--%s: %w", p.flag, err)
		}
	}
	return o.looks(env)
}

// looks say what the terminal shows.
func (o *tuiOptions) looks(env Env) (looks tui.Looks, err error) {
	out := outputOptions{format: "text", color: o.color}
	color, err := out.useColor(env)
	if err != nil {
		return looks, err
	}
	if color {
		looks.Colors = env.colors()
	} else {
		looks.Colors = flame.NoColors
	}
	term := env.getenv("TERM")
	looks.Light, looks.Auto = o.theme == "light", o.theme == "auto"
	looks.ASCII = o.ascii || term == "linux" || term == "vt100"
	return looks, nil
}

// readPlace reads what has a form of its own of where the user wants to be.
func (o *tuiOptions) readPlace() (err error) {
	if len(o.zoom) > 2 {
		return usageError("one path, or the two ends of a part", "--zoom: %d paths", len(o.zoom))
	}
	o.view.Zoom = strings.Join(o.zoom, "\n")
	if o.view.Part, o.view.Upto, err = sliceRange("--slice", o.slice); err != nil {
		return err
	}
	if o.against != "" {
		o.view.Against = &tui.Slices{}
	}
	if o.against != "" && o.against != "all" {
		if o.view.Against.From, o.view.Against.To, err = sliceRange("--against", o.against); err != nil {
			return err
		}
	}
	return o.readRows()
}

// readRows reads "3" and "groups=3".
func (o *tuiOptions) readRows() error {
	for _, text := range o.rows {
		pane, number, other := strings.Cut(text, "=")
		if !other {
			number = text
		}
		row, err := strconv.Atoi(number)
		switch {
		case err != nil || row < 1:
			return usageError("rows are numbered from 1: --row 3, or --row groups=3", "--row: %q", text)
		case other:
			o.view.Rows = append(o.view.Rows, tui.PaneAt{Pane: pane, Row: row})
		default:
			o.view.Row = row
		}
	}
	return nil
}

// repeated are the flags that say of what and how evidence is had, as they were
// given: all that a command needs to see the same, and by name those that hold secrets.
func repeated(cmd *cobra.Command) (flags, secret []string) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "header", "bearer", "basic":
			secret = append(secret, f.Name)
		case "source-path":
			if list, ok := f.Value.(pflag.SliceValue); ok {
				for _, v := range list.GetSlice() {
					flags = append(flags, "--"+f.Name, v)
				}
			}
		case "duration", "bearer-file", "cacert", "cert", "key", "binary", "goroutines", "gc", "keys", "theme":
			flags = append(flags, "--"+f.Name, f.Value.String())
		case "insecure", "no-trace", "no-probes", "ascii":
			flags = append(flags, "--"+f.Name+"="+f.Value.String())
		}
	})
	return flags, secret
}

// sliceRange reads "3" or "2-4".
func sliceRange(flag, text string) (from, to int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	first, last, several := strings.Cut(text, "-")
	if from, err = strconv.Atoi(first); err == nil && several {
		to, err = strconv.Atoi(last)
	}
	if err != nil || from < 1 || several && to < from {
		return 0, 0, usageError(fmt.Sprintf("slices are numbered from 1: %s 3, or %s 2-4", flag, flag), "%s: %q", flag, text)
	}
	return from, to, nil
}

// isPlain says that screens are written and not drawn.
func (o *tuiOptions) isPlain(env Env) bool {
	accessible := env.getenv("GOPERF_ACCESSIBLE")
	return o.plain || !env.StdoutIsTerminal || env.getenv("TERM") == "dumb" || accessible != "" && accessible != "0"
}

func runTUI(ctx context.Context, env Env, targets []string, o *tuiOptions) error {
	looks, err := o.check(env)
	if err != nil {
		return err
	}
	f := &feeder{env: env, title: strings.Join(targets, ", "), code: o.code, save: o.save, output: o.command, piped: slices.Contains(targets, "-"), files: &scribe{env: env, looks: slices.Concat(targets, o.base)}}
	if f.plan, err = o.target.plan(env); err != nil {
		return err
	}
	f.plan.Preview = !o.isPlain(env)
	f.plan.LateSyntax = o.save == "" // what is kept is kept with what its source says
	if len(o.base) > 0 {
		err = f.compares(targets, o)
	} else {
		err = f.reads(targets)
	}
	if err != nil {
		return err
	}
	own, err := env.ownKeys(o.keys)
	if err != nil {
		return err
	}
	run := tui.Options{Args: slices.Concat(targets, atBase(o.base), o.again), Less: o.secret, Keys: own, View: o.view, Looks: looks, Feed: f.feed, List: f.list, Asm: f.asm, Explain: explain, Write: f.files.write, Bundle: f.bundle, Watch: f.watch, Kept: o.save != "" || slices.ContainsFunc(targets, source.IsDemo), Edit: env.editor(ctx)}
	if o.isPlain(env) {
		err = f.plain(ctx, run, o.target.quiet)
	} else {
		err = f.show(ctx, run)
	}
	return cmp.Or(err, f.write(o.write), f.status(o.failOn))
}

// write writes the report where a command has it written.
func (f *feeder) write(to func(*report.Report) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case to == nil:
		return nil
	case f.report == nil:
		return noEvidence("", errors.New("-o: no report is written: the collection had not come to its end"))
	}
	return to(f.report)
}

// reads finds where the evidence comes from.
func (f *feeder) reads(targets []string) (err error) {
	if f.given, err = savedReport(f.env, targets); err == nil && f.given == nil {
		f.src, err = findSource(f.env, targets)
	}
	return err
}

// savedReport reads the target when it is one report that analyze has saved as JSON.
func savedReport(env Env, targets []string) (*tui.Data, error) {
	if len(targets) != 1 || !strings.HasSuffix(targets[0], ".json") || !env.isFile(targets[0]) {
		return nil, nil
	}
	data, err := env.readInput(targets[0])
	if err != nil {
		return nil, err
	}
	r, err := report.Decode(data)
	if err != nil {
		return nil, nil // it may be evidence of another kind, and what is wrong with that is said better elsewhere
	}
	return &tui.Data{Title: targets[0], Report: r, Recorded: r.From}, nil
}

// show runs the program on the terminal.
func (f *feeder) show(ctx context.Context, run tui.Options) error {
	f.env.collectRarely()
	in := f.env.Stdin
	if !f.env.StdinIsTerminal {
		in = nil // keys come from the terminal that the program runs in
	}
	ctx, hurry, signal, stop := f.env.Ending(ctx)
	defer stop()
	err := tui.Run(ctx, in, f.env.Stdout, run)
	ended := signal()
	if f.save != "" && (err == nil || ended != 0) {
		f.saved(hurry) // what has come by now is kept
	}
	if ended == 0 {
		hurry = ctx
	}
	lost := f.files.end(hurry)
	if ended != 0 {
		return &statusError{status: statusSignal + ended, err: lost}
	}
	return cmp.Or(err, f.failed(), lost)
}

// saved waits for the end of what feeds the screens, which saves what it has, but
// not longer than until hurry ends.
func (f *feeder) saved(hurry context.Context) {
	done := make(chan struct{})
	go func() { f.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-hurry.Done():
	}
}

// plain collects as the other commands do, and writes the screens.
func (f *feeder) plain(ctx context.Context, run tui.Options, quiet bool) error {
	ctx, stop := f.env.Interruptible(ctx)
	defer stop()
	context.AfterFunc(ctx, stop)
	line := newProgressLine(f.env, quiet)
	var last *tui.Data
	f.feed(ctx, nil, func(d *tui.Data) {
		last = d
		if d.Collecting != nil {
			line.show(d.Collecting.Doing)
		}
	})
	line.erase()
	if err := f.failed(); err != nil {
		return err
	}
	err := f.env.writeFile("", func(w io.Writer) error { return tui.Plain(context.WithoutCancel(ctx), w, last, run) })
	if unmet, ok := errors.AsType[*tui.UnmetError](err); ok {
		return usageError("", "%w", unmet)
	}
	return err
}
