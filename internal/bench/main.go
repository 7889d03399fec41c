//go:build unix

// Command bench compares "goperf top" with "pprof -top" of google/pprof on the
// same profiles, whole processes, run in turns on the same machine:
//
//	go run ./internal/bench                      # all sizes, about three minutes
//	go run ./internal/bench -only heap-1,heap-5  # some of them
//	go run ./internal/bench -dir profiles        # and all profiles of a directory
//
// It builds both programs from the module, generates the profiles, checks that
// both print the same sums for every function, and prints CPU time, peak memory
// and their ratios. Only ratios of one run mean anything on a shared machine.
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
	"slices"
	"strings"

	"github.com/goperf/goperf/internal/bench/profgen"
)

// generated are the profiles of the table, small to large.
var generated = []struct {
	name   string
	spec   profgen.Spec
	rounds int
}{
	{"heap-1", profgen.Spec{Seed: 1, Samples: 9_000, Functions: 3_000, Depth: 18, Heap: true}, 7},
	{"heap-5", profgen.Spec{Seed: 2, Samples: 52_000, Functions: 10_000, Depth: 18, Heap: true}, 3},
	{"heap-18", profgen.Spec{Seed: 3, Samples: 205_000, Functions: 25_000, Depth: 18, Heap: true}, 1},
	{"labels-18", profgen.Spec{Seed: 4, Samples: 225_000, Functions: 12_000, Depth: 18, Requests: 50_000}, 1},
}

type options struct {
	dir, only string
	rounds    int
	goperf    string
	write     string
	sums      string
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "", "also measure the profiles of this `directory`")
	flag.StringVar(&o.only, "only", "", "only these generated profiles, `names` separated by commas")
	flag.IntVar(&o.rounds, "rounds", 0, "runs of each program on each profile (0: fewer for larger ones)")
	flag.StringVar(&o.goperf, "goperf", "", "measure this `binary` instead of the one built from here")
	flag.StringVar(&o.write, "write", "", "write the generated profiles to this `directory` and stop")
	flag.StringVar(&o.sums, "sums", "", "print the sums of this profile as the check of equality does, and stop")
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
		return printSums(out, o.sums)
	case o.write != "":
		return writeProfiles(o.write, o.only)
	}
	tmp, err := os.MkdirTemp("", "goperf-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	b := &bench{ctx: ctx, pprof: filepath.Join(tmp, "pprof"), goperf: filepath.Join(tmp, "goperf")}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if err := b.build(o); err != nil {
		return err
	}
	// In a process of its own: a child's peak memory starts at its parent's.
	if msg, err := exec.CommandContext(ctx, b.self, "-write", tmp, "-only", o.only).CombinedOutput(); err != nil {
		return fmt.Errorf("generate profiles: %w\n%s", err, msg)
	}
	inputs, err := inputs(tmp, o)
	if err != nil {
		return err
	}
	return b.table(inputs, out)
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

// input is a profile to measure.
type input struct {
	name, path string
	rounds     int
}

func inputs(tmp string, o options) ([]input, error) {
	var ins []input
	for _, g := range generated {
		if wanted(o.only, g.name) {
			ins = append(ins, input{g.name, profilePath(tmp, g.name), g.rounds})
		}
	}
	if o.dir != "" {
		entries, err := os.ReadDir(o.dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Type().IsRegular() {
				ins = append(ins, input{e.Name(), filepath.Join(o.dir, e.Name()), 3})
			}
		}
	}
	if o.rounds > 0 {
		for i := range ins {
			ins[i].rounds = o.rounds
		}
	}
	return ins, nil
}

func wanted(only, name string) bool {
	return only == "" || slices.Contains(strings.Split(only, ","), name)
}

func profilePath(dir, name string) string { return filepath.Join(dir, name+".pb.gz") }

func writeProfiles(dir, only string) error {
	for _, g := range generated {
		if !wanted(only, g.name) {
			continue
		}
		f, err := os.Create(profilePath(dir, g.name))
		if err != nil {
			return err
		}
		if err := profgen.Write(f, g.spec); err != nil {
			f.Close()
			return fmt.Errorf("%s: %w", g.name, err)
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// table measures all inputs and prints a line for each.
func (b *bench) table(ins []input, out io.Writer) error {
	// Fixed widths, not a tabwriter: a line appears as soon as it is known.
	fmt.Fprintf(out, "%-28s %6s %9s %9s %8s %7s %9s %9s %8s  %s\n", "", "", "pprof", "goperf", "less", "goperf", "pprof", "goperf", "less", "")
	fmt.Fprintf(out, "%-28s %6s %9s %9s %8s %7s %9s %9s %8s  %s\n", "profile", "MB", "CPU ms", "CPU ms", "CPU", "ms/MB", "MiB", "MiB", "memory", "sums")
	different := 0
	for _, in := range ins {
		size, err := uncompressed(in.path)
		if err != nil {
			return err
		}
		slow, fast, err := b.measure(in)
		if err != nil {
			fmt.Fprintf(out, "%-28.28s %6.2f  %.90q\n", in.name, size, err)
			continue
		}
		same, err := b.compare(in.path)
		if err != nil {
			return fmt.Errorf("%s: %w", in.name, err)
		}
		if same != "equal" {
			different++
		}
		fmt.Fprintf(out, "%-28.28s %6.2f %9.0f %9.1f %7.1fx %7.1f %9.0f %9.0f %7.1fx  %s\n", in.name, size,
			slow.cpu, fast.cpu, slow.cpu/fast.cpu, fast.cpu/size, slow.rss, fast.rss, slow.rss/fast.rss, same)
	}
	if different > 0 {
		return fmt.Errorf("%d profiles have other sums than pprof prints", different)
	}
	return nil
}
