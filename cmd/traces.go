package cmd

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
)

func newTracesCommand(env Env) *cobra.Command {
	var opts *viewOptions
	cmd := &cobra.Command{
		Use:   "traces TARGET...",
		Short: "Show every stack of a profile with its value and its labels",
		Long: `Show every stack of a profile, the leaf first, with its value and its labels, as
"go tool pprof -traces" does.`,
		Example: `goperf traces cpu.pb.gz --focus 'net/http'
goperf traces heap.pb.gz --tagfocus bytes=1mb: --granularity lines
goperf traces cpu.pb.gz --format json | jq -c '.samples[]'`,
		Args: someArgs("a profile", "goperf traces cpu.pb.gz"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTraces(cmd.Context(), env, args, opts)
		},
	}
	opts = addViewFlags(cmd, 0)
	return cmd
}

func runTraces(ctx context.Context, env Env, targets []string, opts *viewOptions) error {
	v, err := opts.open(ctx, env, targets, true)
	if err != nil {
		return err
	}
	return env.writeFile(opts.file, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<16)
		if opts.format == "json" {
			err = tracesJSON(b, v, opts)
		} else {
			err = tracesText(b, v, opts)
		}
		if err != nil {
			return err
		}
		return b.Flush()
	})
}

const traceLine = "-----------+-------------------------------------------------------\n"

func (v *view) column() int {
	if i, ok := v.p.SampleType(v.options.Type); ok && v.options.Type != "" {
		return i
	}
	return v.p.DefaultType()
}

func tracesText(w io.Writer, v *view, opts *viewOptions) error {
	col, most := v.column(), opts.nodes
	t := &profile.Table{Type: v.p.SampleTypes[col], Magnitude: v.total}
	from := report.Clean(t.Type.Unit)
	scale := func(value int64) valueScale { return v.scaleOf(value, from) }
	b := profileHeader(nil, v, t, scale(v.total))
	shown := 0
	for i, stack := range v.p.Stacks(v.by) {
		if len(stack) == 0 {
			continue
		}
		if most > 0 && shown == most {
			break
		}
		shown++
		b = append(b, traceLine...)
		b = appendLabels(b, v.p.Labels(i), v.labelUnits)
		value := v.p.Value(i, col)
		for k, f := range stack {
			b = padLeft(b, 10, func(b []byte) []byte {
				if k > 0 {
					return b
				}
				return scale(value).append(b, value)
			})
			b = appendFrame(append(b, "   "...), f, v.by)
			if f.Inlined {
				b = append(b, " (inline)"...)
			}
			b = append(b, '\n')
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		b = b[:0]
	}
	_, err := w.Write(append(b, traceLine...))
	return err
}

// appendLabels writes a line for each key: those with text, then those with
// numbers, each in order.
func appendLabels(b []byte, labels []profile.Label, units map[string]string) []byte {
	strs, nums := map[string][]string{}, map[string][]string{}
	for _, l := range labels {
		switch {
		case l.Str != "":
			strs[l.Key] = append(strs[l.Key], l.Str)
		default:
			nums[l.Key] = append(nums[l.Key], unit.To(l.Num, units[l.Key], unit.Auto).Format(l.Num))
		}
	}
	for _, m := range []map[string][]string{strs, nums} {
		var lines []string
		for key, values := range m {
			lines = append(lines, fmt.Sprintf("%10s:  %s\n", report.Clean(key), report.Clean(strings.Join(values, " "))))
		}
		slices.Sort(lines)
		for _, line := range lines {
			b = append(b, line...)
		}
	}
	return b
}

type traceJSON struct {
	Values []int64     `json:"values"`
	Labels []labelJSON `json:"labels,omitempty"`
	Stack  []frameJSON `json:"stack"` // the leaf first
}

type labelJSON struct {
	Key   string `json:"key"`
	Value string `json:"value,omitempty"`
	Num   int64  `json:"num,omitempty"`
	Unit  string `json:"unit,omitempty"`
}

// tracesJSON writes one sample after the other: all of them need not fit into
// memory a second time.
func tracesJSON(w io.Writer, v *view, opts *viewOptions) error {
	s := valueScale{ratio: 1 / v.divide}
	types := []labelJSON{}
	for _, t := range v.p.SampleTypes {
		types = append(types, labelJSON{Key: report.Clean(t.Type), Unit: report.Clean(t.Unit)})
	}
	head, err := json.Marshal(types)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "{\"types\":%s,\"samples\":[", head); err != nil {
		return err
	}
	shown := 0
	for i, stack := range v.p.Stacks(v.by) {
		if opts.nodes > 0 && shown == opts.nodes {
			break
		}
		out := traceJSON{Stack: make([]frameJSON, 0, len(stack))}
		for _, value := range v.p.Values(i) {
			out.Values = append(out.Values, s.divide(value))
		}
		for _, l := range v.p.Labels(i) {
			out.Labels = append(out.Labels, labelJSON{report.Clean(l.Key), report.Clean(l.Str), l.Num, report.Clean(l.Unit)})
		}
		for _, f := range stack {
			out.Stack = append(out.Stack, v.frame(f))
		}
		line, err := json.Marshal(out)
		if err != nil {
			return err
		}
		separator := ",\n"
		if shown == 0 {
			separator = "\n"
		}
		if _, err := fmt.Fprintf(w, "%s%s", separator, line); err != nil {
			return err
		}
		shown++
	}
	_, err = io.WriteString(w, "\n]}\n")
	return err
}
