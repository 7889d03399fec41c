package cmd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

func newRawCommand(env Env) *cobra.Command {
	var opts *viewOptions
	cmd := &cobra.Command{
		Use:   "raw TARGET...",
		Short: "Show all that a profile holds: samples, locations, mappings",
		Long: `Show all that a profile holds, as "go tool pprof -raw" does: the samples with the
numbers of their locations, the locations, the mappings.`,
		Example: `goperf raw cpu.pb.gz
goperf raw heap.pb.gz --focus 'main\.'
goperf raw cpu.pb.gz --format json | jq '.samples | length'`,
		Args: someArgs("a profile", "goperf raw cpu.pb.gz"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRaw(cmd.Context(), env, args, opts)
		},
	}
	opts = addViewFlags(cmd, 0)
	return cmd
}

func runRaw(ctx context.Context, env Env, targets []string, opts *viewOptions) error {
	opts.granularity = "addresses"
	v, err := opts.open(ctx, env, targets, true)
	if err != nil {
		return err
	}
	return env.writeFile(opts.file, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<16)
		if opts.format == "json" {
			err = tracesJSON(b, v, opts)
		} else {
			rawHeader(b, v.p)
			rawSamples(b, v.p)
			rawTables(b, v.p)
		}
		if err != nil {
			return err
		}
		return b.Flush() // which tells of what could not be written before
	})
}

func rawHeader(w *bufio.Writer, p *profile.Profile) {
	for _, c := range p.Comments {
		fmt.Fprintf(w, "Comment: %s\n", report.Clean(c))
	}
	if p.DocURL != "" {
		fmt.Fprintf(w, "Doc: %s\n", report.Clean(p.DocURL))
	}
	fmt.Fprintf(w, "PeriodType: %s %s\nPeriod: %d\n", report.Clean(p.PeriodType.Type), report.Clean(p.PeriodType.Unit), p.Period)
	if p.TimeNanos != 0 {
		fmt.Fprintf(w, "Time: %v\n", time.Unix(0, p.TimeNanos).UTC())
	}
	if p.DurationNanos != 0 {
		fmt.Fprintf(w, "Duration: %.4v\n", time.Duration(p.DurationNanos))
	}
	fmt.Fprint(w, "Samples:\n")
	for i, t := range p.SampleTypes {
		if i > 0 {
			fmt.Fprint(w, " ")
		}
		fmt.Fprintf(w, "%s/%s", report.Clean(t.Type), report.Clean(t.Unit))
		if t.Type == p.DefaultSampleType {
			fmt.Fprint(w, "[dflt]")
		}
	}
	fmt.Fprintln(w)
}

func rawSamples(w *bufio.Writer, p *profile.Profile) {
	for i := range p.NumSamples() {
		for _, v := range p.Values(i) {
			fmt.Fprintf(w, " %10d", v)
		}
		fmt.Fprint(w, ": ")
		for _, loc := range p.Stack(i) {
			fmt.Fprintf(w, "%d ", p.Locations[loc].ID)
		}
		fmt.Fprintln(w)
		strs, nums, units := map[string][]string{}, map[string][]string{}, map[string]bool{}
		for _, l := range p.Labels(i) {
			if l.Str == "" && l.Unit != "" {
				units[l.Key] = true
			}
		}
		for _, l := range p.Labels(i) {
			switch {
			case l.Str != "":
				strs[l.Key] = append(strs[l.Key], l.Str)
			case units[l.Key]:
				nums[l.Key] = append(nums[l.Key], fmt.Sprintf("%d %s", l.Num, l.Unit))
			default:
				nums[l.Key] = append(nums[l.Key], fmt.Sprint(l.Num))
			}
		}
		rawLabels(w, strs)
		rawLabels(w, nums)
	}
}

func rawLabels(w *bufio.Writer, labels map[string][]string) {
	if len(labels) == 0 {
		return
	}
	var list []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		list = append(list, fmt.Sprintf("%s:%v", report.Clean(key), report.Clean(fmt.Sprint(labels[key]))))
	}
	slices.Sort(list)
	fmt.Fprintf(w, "                %s\n", strings.Join(list, " "))
}

func rawTables(w *bufio.Writer, p *profile.Profile) {
	fmt.Fprintln(w, "Locations")
	for i := range p.Locations {
		l := &p.Locations[i]
		place := fmt.Sprintf("%6d: %#x ", l.ID, l.Address)
		if l.Mapping >= 0 {
			place += fmt.Sprintf("M=%d ", p.Mappings[l.Mapping].ID)
		}
		if l.IsFolded {
			place += "[F] "
		}
		if len(l.Lines) == 0 {
			fmt.Fprintln(w, place)
		}
		for _, line := range l.Lines {
			text := "??"
			if line.Function >= 0 {
				text = rawLine(line, &p.Functions[line.Function])
			}
			fmt.Fprintln(w, place+text)
			place = "             "
		}
	}
	fmt.Fprintln(w, "Mappings")
	for _, m := range p.Mappings {
		fmt.Fprintf(w, "%d: %#x/%#x/%#x %s %s ", m.ID, m.Start, m.Limit, m.Offset, report.Clean(m.File), report.Clean(m.BuildID))
		for _, has := range []struct {
			is   bool
			text string
		}{{m.HasFunctions, "[FN]"}, {m.HasFilenames, "[FL]"}, {m.HasLineNumbers, "[LN]"}, {m.HasInlines, "[IN]"}, {true, "\n"}} {
			if has.is {
				fmt.Fprint(w, has.text)
			}
		}
	}
}

func rawLine(line profile.Line, f *profile.Function) string {
	text := fmt.Sprintf("%s %s:%d:%d s=%d", report.Clean(f.Name), report.Clean(f.File), line.Line, line.Column, f.StartLine)
	if f.Name != f.SystemName {
		text += "(" + report.Clean(f.SystemName) + ")"
	}
	return text
}
