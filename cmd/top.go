package cmd

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

type topOptions struct {
	nodes       int
	cum         bool
	granularity string
	sampleIndex string
	file        string
}

func newTopCommand(env Env) *cobra.Command {
	var opts topOptions
	cmd := &cobra.Command{
		Use:   "top PROFILE",
		Short: "Show where a profile's time or memory goes, one line for each function",
		Long: `Show where a profile's time or memory goes, one line for each function, in the
columns of "go tool pprof -top". PROFILE is a file, or - for standard input.

flat is what the function itself took, cum what it took with all that it called.`,
		Example: `goperf top cpu.pb.gz
goperf top cpu.pb.gz --cum --nodecount 10
goperf top heap.pb.gz --sample-index alloc_space --granularity package
curl -s http://127.0.0.1:6060/debug/pprof/heap | goperf top -`,
		Args:              oneArg("a profile", "goperf top cpu.pb.gz"),
		ValidArgsFunction: fileFirst,
		RunE: func(_ *cobra.Command, args []string) error {
			return runTop(env, args[0], opts)
		},
	}
	f := cmd.Flags()
	f.IntVarP(&opts.nodes, "nodecount", "n", 40, "show this `many` lines, 0 for all")
	f.BoolVar(&opts.cum, "cum", false, "sort by cum instead of flat")
	f.StringVar(&opts.granularity, "granularity", string(profile.ByFunction), "`what` a line stands for: "+strings.Join(granularities(), ", "))
	f.StringVar(&opts.sampleIndex, "sample-index", "", "`name` or number of the sample type (default: the profile's)")
	f.StringVarP(&opts.file, "output", "o", "", "write to this `file` instead of standard output")
	complete(cmd, "granularity", granularities())
	complete(cmd, "sample-index", []string{"cpu", "samples", "inuse_space", "inuse_objects", "alloc_space", "alloc_objects", "contentions", "delay", "goroutine"})
	return cmd
}

// fileFirst completes one file name and nothing after it.
func fileFirst(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

func granularities() []string {
	return []string{string(profile.ByFunction), string(profile.ByLine), string(profile.ByFile), string(profile.ByPackage), string(profile.ByAddress)}
}

func runTop(env Env, name string, opts topOptions) error {
	if opts.nodes < 0 {
		return usageError("--nodecount 0 shows all", "--nodecount: %d: is negative", opts.nodes)
	}
	if !slices.Contains(granularities(), opts.granularity) {
		return unknownValue("--granularity", opts.granularity, granularities())
	}
	env.collectRarely()
	data, err := env.readInput(name)
	if err != nil {
		return err
	}
	p, err := profile.Parse(data, profile.Options{})
	if err != nil {
		return noEvidence(otherThanProfile(name, data), named(name, err))
	}
	column, err := sampleType(p, opts.sampleIndex)
	if err != nil {
		return err
	}
	t := profile.Top(p, profile.TopOptions{By: profile.Granularity(opts.granularity), Type: column})
	if opts.cum {
		t.SortCum()
	}
	for _, w := range slices.Concat(p.Warnings, t.Warnings) {
		if _, err := fmt.Fprintf(env.Stderr, "goperf: %s: %s\n", report.Clean(name), report.Clean(w)); err != nil {
			return err
		}
	}
	return env.writeBytes(opts.file, topText(p, t, opts))
}

// otherThanProfile is the hint for a file that is no profile and yet of use.
func otherThanProfile(name string, data []byte) string {
	if _, err := evidence.Sniff(name, data); err != nil && !evidence.IsBundle(data) {
		return ""
	}
	return "goperf analyze " + name + " reads it"
}

// sampleType is the name of the column that the user means by a name or a number.
func sampleType(p *profile.Profile, index string) (string, error) {
	if index == "" {
		return "", nil
	}
	var names []string
	for _, s := range p.SampleTypes {
		names = append(names, s.Type)
	}
	if slices.Contains(names, index) {
		return index, nil
	}
	if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(names) {
		return names[i], nil
	}
	return "", unknownValue("--sample-index", index, names)
}

// topText lays the table out by hand: a profile may have tens of thousands of
// lines, and formatting them must not cost more than summing them up.
func topText(p *profile.Profile, t *profile.Table, opts topOptions) []byte {
	rows := t.Rows
	if opts.nodes > 0 && len(rows) > opts.nodes {
		rows = rows[:opts.nodes]
	}
	s := scaleFor(t, rows)
	var shown int64
	for _, r := range rows {
		shown += r.Flat
	}
	b := make([]byte, 0, 512+128*len(rows))
	b = topHeader(b, p, t, s)
	b = fmt.Appendf(b, "Showing nodes accounting for %s, %s of %s total\n", s.format(shown), percentOf(shown, t.Magnitude), s.format(t.Total))
	if len(rows) < len(t.Rows) {
		b = fmt.Appendf(b, "Showing top %d nodes out of %d\n", len(rows), len(t.Rows))
	}
	b = append(b, "      flat  flat%   sum%        cum   cum%\n"...)
	var sum int64
	for _, r := range rows {
		sum += r.Flat
		b = padLeft(b, 10, func(b []byte) []byte { return s.append(b, r.Flat) })
		b = padLeft(append(b, ' '), 6, func(b []byte) []byte { return appendPercent(b, r.Flat, t.Magnitude) })
		b = padLeft(append(b, ' '), 6, func(b []byte) []byte { return appendPercent(b, sum, t.Magnitude) })
		b = padLeft(append(b, ' '), 10, func(b []byte) []byte { return s.append(b, r.Cum) })
		b = padLeft(append(b, ' '), 6, func(b []byte) []byte { return appendPercent(b, r.Cum, t.Magnitude) })
		b = append(b, "  "...)
		b = append(appendFrame(b, r.Frame, opts.granularity), '\n')
	}
	return b
}

// topHeader says what the profile is, as far as it says so itself.
func topHeader(b []byte, p *profile.Profile, t *profile.Table, s valueScale) []byte {
	if len(p.Mappings) > 0 && p.Mappings[0].File != "" {
		b = fmt.Appendf(b, "File: %s\n", report.Clean(path.Base(p.Mappings[0].File)))
		if id := p.Mappings[0].BuildID; id != "" {
			b = fmt.Appendf(b, "Build ID: %s\n", report.Clean(id))
		}
	}
	if t.Type.Type != "" {
		b = fmt.Appendf(b, "Type: %s\n", report.Clean(t.Type.Type))
	}
	if p.TimeNanos != 0 {
		b = fmt.Appendf(b, "Time: %s\n", time.Unix(0, p.TimeNanos).UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if d := time.Duration(p.DurationNanos); d > 0 {
		b = fmt.Appendf(b, "Duration: %s, Total samples = %s", d.Round(10*time.Millisecond), s.format(t.Total))
		if nanos, ok := s.nanoseconds(t.Total); ok {
			b = fmt.Appendf(b, " (%s)", percentOf(nanos, p.DurationNanos))
		}
		b = append(b, '\n')
	}
	return b
}

func appendFrame(b []byte, f profile.Frame, granularity string) []byte {
	if granularity == string(profile.ByAddress) && f.Address != 0 {
		b = fmt.Appendf(b, "%016x ", f.Address)
	}
	b = append(b, report.Clean(f.Name)...)
	if granularity != string(profile.ByLine) && granularity != string(profile.ByAddress) || f.File == "" {
		return b
	}
	b = append(append(b, ' '), report.Clean(f.File)...)
	return strconv.AppendInt(append(b, ':'), f.Line, 10)
}

// padLeft right-aligns what text appends.
func padLeft(b []byte, width int, text func([]byte) []byte) []byte {
	start := len(b)
	b = text(b)
	for n := len(b) - start; n < width; n++ {
		b = append(b, ' ')
		copy(b[start+1:], b[start:])
		b[start] = ' '
	}
	return b
}
