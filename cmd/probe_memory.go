package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/ebpf/goroutines"
	"github.com/goperf/goperf/ebpf/park"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/wall"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
)

func newWallCommand(env Env) *cobra.Command {
	var o wall.Options
	exact := false
	cmd := newOneProbeCommand(env, wall.Name, "Sample what all goroutines do and wait for: goroutine time by state, reason and stack",
		func() probe.Probe {
			if exact {
				return park.Probe()
			}
			return wall.Probe(o)
		})
	cmd.Flags().BoolVar(&exact, "exact", false, "measure every wait instead, by uprobes on the scheduler: about 1 µs for each, and refused above 2 % of a core")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if o.Hertz < 1 || o.Hertz > wall.MaxHertz {
			return usageError("for example: --hertz 100", "--hertz: %d: want 1 to %d", o.Hertz, wall.MaxHertz)
		}
		return nil
	}
	cmd.Flags().IntVar(&o.Hertz, "hertz", wall.Hertz, "looks a second at all goroutines (`rate`)")
	cmd.Flags().BoolVar(&o.Labels, "labels", false, "keep the goroutines' pprof labels")
	cmd.Flags().BoolVar(&o.IDs, "ids", false, "keep goroutines apart by their number")
	return cmd
}

// dumpForms are the forms in which goroutines are printed.
var dumpForms = []string{"text", "full", "pprof", "json", "markdown"}

type goroutinesOptions struct {
	format string
	file   string
}

func newGoroutinesCommand(env Env) *cobra.Command {
	var o goroutinesOptions
	cmd := &cobra.Command{
		Use:   "goroutines pid:N",
		Short: "List the goroutines of a process as they are now, from its memory",
		Long: `List the goroutines of a process as they are now: what each waits for, since when at
least, where, and who started it. They are read from the memory of the process, which
runs on; it needs no endpoint, and no privilege for a process of the same user.

-f text groups equal stacks, full is goroutine?debug=2 of net/http/pprof, pprof a
goroutine profile, json and markdown a report. The stack of a goroutine that is running is not in memory: it
stands at the function it began in.`,
		Example: `goperf probe goroutines pid:4711
goperf probe goroutines pid:4711 -f full -o goroutines.txt
goperf probe goroutines pid:4711 -f pprof -o goroutines.pb.gz; goperf top goroutines.pb.gz
goperf probe goroutines pid:4711 -f json`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runGoroutines(cmd.Context(), env, args, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.format, "format", "f", "", "`form`: "+strings.Join(dumpForms, ", ")+" (default: text, pprof for a file named .pb.gz)")
	f.StringVarP(&o.file, "output", "o", "", "write to this `file` instead of standard output")
	complete(cmd, "format", dumpForms)
	return cmd
}

func runGoroutines(_ context.Context, env Env, args []string, o goroutinesOptions) error {
	switch {
	case o.format == "" && strings.HasSuffix(o.file, ".pb.gz"):
		o.format = "pprof"
	case o.format == "":
		o.format = "text"
	case !slices.Contains(dumpForms, o.format):
		return unknownValue("--format", o.format, dumpForms)
	}
	if err := env.checkOutput(o.file); err != nil {
		return err
	}
	pid, err := probeTarget("goroutines", args)
	if err != nil {
		return err
	}
	p, err := goproc.Open(pid)
	if err != nil {
		return noEvidence("", err)
	}
	defer p.Close()
	from := env.Now()
	d, err := p.Dump(true)
	if err != nil {
		return noEvidence("", err)
	}
	switch o.format {
	case "text":
		return env.writeBytes(o.file, groupsText(p, d))
	case "full":
		return env.writeFile(o.file, func(w io.Writer) error { return goroutines.WriteDump(w, p, d) })
	}
	prof, err := goroutines.Profile(p, programOf(p), d, from)
	if err != nil {
		return err
	}
	if o.format == "pprof" {
		return env.writeFile(o.file, prof.Write)
	}
	return writeDumpReport(env, args[0], o, p, d, prof, from)
}

// writeDumpReport writes the goroutines as every other command writes what it saw.
func writeDumpReport(env Env, target string, o goroutinesOptions, p *goproc.Process, d *goproc.Dump, prof *profile.Profile, from time.Time) error {
	format, err := findFormat(o.format)
	if err != nil {
		return err
	}
	data, err := profile.Encode(prof)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := goroutines.WriteDump(&text, p, d); err != nil {
		return err
	}
	to := env.Now()
	capture := &evidence.Capture{
		Target: evidence.Target{Name: target, Kind: "pid", PID: p.PID}, From: from, To: to,
		Blobs: []evidence.Blob{
			{Kind: evidence.Goroutine, Name: "goroutine-1.pb.gz", From: from, To: to, Data: data},
			{Kind: evidence.GoroutineText, Name: "goroutine-text-1.txt", From: from, To: to, Data: text.Bytes()},
		},
	}
	useWallClock(capture)
	set := evidence.Decode(capture)
	set.Notes = append(set.Notes, doubts(p, d)...)
	r := diagnose.Run(nil, set, diagnose.Limits{})
	r.Unjudged = true
	exhibit.Fill(r, set)
	r.Tool = env.toolVersion()
	return output{format: format, options: render.Options{Width: defaultWidth, All: true}, file: o.file}.write(env, r)
}

// programOf is the mapping of the executable.
func programOf(p *goproc.Process) profile.Mapping {
	text := p.Table.Text()
	exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.PID))
	return profile.Mapping{
		Start: text.Start + p.Bias, Limit: text.End + p.Bias, File: strings.TrimSuffix(exe, " (deleted)"),
		HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlines: true,
	}
}

// groupsText prints one paragraph for each group of equal stacks.
func groupsText(p *goproc.Process, d *goproc.Dump) []byte {
	groups := goroutines.Groups(p, d)
	total := 0
	for _, g := range groups {
		total += g.Count
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s goroutines in %s groups, %s\n", report.FormatValue(float64(total), "count"), report.FormatValue(float64(len(groups)), "count"), report.Clean(p.Table.GoVersion()))
	for _, note := range doubts(p, d) {
		fmt.Fprintf(&b, "%s\n", report.Clean(note))
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s  %s", report.FormatValue(float64(g.Count), "count"), report.Clean(g.State))
		if g.Waited > 0 {
			fmt.Fprintf(&b, ", for %s or longer", report.FormatValue(g.Waited.Seconds(), "s"))
		}
		if g.Creator.Func != "" {
			fmt.Fprintf(&b, ", started in %s (%s:%d)", report.Clean(g.Creator.Func), report.Clean(g.Creator.File), g.Creator.Line)
		}
		b.WriteByte('\n')
		for _, c := range g.Stack {
			fmt.Fprintf(&b, "    %s\n        %s:%d\n", report.Clean(c.Func), report.Clean(c.File), c.Line)
		}
	}
	return b.Bytes()
}

// doubts are what a reader of the list has to know of it.
func doubts(p *goproc.Process, d *goproc.Dump) []string {
	notes := slices.Clone(p.Notes)
	if d.Torn > 0 {
		notes = append(notes, fmt.Sprintf("%d goroutines moved each time they were looked at: they stand at the function they began in", d.Torn))
	}
	if d.Unreadable > 0 {
		notes = append(notes, fmt.Sprintf("%d goroutines could not be read", d.Unreadable))
	}
	return notes
}
