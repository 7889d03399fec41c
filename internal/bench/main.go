//go:build unix

// Command bench compares goperf with google/pprof's own program at what both
// do: top, merge and the difference of two profiles. The same files, whole
// processes, run in turns on the same machine:
//
//	go run ./internal/bench                      # all but the largest, about three minutes
//	go run ./internal/bench -large               # the largest as well, two minutes more and 4 GB
//	go run ./internal/bench -only heap-1,heap-5  # some of them
//	go run ./internal/bench -dir profiles        # and all profiles of a directory
//
// It builds both programs, generates the profiles, checks that both print the
// same sums for every function, and prints CPU time, peak memory and their
// ratios. Only ratios of one run mean anything on a shared machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
)

type options struct {
	dir, only string
	rounds    int
	large     bool
	goperf    string
	write     string
	sums      string
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "", "also measure the profiles of this `directory`")
	flag.StringVar(&o.only, "only", "", "only these lines of the table, `names` separated by commas")
	flag.BoolVar(&o.large, "large", false, "the largest profile as well")
	flag.IntVar(&o.rounds, "rounds", 0, "runs of each program on each profile (0: fewer for larger ones)")
	flag.StringVar(&o.goperf, "goperf", "", "measure this `binary` instead of the one built from here")
	flag.StringVar(&o.write, "write", "", "write the generated profiles to this `directory` and stop")
	flag.StringVar(&o.sums, "sums", "", "print the sums of this profile, against that of a second argument, as the check of equality does, and stop")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	switch {
	case o.sums != "":
		return printSums(out, o.sums, flag.Arg(0))
	case o.write != "":
		return writeProfiles(o.write, o)
	}
	tmp, err := os.MkdirTemp("", "goperf-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	b := &bench{ctx: ctx, tmp: tmp, pprof: filepath.Join(tmp, "pprof"), goperf: filepath.Join(tmp, "goperf")}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if err := b.build(o); err != nil {
		return err
	}
	// In a process of its own: a child's peak memory starts at its parent's.
	if msg, err := exec.CommandContext(ctx, b.self, "-write", tmp, "-only", o.only, "-large="+strconv.FormatBool(o.large)).CombinedOutput(); err != nil {
		return fmt.Errorf("generate profiles: %w\n%s", err, msg)
	}
	lines, err := lines(tmp, o)
	if err != nil {
		return err
	}
	return b.table(lines, out)
}

// build builds pprof as its users have it, and goperf as it is released.
func (b *bench) build(o options) error {
	pprof := exec.CommandContext(b.ctx, "go", "build", "-modfile=internal/tools/go.mod", "-o", b.pprof, "github.com/google/pprof")
	goperf := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.goperf, "./cmd/goperf")
	goperf.Env = append(os.Environ(), "CGO_ENABLED=0")
	builds := []*exec.Cmd{pprof, goperf}
	if o.goperf != "" {
		b.goperf, builds = o.goperf, builds[:1]
	}
	for _, build := range builds {
		if msg, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", build, err, msg)
		}
	}
	return nil
}

// table measures all lines and prints each as soon as it is known, for which
// the widths are fixed.
func (b *bench) table(lines []line, out io.Writer) error {
	fmt.Fprintf(out, "%-28s %6s %9s %9s %8s %7s %9s %9s %8s  %s\n", "", "", "pprof", "goperf", "less", "goperf", "pprof", "goperf", "less", "")
	fmt.Fprintf(out, "%-28s %6s %9s %9s %8s %7s %9s %9s %8s  %s\n", "", "MB", "CPU ms", "CPU ms", "CPU", "ms/MB", "MiB", "MiB", "memory", "sums")
	different := 0
	for _, l := range lines {
		size := 0.0
		for _, path := range l.paths {
			n, err := uncompressed(path)
			if err != nil {
				return err
			}
			size += n
		}
		slow, fast, err := b.measure(l)
		if err != nil {
			fmt.Fprintf(out, "%-28.28s %6.2f  %.90q\n", l.name, size, err)
			continue
		}
		same, err := b.compare(l)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		if same != "equal" {
			different++
		}
		fmt.Fprintf(out, "%-28.28s %6.2f %9.0f %9.1f %7.1fx %7.1f %9.0f %9.0f %7.1fx  %s\n", l.name, size,
			slow.cpu, fast.cpu, slow.cpu/fast.cpu, fast.cpu/size, slow.rss, fast.rss, slow.rss/fast.rss, same)
	}
	if different > 0 {
		return fmt.Errorf("%d lines have other sums than pprof prints", different)
	}
	return nil
}
