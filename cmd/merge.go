package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

type mergeOptions struct {
	view     *viewOptions
	file     string
	noLabels bool
}

func newMergeCommand(env Env) *cobra.Command {
	var opts mergeOptions
	cmd := &cobra.Command{
		Use:   "merge TARGET|'GLOB'... -o FILE",
		Short: "Sum up many profiles in one",
		Long: `Sum up many profiles of one kind in one. One profile at a time is in memory, so
thousands of files take little more than the largest of them and the result. A
directory stands for the profiles in it and below it; of a service, a process or a
bundle --profile says which one is meant.

What cannot be read is named and skipped, and the exit status is then 1.`,
		Example: `goperf merge cpu1.pb.gz cpu2.pb.gz -o cpu.pb.gz
goperf merge 'profiles/*/cpu.pb.gz' -o cpu.pb.gz
goperf merge profiles/ -o - | goperf top -
goperf merge http://10.0.0.7:6060 http://10.0.0.8:6060 --duration 10s -o cpu.pb.gz
goperf merge monday.goperf tuesday.goperf --profile heap -o heap.pb.gz`,
		Args: someArgs("a profile", "goperf merge cpu1.pb.gz cpu2.pb.gz -o cpu.pb.gz"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runMerge(cmd.Context(), env, args, opts)
		},
	}
	opts.view = addInputFlags(cmd)
	cmd.Flags().Lookup("quiet").Usage = "no progress and no summary"
	f := cmd.Flags()
	f.StringVarP(&opts.file, "output", "o", "", "write the sum to this `file`, - is standard output")
	f.BoolVar(&opts.noLabels, "no-labels", false, "leave labels out: stacks that differ only in them become one")
	return cmd
}

func runMerge(ctx context.Context, env Env, args []string, opts mergeOptions) error {
	if err := checkBinaryOutput(env, "merge", "cpu.pb.gz", opts.file); err != nil {
		return err
	}
	names, err := sources(env, args, opts.file)
	if err != nil {
		return err
	}
	sum := profile.NewBuilder(!opts.noLabels)
	skipped, err := opts.mergeAll(ctx, env, names, sum)
	if err != nil {
		return err
	}
	stacks := sum.Samples()
	if err := env.writeFile(opts.file, sum.Write); err != nil {
		return err
	}
	for _, w := range sum.Warnings() {
		if _, err := fmt.Fprintf(env.Stderr, "goperf: warning: %s\n", report.Clean(w)); err != nil {
			return err
		}
	}
	if !opts.view.target.quiet {
		text := fmt.Sprintf("%d of %d profiles in %s: %d stacks\n", len(names)-skipped, len(names), shownName(opts.file), stacks)
		if _, err := io.WriteString(env.Stderr, text); err != nil {
			return err
		}
	}
	if skipped > 0 {
		return exitWith(statusFindings)
	}
	return nil
}

// mergeAll adds one source after the other and names those that cannot be.
func (o mergeOptions) mergeAll(ctx context.Context, env Env, names []string, into *profile.Builder) (skipped int, err error) {
	line := newProgressLine(env, o.view.target.quiet)
	defer line.erase()
	var first error
	for i, name := range names {
		line.show(fmt.Sprintf("merging %d of %d: %s", i+1, len(names), name))
		err := o.mergeOne(ctx, env, name, into)
		if err == nil {
			continue
		}
		if errors.Is(err, context.Canceled) {
			return skipped, err
		}
		if skipped++; first == nil {
			first = err
		}
		if skipped == len(names) {
			return skipped, noEvidence(hintOf(first), fmt.Errorf("nothing to merge: %w", first))
		}
		line.erase()
		if _, err := fmt.Fprintf(env.Stderr, "goperf: skipped: %s\n", oneLine(err.Error())); err != nil {
			return skipped, err
		}
	}
	return skipped, nil
}

// mergeOne adds a file from its bytes, which takes the least memory, and the
// profile that is meant of everything else.
func (o mergeOptions) mergeOne(ctx context.Context, env Env, name string, into *profile.Builder) error {
	read := profile.Options{Labels: !o.noLabels}
	if !env.isFile(name) {
		p, err := o.view.loadTarget(ctx, env, name, read)
		return addTo(into, name, p, err)
	}
	return env.withProfile(name, func(r io.ReaderAt, size int64) error {
		if isBundle(r, size) {
			p, err := o.view.loadBytes(name, r, size, read)
			return addTo(into, name, p, err)
		}
		if err := into.Read(r, size, profile.Options{}); err != nil {
			return named(name, err)
		}
		return nil
	})
}

func addTo(into *profile.Builder, name string, p *profile.Profile, err error) error {
	if err != nil {
		return err
	}
	if err := into.Add(p); err != nil {
		return named(name, err)
	}
	return nil
}

// shownName is an output as messages name it.
func shownName(name string) string {
	if name == "-" {
		return "standard output"
	}
	return report.Clean(name)
}

// checkBinaryOutput wants an output that is not the terminal.
func checkBinaryOutput(env Env, command, example, file string) error {
	if file == "" {
		return usageError("for example: -o "+example+"; -o - writes to standard output", "%s: -o FILE is missing", command)
	}
	if file == "-" && env.StdoutIsTerminal {
		return usageError("for example: -o "+example, "%s: -o -: is a terminal", command)
	}
	return env.checkOutput(file)
}

// sources is what arguments stand for: the files of directories and patterns, but
// the output, and other targets as they are.
func sources(env Env, args []string, output string) ([]string, error) {
	var files, others []string
	for _, arg := range args {
		_, err := os.Stat(env.path(arg))
		if err == nil || env.isFile(arg) || strings.ContainsAny(arg, "*?[") && !strings.Contains(arg, "://") {
			files = append(files, arg)
		} else {
			others = append(others, arg)
		}
	}
	if len(files) == 0 {
		return others, nil
	}
	names, err := profileFiles(env, files, output)
	return append(names, others...), err
}

// profileFiles is the files that arguments stand for: files, the regular files
// of directories, and what patterns match, each once and not the output.
func profileFiles(env Env, args []string, output string) ([]string, error) {
	var names []string
	for _, arg := range args {
		found, err := expand(env, arg)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	seen := map[string]bool{filepath.Clean(env.path(output)): len(names) > 1}
	names = slices.DeleteFunc(names, func(name string) bool {
		key := filepath.Clean(env.path(name))
		again := seen[key] && name != "-"
		seen[key] = true
		return again
	})
	if len(names) == 0 {
		return nil, noEvidence("name profiles, or a directory that holds some", fmt.Errorf("%s: holds no files", strings.Join(args, ", ")))
	}
	return names, nil
}

func expand(env Env, arg string) ([]string, error) {
	if arg == "-" {
		return []string{arg}, nil
	}
	info, err := os.Stat(env.path(arg))
	switch {
	case err == nil && info.IsDir():
		return filesBelow(env, arg)
	case err == nil:
		return []string{arg}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, readError(arg, err)
	case !strings.ContainsAny(arg, "*?["):
		return []string{arg}, nil // it is named when it is read
	}
	found, err := filepath.Glob(env.path(arg))
	if err != nil {
		return nil, usageError(`for example: 'profiles/*.pb.gz'`, "%s: %w", arg, err)
	}
	if len(found) == 0 {
		return nil, noEvidence("patterns are those of a shell: 'profiles/*/cpu.pb.gz'", fmt.Errorf("%s: matches no file", arg))
	}
	return found, nil
}

func filesBelow(env Env, dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(env.path(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// What begins with a dot is no profile: a half-written file, a .git.
		if strings.HasPrefix(d.Name(), ".") && path != env.path(dir) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() {
			names = append(names, path)
		}
		return nil
	})
	if err != nil {
		return nil, readError(dir, err)
	}
	return names, nil
}
