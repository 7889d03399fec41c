package cmd

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

func newTopCommand(env Env) *cobra.Command {
	var opts *viewOptions
	cmd := &cobra.Command{
		Use:   "top TARGET...",
		Short: "Show where a profile's time or memory goes, one line for each function",
		Long: `Show where a profile's time or memory goes, one line for each function, in the
columns of "go tool pprof -top". Several profiles are added up.

flat is what the function itself took, cum what it took with all that it called.`,
		Example: `goperf top cpu.pb.gz
goperf top cpu.pb.gz --cum --nodecount 10 --focus 'net/http'
goperf top heap.pb.gz --sample-index alloc_space --granularity packages
goperf top new.pb.gz --diff-base old.pb.gz --normalize
goperf top heap.pb.gz --tagfocus bytes=32kb:
curl -s http://127.0.0.1:6060/debug/pprof/heap | goperf top -`,
		Args: someArgs("a profile", "goperf top cpu.pb.gz"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTop(cmd.Context(), env, args, opts)
		},
	}
	opts = addViewFlags(cmd, 40)
	return cmd
}

func runTop(ctx context.Context, env Env, targets []string, opts *viewOptions) error {
	v, err := opts.open(ctx, env, targets, false)
	if err != nil {
		return err
	}
	t := profile.Top(v.p, v.options)
	t.Magnitude = v.total
	if opts.cum {
		t.SortCum()
	}
	if opts.format == "json" {
		return writeTable(env, opts, v, t, nil)
	}
	return env.writeBytes(opts.file, topText(v, t, opts.nodes))
}

// topText lays the table out by hand: a profile may have tens of thousands of
// lines, and formatting them must not cost more than summing them up.
func topText(v *view, t *profile.Table, nodes int) []byte {
	rows := firstRows(t, nodes)
	s := scaleFor(t, rows, v.unit, v.divide)
	b := make([]byte, 0, 512+128*len(rows))
	b = tableHeader(b, v, t, len(t.Rows), rows, s)
	b = append(b, "      flat  flat%   sum%        cum   cum%\n"...)
	var sum int64
	inlining := t.Inlining(rows)
	for i, r := range rows {
		sum += r.Flat
		b = appendSums(b, r, sum, t.Magnitude, s)
		b = append(b, "  "...)
		b = append(appendFrame(b, r.Frame, v.by), inlinings[inlining[i]]...)
		b = append(b, '\n')
	}
	return b
}

// inlinings are pprof's words for how callers come by a function.
var inlinings = [...]string{profile.Inlined: " (inline)", profile.PartlyInlined: " (partial-inline)"}

func firstRows(t *profile.Table, nodes int) []profile.Row {
	if nodes > 0 && len(t.Rows) > nodes {
		return t.Rows[:nodes]
	}
	return t.Rows
}

// appendSums writes the five columns of pprof.
func appendSums(b []byte, r profile.Row, sum, total int64, s valueScale) []byte {
	b = padLeft(b, 10, func(b []byte) []byte { return s.append(b, r.Flat) })
	b = padLeft(append(b, ' '), 6, func(b []byte) []byte { return appendPercent(b, r.Flat, total) })
	b = padLeft(append(b, ' '), 6, func(b []byte) []byte { return appendPercent(b, sum, total) })
	b = padLeft(append(b, ' '), 10, func(b []byte) []byte { return s.append(b, r.Cum) })
	return padLeft(append(b, ' '), 6, func(b []byte) []byte { return appendPercent(b, r.Cum, total) })
}

// tableHeader says what the profile is, as far as it says so itself, and what
// share of it is shown.
func tableHeader(b []byte, v *view, t *profile.Table, nodes int, rows []profile.Row, s valueScale) []byte {
	b = profileHeader(b, v, t, s)
	var shown int64
	for _, r := range rows {
		shown += r.Flat
	}
	b = fmt.Appendf(b, "Showing nodes accounting for %s, %s of %s total\n", s.format(shown), percentOf(shown, t.Magnitude), s.format(t.Magnitude))
	if len(rows) < nodes {
		b = fmt.Appendf(b, "Showing top %d nodes out of %d\n", len(rows), nodes)
	}
	return b
}

func profileHeader(b []byte, v *view, t *profile.Table, s valueScale) []byte {
	p := v.p
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
		b = fmt.Appendf(b, "Duration: %s, Total samples = %s", d.Round(10*time.Millisecond), s.format(t.Magnitude))
		if nanos, ok := s.nanoseconds(t.Magnitude); ok {
			b = fmt.Appendf(b, " (%s)", percentOf(nanos, p.DurationNanos))
		}
		b = append(b, '\n')
	}
	for _, line := range v.repairLines() {
		b = append(append(b, line...), '\n')
	}
	return b
}

// appendFrame writes what a frame is called at a granularity.
func appendFrame(b []byte, f profile.Frame, by profile.Granularity) []byte {
	if by == profile.ByAddress && f.Address != 0 {
		b = fmt.Appendf(b, "%016x ", f.Address)
	}
	b = append(b, report.Clean(f.Name)...)
	if by != profile.ByLine && by != profile.ByAddress || f.File == "" && f.Line == 0 {
		return b
	}
	if f.Name != "" {
		b = append(b, ' ')
	}
	b = append(b, report.Clean(f.File)...)
	if f.Line == 0 {
		return b
	}
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
