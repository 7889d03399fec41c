package cmd

import (
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
	file     string
	noLabels bool
	quiet    bool
}

func newMergeCommand(env Env) *cobra.Command {
	var opts mergeOptions
	cmd := &cobra.Command{
		Use:   "merge PROFILE|DIRECTORY|'GLOB'... -o FILE",
		Short: "Sum up many profiles in one",
		Long: `Sum up many profiles of one kind in one. One profile at a time is in memory, so
thousands of files take little more than the largest of them and the result. A
directory stands for the profiles in it and below it.

What cannot be read is named and skipped, and the exit status is then 1.`,
		Example: `goperf merge cpu1.pb.gz cpu2.pb.gz -o cpu.pb.gz
goperf merge 'profiles/*/cpu.pb.gz' -o cpu.pb.gz
goperf merge profiles/ -o - | goperf top -`,
		Args: someArgs("a profile", "goperf merge cpu1.pb.gz cpu2.pb.gz -o cpu.pb.gz"),
		RunE: func(_ *cobra.Command, args []string) error {
			return runMerge(env, args, opts)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&opts.file, "output", "o", "", "write the sum to this `file`, - is standard output")
	f.BoolVar(&opts.noLabels, "no-labels", false, "leave labels out: stacks that differ only in them become one")
	f.BoolVarP(&opts.quiet, "quiet", "q", false, "no progress and no summary")
	return cmd
}

func runMerge(env Env, args []string, opts mergeOptions) error {
	if err := checkBinaryOutput(env, "merge", "cpu.pb.gz", opts.file); err != nil {
		return err
	}
	names, err := profileFiles(env, args, opts.file)
	if err != nil {
		return err
	}
	sum := profile.NewBuilder(!opts.noLabels)
	skipped, err := mergeFiles(env, names, sum, opts)
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
	if !opts.quiet {
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

// mergeFiles adds one file after the other and names those that cannot be.
func mergeFiles(env Env, names []string, into *profile.Builder, opts mergeOptions) (skipped int, err error) {
	line := newProgressLine(env, opts.quiet)
	defer line.erase()
	var first error
	for i, name := range names {
		line.show(fmt.Sprintf("merging %d of %d: %s", i+1, len(names), name))
		err := mergeFile(env, name, into)
		if err == nil {
			continue
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

func mergeFile(env Env, name string, into *profile.Builder) error {
	return env.withProfile(name, func(r io.ReaderAt, size int64) error {
		if err := into.Read(r, size, profile.Options{}); err != nil {
			return named(name, err)
		}
		return nil
	})
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
