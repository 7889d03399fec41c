package cmd

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
)

// outputOptions say in which form a report is written, where to, and what its
// exit status is.
type outputOptions struct {
	format string
	file   string
	failOn string
	color  string
	width  int
	all    bool

	evidence bool // a file that is named as a bundle is written as one
}

// addOutputFlags attaches the flags of every command that ends in a report.
func addOutputFlags(cmd *cobra.Command) *outputOptions {
	o := &outputOptions{}
	f := cmd.Flags()
	f.StringVarP(&o.format, "format", "f", "", "`form` of the report: "+strings.Join(formatNames(), ", ")+" (default: by the name of the output file, or text)")
	f.StringVarP(&o.file, "output", "o", "", "write the report to this `file` instead of standard output")
	f.StringVar(&o.failOn, "fail-on", "", "exit with 1 if a finding is at least this `severity`: "+strings.Join(severityNames(), ", "))
	f.BoolVar(&o.all, "all", false, "show findings of low confidence and every note as well")
	f.StringVar(&o.color, "color", "auto", "`when` to use colour: "+strings.Join(whens, ", "))
	f.IntVar(&o.width, "width", 0, "`columns` of the text form (default: the terminal's, or 80)")
	complete(cmd, "format", formatNames())
	complete(cmd, "fail-on", severityNames())
	complete(cmd, "color", whens)
	annotateExitStatus(cmd)
	return o
}

// whens are the values of flags that may decide by themselves.
var whens = []string{"auto", "always", "never"}

// output is outputOptions after they were checked.
type output struct {
	format  render.Format
	options render.Options
	failOn  *report.Severity
	file    string
}

// maxWidth is wider than any terminal and keeps a slip from padding lines to
// megabytes.
const (
	defaultWidth = 80
	minWidth     = 20
	maxWidth     = 1000
)

// check finds everything wrong with the options before any work is done.
func (o *outputOptions) check(env Env) (output, error) {
	out := output{file: o.file}
	format, err := findFormat(o.formatName())
	if err != nil {
		return out, err
	}
	out.format = format
	if o.failOn != "" {
		severity, err := report.ParseSeverity(o.failOn)
		if err != nil {
			return out, unknownValue("--fail-on", o.failOn, severityNames())
		}
		out.failOn = &severity
	}
	color, err := o.useColor(env)
	if err != nil {
		return out, err
	}
	if o.width != 0 && (o.width < minWidth || o.width > maxWidth) {
		return out, usageError("", "--width: %d: want %d to %d", o.width, minWidth, maxWidth)
	}
	if !o.evidence && o.format == "" && strings.HasSuffix(o.file, ".goperf") {
		return out, usageError("goperf collect TARGET -o "+o.file+" writes one; name a report .json, .md, .txt...", "-o %s: is the name of a bundle, and this would be a report", o.file)
	}
	if err := env.checkOutput(o.file); err != nil {
		return out, err
	}
	out.options = render.Options{Color: color, Width: o.columns(env), All: o.all, Repo: env.repo()}
	return out, nil
}

// useColor obeys the flag, then NO_COLOR (any value but the empty one, see
// no-color.org), then asks whether anybody can see it.
func (o *outputOptions) useColor(env Env) (bool, error) {
	switch o.color {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		return o.toTerminal(env) && env.getenv("NO_COLOR") == "" && env.getenv("TERM") != "dumb", nil
	}
	return false, unknownValue("--color", o.color, whens)
}

func (o *outputOptions) toTerminal(env Env) bool {
	return (o.file == "" || o.file == "-") && env.StdoutIsTerminal
}

func (o *outputOptions) columns(env Env) int {
	if o.width != 0 {
		return o.width
	}
	if n := env.Columns(); n > 0 && o.toTerminal(env) {
		return min(max(n, minWidth), maxWidth)
	}
	return defaultWidth
}

// write writes the report. The exit status is that of the report, whether or
// not somebody reads to the end.
func (o output) write(env Env, r *report.Report) error {
	status := report.Status(r, o.failOn)
	err := env.writeFile(o.file, func(w io.Writer) error {
		return o.format.Render(w, r, o.options)
	})
	if err != nil && !readerGone(err) {
		return err
	}
	return exitWith(status)
}

func findFormat(name string) (render.Format, error) {
	for _, f := range render.All {
		if f.Name == name {
			return f, nil
		}
	}
	return render.Format{}, unknownValue("--format", name, formatNames())
}

// formatName is the form that was asked for, or else the one that the name of
// the output file stands for.
func (o *outputOptions) formatName() string {
	if o.format != "" {
		return o.format
	}
	switch strings.ToLower(filepath.Ext(o.file)) {
	case ".json":
		return "json"
	case ".md", ".markdown":
		return "markdown"
	case ".sarif":
		return "sarif"
	case ".xml":
		return "junit"
	}
	return "text"
}

func formatNames() []string {
	names := make([]string, len(render.All))
	for i, f := range render.All {
		names[i] = f.Name
	}
	return names
}

func severityNames() []string {
	var names []string
	for s := report.Info; s <= report.Critical; s++ {
		names = append(names, s.String())
	}
	return names
}

// unknownValue is the error for a flag that takes one of a few words.
func unknownValue(flag, value string, names []string) error {
	hint := ""
	if near := nearest(value, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usageError(hint, "%s: %q: want one of %s", flag, value, strings.Join(names, ", "))
}

// complete lets shells complete the value of a flag.
func complete(cmd *cobra.Command, flag string, names []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was not defined, or twice: every run of the program shows it
	}
}

// hide keeps a flag that only goperf itself uses out of the help.
func hide(cmd *cobra.Command, flag string) {
	if err := cmd.Flags().MarkHidden(flag); err != nil {
		panic(err) // as in complete
	}
}

func annotateExitStatus(cmd *cobra.Command) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[exitStatusKey] = exitStatusHelp
}

// addTableFormat attaches --format of the commands that print a list.
func addTableFormat(cmd *cobra.Command, format *string) {
	cmd.Flags().StringVarP(format, "format", "f", "text", "`form` of the list: text, json")
	complete(cmd, "format", tableFormats)
}

var tableFormats = []string{"text", "json"}

func checkTableFormat(format string) error {
	if format == "text" || format == "json" {
		return nil
	}
	return unknownValue("--format", format, tableFormats)
}
