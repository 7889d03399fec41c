//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
)

// bench knows the programs to compare.
type bench struct {
	ctx                      context.Context
	pprof, goperf, self, tmp string
}

// usage is what a process took: milliseconds of CPU and MiB at its peak.
type usage struct{ cpu, rss float64 }

// measure runs both programs in turns and returns the medians.
func (b *bench) measure(l line) (slow, fast usage, err error) {
	theirs, ours := b.commands(l)
	var slows, fasts []usage
	for range l.rounds {
		u, err := b.run(b.pprof, theirs...)
		if err != nil {
			return slow, fast, fmt.Errorf("pprof: %w", err)
		}
		slows = append(slows, u)
		// The short runs are repeated: their noise is the larger part.
		for range 3 {
			if u, err = b.run(b.goperf, ours...); err != nil {
				return slow, fast, fmt.Errorf("goperf: %w", err)
			}
			fasts = append(fasts, u)
		}
	}
	return median(slows), median(fasts), nil
}

// commands is what a line has both programs do.
func (b *bench) commands(l line) (pprof, goperf []string) {
	switch l.does {
	case merge:
		return append([]string{"-proto", "-output", b.merged("pprof")}, l.paths...),
			append([]string{"merge", "-q", "-o", b.merged("goperf")}, l.paths...)
	case diff:
		return []string{"-top", "-diff_base", l.paths[0], l.paths[1]},
			[]string{"top", "--diff-base", l.paths[0], l.paths[1]}
	case why:
		return []string{"-top", "-diff_base", l.paths[0], l.paths[1]}, []string{"diff", l.paths[0], l.paths[1]}
	}
	return []string{"-top", l.paths[0]}, []string{"top", l.paths[0]}
}

// merged is where a program writes what it merged.
func (b *bench) merged(by string) string { return profilePath(b.tmp, "merged-"+by) }

func median(us []usage) usage {
	var cpu, rss []float64
	for _, u := range us {
		cpu, rss = append(cpu, u.cpu), append(rss, u.rss)
	}
	slices.Sort(cpu)
	slices.Sort(rss)
	return usage{cpu[len(cpu)/2], rss[len(rss)/2]}
}

// run takes the usage of a process and of the children it waited for.
func (b *bench) run(name string, args ...string) (usage, error) {
	cmd := exec.CommandContext(b.ctx, name, args...)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.Discard, &stderr
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return usage{}, errors.New("no resource usage on this system")
	}
	rss := float64(ru.Maxrss) / 1024 // KiB, but bytes on darwin
	if runtime.GOOS == "darwin" {
		rss /= 1024
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return usage{cpu: cpu.Seconds() * 1e3, rss: rss}, nil
}

// uncompressed is the size of a profile in MB once inflated.
func uncompressed(path string) (float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		info, err := f.Stat()
		if err != nil {
			return 0, err
		}
		return float64(info.Size()) / 1e6, nil
	}
	n, err := io.Copy(io.Discard, zr)
	if err != nil && n == 0 {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return float64(n) / 1e6, nil
}
