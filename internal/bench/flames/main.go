//go:build unix

// Command flames measures "goperf flame -o x.html", the whole process, on heap
// profiles of growing size that are generated:
//
//	go run ./internal/bench/flames              # to 18 MB
//	go run ./internal/bench/flames -large       # to 89 MB
//
// It prints CPU time, peak memory and the size of the page. CPU per MB has to
// stay what it is as profiles grow.
package main

import (
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/goperf/goperf/internal/bench/profgen"
)

// sizes are samples and functions of the profiles, by name.
var sizes = []struct {
	name               string
	samples, functions int
	large              bool
}{
	{"heap-1", 9_000, 3_000, false},
	{"heap-5", 55_000, 10_000, false},
	{"heap-18", 205_000, 25_000, false},
	{"heap-89", 1_150_000, 50_000, true},
}

func main() {
	large := flag.Bool("large", false, "the largest profile as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *large)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "flames:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, large bool) error {
	tmp, err := os.MkdirTemp("", "goperf-flames-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	goperf := filepath.Join(tmp, "goperf")
	if msg, err := exec.CommandContext(ctx, "go", "build", "-o", goperf, "github.com/goperf/goperf/cmd/goperf").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, msg)
	}
	fmt.Printf("%-10s %8s %8s %8s %8s %8s\n", "flame", "MB", "CPU ms", "ms/MB", "MiB", "page MB")
	for i, s := range sizes {
		if s.large && !large {
			continue
		}
		path := filepath.Join(tmp, s.name+".pb.gz")
		size, err := write(path, profgen.Spec{Seed: uint64(i + 1), Samples: s.samples, Functions: s.functions, Depth: 18, Heap: true})
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		page := filepath.Join(tmp, s.name+".html")
		cpu, rss, err := measure(ctx, goperf, "flame", path, "-o", page)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		info, err := os.Stat(page)
		if err != nil {
			return err
		}
		fmt.Printf("%-10s %8.1f %8.0f %8.1f %8.0f %8.2f\n", s.name, size, cpu, cpu/size, rss, float64(info.Size())/1e6)
	}
	return nil
}

// counter counts bytes on their way.
type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return c.to.Write(b)
}

// write writes a profile and returns its size before gzip in MB.
func write(path string, spec profgen.Spec) (mb float64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	spec.Raw = true
	zw := gzip.NewWriter(f)
	c := &counter{to: zw}
	err = errors.Join(profgen.Write(c, spec), zw.Close(), f.Close())
	return float64(c.n) / 1e6, err
}

// measure runs a program: milliseconds of CPU and MiB at its peak.
func measure(ctx context.Context, name string, args ...string) (cpu, rss float64, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	if msg, err := cmd.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, msg)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0, errors.New("no resource usage on this system")
	}
	rss = float64(usage.Maxrss) / 1024 // KiB, but bytes on darwin
	if runtime.GOOS == "darwin" {
		rss /= 1024
	}
	return 1e3 * (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), rss, nil
}
