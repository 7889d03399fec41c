package cmd

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/convert"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

type convertOptions struct {
	view *viewOptions

	file, from, to, as, sampleIndex string
}

func newConvertCommand(env Env) *cobra.Command {
	var opts convertOptions
	cmd := &cobra.Command{
		Use:   "convert TARGET -o FILE",
		Short: "Turn a profile into the form of another tool, or back",
		Long: `Turn a profile into the form of another tool, or back: folded stacks, speedscope,
the Firefox Profiler, callgrind and pprof, and from perf script. The bytes of the
input and the name of the output say which, unless a flag does. Of a service, a
process or a bundle --profile says which profile is meant.`,
		Example: `goperf convert cpu.pb.gz -o cpu.folded
goperf convert cpu.pb.gz -o cpu.speedscope.json
goperf convert heap.pb.gz --to folded --sample-index inuse_space -o -
perf script | goperf convert - -o cpu.pb.gz
goperf convert http://127.0.0.1:6060 --duration 10s -o cpu.speedscope.json`,
		Args: oneArg("a profile", "goperf convert cpu.pb.gz -o cpu.speedscope.json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runConvert(cmd.Context(), env, args[0], opts)
		},
	}
	opts.view = addInputFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&opts.file, "output", "o", "", "write to this `file`, - is standard output")
	f.StringVar(&opts.to, "to", "", "`form` of the output: "+strings.Join(formatsTo(), ", "))
	f.StringVar(&opts.from, "from", "", "`form` of the input: "+strings.Join(formatsFrom(), ", "))
	f.StringVar(&opts.as, "as", "", "what folded stacks count, `TYPE/UNIT` (default: samples/count)")
	f.StringVar(&opts.sampleIndex, "sample-index", "", "`name` or number of the sample type, where the output has one only")
	complete(cmd, "to", formatsTo())
	complete(cmd, "from", formatsFrom())
	return cmd
}

func formatsTo() []string {
	return formatsThat(func(f convert.Format) bool { return f.Write != nil })
}

func formatsFrom() []string {
	return formatsThat(func(f convert.Format) bool { return f.Read != nil })
}

func formatsThat(can func(convert.Format) bool) []string {
	var names []string
	for _, f := range convert.All {
		if can(f) {
			names = append(names, f.Name)
		}
	}
	return names
}

func runConvert(ctx context.Context, env Env, name string, opts convertOptions) error {
	if opts.file == "" {
		return usageError("for example: -o cpu.speedscope.json; -o - writes to standard output", "convert: -o FILE is missing")
	}
	if err := env.checkOutput(opts.file); err != nil {
		return err
	}
	to, err := convertTo(env, opts)
	if err != nil {
		return err
	}
	if opts.from != "" && !slices.Contains(formatsFrom(), opts.from) {
		return unknownValue("--from", opts.from, formatsFrom())
	}
	as, err := countedAs(opts.as)
	if err != nil {
		return err
	}
	p, err := opts.readAny(ctx, env, name, as)
	if err != nil {
		return err
	}
	column, err := sampleType(p, opts.sampleIndex)
	if err != nil {
		return err
	}
	index := p.DefaultType()
	if column != "" {
		index, _ = p.SampleType(column)
	}
	if index < 0 {
		return noEvidence("there is nothing to convert", fmt.Errorf("%s: holds no sample types", name))
	}
	for _, w := range p.Warnings {
		if _, err := fmt.Fprintf(env.Stderr, "goperf: %s: %s\n", report.Clean(name), report.Clean(w)); err != nil {
			return err
		}
	}
	return env.writeFile(opts.file, func(w io.Writer) error { return to.Write(w, p, index) })
}

func convertTo(env Env, opts convertOptions) (*convert.Format, error) {
	to := convert.ByFile(opts.file)
	if opts.to != "" {
		to = convert.Find(opts.to)
		if to == nil || to.Write == nil {
			return nil, unknownValue("--to", opts.to, formatsTo())
		}
	}
	if to == nil || to.Write == nil {
		return nil, usageError("for example: --to speedscope", "%s: its name does not say which form is wanted: --to is missing", shownName(opts.file))
	}
	if to.Name == "pprof" && opts.file == "-" && env.StdoutIsTerminal {
		return nil, usageError("for example: -o cpu.pb.gz", "convert: -o -: is a terminal")
	}
	return to, nil
}

func countedAs(text string) (profile.ValueType, error) {
	kind, unit, ok := strings.Cut(text, "/")
	if text != "" && (!ok || kind == "" || unit == "") {
		return profile.ValueType{}, usageError("for example: --as cpu/nanoseconds", "--as: %q: is not written TYPE/UNIT", text)
	}
	return profile.ValueType{Type: kind, Unit: unit}, nil
}

// readAny reads a profile in whatever form it is.
func (o convertOptions) readAny(ctx context.Context, env Env, name string, as profile.ValueType) (*profile.Profile, error) {
	if !env.isFile(name) {
		return o.view.loadTarget(ctx, env, name, profile.Options{Labels: true})
	}
	data, err := env.readInput(name)
	if err != nil {
		return nil, err
	}
	if o.from == "" && evidence.IsBundle(data) {
		return o.view.loadBytes(name, bytes.NewReader(data), int64(len(data)), profile.Options{Labels: true})
	}
	f := cmp.Or(convert.Find(o.from), convert.Sniff(data), convert.Find("pprof"))
	p, err := f.Read(data, as)
	if err != nil {
		return nil, noEvidence(otherThanProfile(name, bytes.NewReader(data)), named(name, err))
	}
	return p, nil
}
