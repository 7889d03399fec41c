package cmd

import (
	"cmp"
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
)

// flameOptions say how a flame graph is drawn.
type flameOptions struct {
	view   *viewOptions
	format string
	color  string
	width  int
	rows   int
}

var flameFormats = []string{"text", "html", "svg", "json"}

// defaultNodes is more than a screen can show after the third zoom, and a page
// of a few megabytes.
const defaultNodes = 200_000

func newFlameCommand(env Env) *cobra.Command {
	opts := &flameOptions{}
	cmd := &cobra.Command{
		Use:   "flame TARGET...",
		Short: "Draw a profile as a flame graph: on the terminal, as one HTML page, as SVG",
		Long: `Draw a profile as a flame graph, callers above callees. Without -o it is drawn on
the terminal. A file that ends in .html is a page of its own that works offline:
search with the share of what matches, zoom, callers and callees of a function,
all sample types. One that ends in .svg is a picture.

Colours tell your code from third-party modules, the standard library, the
runtime and its garbage collector. With --diff-base a box is as wide as before and
after together, and colours say what became more (red) and less (blue).`,
		Example: `goperf flame cpu.pb.gz
goperf flame cpu.pb.gz -o cpu.html
goperf flame http://127.0.0.1:6060 --profile heap --sample-index alloc_space -o heap.html
goperf flame new.pb.gz --diff-base old.pb.gz -o diff.html
goperf flame cpu.pb.gz --focus 'net/http' -o http.svg`,
		Args: someArgs("a profile", "goperf flame cpu.pb.gz"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runFlame(cmd.Context(), env, args, opts)
		},
	}
	opts.view = addProfileFlags(cmd)
	f := cmd.Flags()
	f.IntVarP(&opts.view.nodes, "nodecount", "n", defaultNodes, "keep this `many` boxes, the largest, 0 for all")
	f.StringVarP(&opts.format, "format", "f", "", "`form` of the graph: "+strings.Join(flameFormats, ", ")+" (default: what the name of the file says)")
	f.StringVar(&opts.color, "color", "auto", "`when` to use colour: "+strings.Join(whens, ", "))
	f.IntVar(&opts.width, "width", 0, "`columns` of the text form (default: the terminal's, or 80)")
	f.IntVar(&opts.rows, "depth", 0, "draw at most this many `rows` of text (default: all that can be named)")
	complete(cmd, "format", flameFormats)
	complete(cmd, "color", whens)
	return cmd
}

// check finds everything wrong with the options before any work is done.
func (o *flameOptions) check(env Env) (flame.TextOptions, error) {
	text := flame.TextOptions{Rows: o.rows}
	if o.format == "" {
		switch end := strings.TrimPrefix(strings.ToLower(filepath.Ext(o.view.file)), "."); end {
		case "html", "svg", "json":
			o.format = end
		case "htm":
			o.format = "html"
		case "pdf", "png", "jpg", "jpeg", "gif", "webp", "dot", "ps", "gz":
			return text, usageError("a browser prints or converts what -o flame.html or flame.svg holds", "-o %s: no such form: want one of %s", shownName(o.view.file), strings.Join(flameFormats, ", "))
		default:
			o.format = "text"
		}
	}
	if !slices.Contains(flameFormats, o.format) {
		return text, unknownValue("--format", o.format, flameFormats)
	}
	if o.rows < 0 {
		return text, usageError("--depth 0 draws all", "--depth: %d: is negative", o.rows)
	}
	// A flame graph obeys the rules for the width and the colours of reports.
	out := outputOptions{format: "text", file: o.view.file, color: o.color, width: o.width}
	checked, err := out.check(env)
	if err != nil {
		return text, err
	}
	text.Width = checked.options.Width
	if checked.options.Color {
		text.Colors = env.colors()
	}
	return text, nil
}

func runFlame(ctx context.Context, env Env, targets []string, opts *flameOptions) error {
	text, err := opts.check(env)
	if err != nil {
		return err
	}
	v, err := opts.view.open(ctx, env, targets, false)
	if err != nil {
		return err
	}
	env.collectOften()
	t, err := flame.Build(v.p, flame.Options{
		By: v.by, Type: v.options.Type, Nodes: opts.view.nodes, Whole: v.total,
		Main: v.mainModule(),
	})
	if err != nil {
		return noEvidence("--focus and --prune-from make it smaller", named(strings.Join(targets, ", "), err))
	}
	head := flame.HeaderOf(v.p, strings.Join(targets, ", "))
	if opts.view.unit != unit.Minimum {
		head.Unit = opts.view.unit
	}
	head.Notes = flameNotes(opts.view, v)
	return env.writeFile(opts.view.file, func(w io.Writer) error {
		switch opts.format {
		case "html":
			return flame.HTML(w, t, head)
		case "svg":
			return flame.SVG(w, t, head)
		case "json":
			return flame.JSON(w, t, head)
		}
		text.Header = head
		return flame.Text(w, t, text)
	})
}

// mainModule is the path of the main module, "" when nothing tells.
func (v *view) mainModule() string {
	if v.build != nil && v.build.Main.Path != "" {
		return v.build.Main.Path
	}
	return evidence.MainModule(v.p)
}

// flameNotes are what a reader of the graph should know who did not type the command.
func flameNotes(o *viewOptions, v *view) []string {
	var notes []string
	for _, w := range v.p.Warnings {
		notes = append(notes, report.Clean(w))
	}
	for _, f := range []struct{ flag, value string }{
		{"focus", o.frames.focus},
		{"ignore", o.frames.ignore},
		{"hide", o.frames.hide},
		{"show", o.frames.show},
		{"show-from", o.frames.showFrom},
		{"prune-from", o.frames.pruneFrom},
		{"tagfocus", o.labels.focus},
		{"tagignore", o.labels.ignore},
		{"tagroot", o.labels.root},
		{"tagleaf", o.labels.leaf},
		{"base", strings.Join(o.base.base, " ")},
		{"diff-base", strings.Join(o.base.diff, " ")},
	} {
		if f.value != "" {
			notes = append(notes, report.Clean("--"+f.flag+" "+f.value))
		}
	}
	if o.base.normalize {
		notes = append(notes, "--normalize: scaled to the total of the base")
	}
	return notes
}

// colors is what the terminal says it can show. One that is asked to show
// colours and says nothing gets those that all have.
func (e Env) colors() flame.Colors {
	term, colorterm := e.getenv("TERM"), e.getenv("COLORTERM")
	switch {
	case colorterm == "truecolor" || colorterm == "24bit" || strings.HasSuffix(term, "-direct"):
		return flame.TrueColor
	case strings.Contains(term, "256color") || cmp.Or(e.getenv("WT_SESSION"), e.getenv("KONSOLE_VERSION")) != "":
		return flame.Cube
	}
	return flame.Sixteen
}
