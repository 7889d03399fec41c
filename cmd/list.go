package cmd

import (
	"cmp"
	"context"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/source/code"
	"github.com/goperf/goperf/source/program"
)

// listOptions say which source is shown and how.
type listOptions struct {
	view       *viewOptions
	sourcePath []string
	trimPath   []string
	binary     string
	context    int
	asm        bool
	look       outputOptions // colour and width
}

func newListCommand(env Env) *cobra.Command {
	opts := &listOptions{}
	cmd := &cobra.Command{
		Use:     "list REGEXP TARGET...",
		Aliases: []string{"source"},
		Short:   "Show the source of the matching functions, with what each line took",
		Long: `Show the source of the functions that match REGEXP, with what each line took, in the
columns of "go tool pprof -list", and what was inlined there.

Source is looked for below --source-path, in the module around the working directory
and its vendor directory, in the module cache and in GOROOT, also by the names that
-trimpath leaves. What is not the source that was built is not shown: the function is
then listed with numbers alone, and a hint.

With --asm it shows the machine code: of a function that was inlined, its instructions
in each function that it was inlined into.`,
		Example: `goperf list 'shop\.price$' cpu.pb.gz
goperf list 'json\.\(\*decodeState\)' cpu.pb.gz --context 3
goperf list 'IndexByte$' cpu.pb.gz --asm --binary ./shop
goperf list '^main\.' heap.pb.gz --sample-index alloc_space
goperf list handler http://127.0.0.1:6060 --duration 10s --source-path ~/src/shop`,
		Args: patternAndTargets(`goperf list 'shop\.price$' cpu.pb.gz`),
		RunE: func(cmd *cobra.Command, args []string) error {
			re, err := regexp.Compile(args[0])
			if err != nil {
				return usageError(hintPattern, "list: %w", err)
			}
			return runList(cmd.Context(), env, re, args[1:], opts)
		},
	}
	opts.view = addViewFlags(cmd, 20)
	cmd.ValidArgsFunction = targetsAfterPattern
	opts.view.granularity = "lines"
	hide(cmd, "granularity")
	f := cmd.Flags()
	f.StringArrayVar(&opts.sourcePath, "source-path", nil, "look for source below these `directories` too, as in pprof: DIR:DIR; may be repeated")
	f.StringArrayVar(&opts.trimPath, "trim-path", nil, "take these `prefixes` off the names of files before they are looked for: DIR:DIR")
	f.StringVar(&opts.binary, "binary", "", "`file` that the profile was taken from (default: the one it names, or that of the process)")
	f.BoolVar(&opts.asm, "asm", false, "show machine code between the lines of source, of inlined functions too (amd64 and arm64)")
	f.IntVar(&opts.context, "context", -1, "show only lines with values and this `many` around each (default: whole functions)")
	f.StringVar(&opts.look.color, "color", "auto", "`when` to use colour: "+strings.Join(whens, ", "))
	f.IntVar(&opts.look.width, "width", 0, "cut lines at this many `columns` (default: the terminal's; none when piped)")
	complete(cmd, "color", whens)
	return cmd
}

// targetsAfterPattern completes targets, and nothing where the pattern stands.
func targetsAfterPattern(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeTarget(cmd, args, word)
}

// patternAndTargets wants a pattern and then profiles.
func patternAndTargets(example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < 2 {
			return usageError("for example: "+example, "%s: want a pattern and a profile", cmd.Name())
		}
		return nil
	}
}

func (o *listOptions) check(env Env) (color bool, err error) {
	if by, err := granularity(o.view.granularity); err == nil && by != profile.ByLine {
		return false, usageError("goperf top --granularity sums up by other parts", "--granularity: %q: list shows lines", o.view.granularity)
	}
	if o.look.width != 0 && (o.look.width < minWidth || o.look.width > maxWidth) {
		return false, usageError("leave it out for the width of the terminal", "--width: %d: want %d to %d", o.look.width, minWidth, maxWidth)
	}
	o.look.file = o.view.file
	return o.look.useColor(env)
}

func runList(ctx context.Context, env Env, re *regexp.Regexp, targets []string, opts *listOptions) error {
	color, err := opts.check(env)
	if err != nil {
		return err
	}
	v, err := opts.view.open(ctx, env, targets, false)
	if err != nil {
		return err
	}
	if opts.asm {
		return runAsm(env, re, targets[0], v, opts, color)
	}
	l := &listed{view: v, around: opts.context}
	var functions []listing.Function
	l.table, l.all = listing.Functions(v.p, v.options.Type)
	l.table.Magnitude = v.total
	for _, f := range l.all {
		if re.MatchString(f.Name) {
			functions = append(functions, f)
		}
	}
	if len(functions) == 0 {
		return noEvidence("goperf top "+targets[0]+" lists what there is", named(targets[0], errNothing(re)))
	}
	l.choose(functions, opts.view.nodes, opts.view.cum)
	build, err := opts.build(env, v)
	if err != nil {
		return err
	}
	l.read(opts.finder(env, build))
	if opts.view.format == "json" {
		return writeJSONFile(env, opts.view.file, l.json())
	}
	page := opts.page(env, color)
	return env.writeBytes(opts.view.file, page.text(l))
}

func (o *listOptions) finder(env Env, build *debug.BuildInfo) *code.Finder {
	return code.NewFinder(code.Options{
		Dir: env.Dir, Getenv: env.getenv, Build: build,
		Search: splitLists(o.sourcePath), Trim: splitLists(o.trimPath),
	})
}

func (o *listOptions) page(env Env, color bool) listPage {
	page := listPage{color: color, width: o.look.width}
	if page.width == 0 && o.look.toTerminal(env) {
		page.width = env.Columns()
	}
	return page
}

// splitLists takes apart lists of directories as PATH is one.
func splitLists(lists []string) []string {
	var all []string
	for _, list := range lists {
		for _, dir := range filepath.SplitList(list) {
			if dir != "" {
				all = append(all, dir)
			}
		}
	}
	return all
}

// build is what the toolchain recorded of the program: in the evidence, or in
// the executable if that is here.
func (o *listOptions) build(env Env, v *view) (*debug.BuildInfo, error) {
	p, _, err := o.program(env, v)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return v.build, nil
	}
	defer p.Close()
	return cmp.Or(p.Build, v.build), nil
}

// program opens the executable that the profile was taken from, nil when it is not here.
func (o *listOptions) program(env Env, v *view) (*program.Program, []string, error) {
	return executable{env, o.binary, v.pid}.open(v.p)
}

// listed is what is shown.
type listed struct {
	view      *view
	table     *profile.Table
	all       []listing.Function
	around    int
	functions []sourced
	more      int      // functions that match and are not shown
	doubts    []string // about the source
}

// sourced is a function with its source.
type sourced struct {
	listing.Function
	path string // of the file that was read, "" when there is none
	why  string // it is not there
	hint string
	rows []listing.Row
}

// choose takes those that cost most.
func (l *listed) choose(functions []listing.Function, most int, byCum bool) {
	slices.SortStableFunc(functions, func(a, b listing.Function) int {
		if byCum {
			return cmp.Compare(magnitude(b.Cum), magnitude(a.Cum))
		}
		return cmp.Or(cmp.Compare(magnitude(b.Flat), magnitude(a.Flat)), cmp.Compare(magnitude(b.Cum), magnitude(a.Cum)))
	})
	if most > 0 && len(functions) > most {
		l.more = len(functions) - most
		functions = functions[:most]
	}
	for _, f := range functions {
		l.functions = append(l.functions, sourced{Function: f})
	}
}

// read gets the source of each function.
func (l *listed) read(finder *code.Finder) {
	var queries []code.Query
	slices.SortStableFunc(l.all, func(a, b listing.Function) int { return cmp.Compare(len(b.Lines), len(a.Lines)) })
	for _, f := range l.all {
		queries = append(queries, code.Query{File: f.File, Function: f.Name, Fits: f.Plausible})
	}
	finder.Guess(queries)
	end := time.Unix(0, l.view.p.TimeNanos).Add(time.Duration(max(l.view.p.DurationNanos, 0)))
	for i := range l.functions {
		f := &l.functions[i]
		file, err := finder.Find(code.Query{File: f.File, Function: f.Name, Fits: f.Fits})
		if err != nil {
			f.why, f.hint = err.Error(), hintOf(err)
			f.rows = f.Rows(nil, l.around)
			continue
		}
		f.path, f.rows = file.Path, f.Rows(file.Text, l.around)
		l.doubt(file.Doubt)
		if l.view.p.TimeNanos != 0 && file.Modified.After(end) {
			l.doubt(file.Path + " was changed after the profile was taken: lines may have moved")
		}
	}
}

func (l *listed) doubt(text string) {
	if text != "" && !slices.Contains(l.doubts, text) {
		l.doubts = append(l.doubts, text)
	}
}
