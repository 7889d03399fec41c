// Gateaccuracy measures how often the statistics of goperf gate are wrong: two
// small programs are run again and again in fresh processes, with and without
// something wrong with them, in turn, and gate runs are drawn from what was
// recorded.
//
//	go run ./internal/gateaccuracy            # draw, ask and write docs/gate-accuracy.md
//	go run ./internal/gateaccuracy -record    # run them first: about 50 minutes of one core each
//
// Each program is a module of its own below testdata, measured by a third. Arms A and A2 are the same
// program; in B2 and B5 one function does more work, in alloc one keeps more
// copies, in lock one holds its lock for longer. A run is 10 CPU-seconds on one P.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gateaccuracy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gateaccuracy", flag.ContinueOnError)
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	anew := flags.Bool("record", false, "run the programs first; what was run before is not run again")
	only := flags.String("program", "", "record this one alone")
	work := flags.String("work", filepath.Join(cache, "goperf-gate-accuracy"), "folder for the runs")
	rounds := flags.Int("rounds", 60, "rounds to record")
	budget := flags.Duration("budget", 2*time.Hour, "time after which no run is begun")
	gates := flags.Int("gates", 100, "gate runs for each question, three times as many where nothing is to be found")
	out := flags.String("o", "docs/gate-accuracy.md", "where the page is written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	until := time.Now().Add(*budget)
	for _, p := range programs {
		if !*anew || *only != "" && *only != p.name {
			continue
		}
		r := &recorder{program: p, dir: filepath.Join(*work, p.name), rounds: *rounds, until: until}
		if err := r.record(ctx); err != nil {
			return err
		}
		if err := pack(p, r.dir); err != nil {
			return err
		}
	}
	text, err := write(programs, *gates)
	if err != nil {
		return err
	}
	return os.WriteFile(*out, []byte(text), 0o644)
}

// pack writes the runs of a program below dir as its recording.
func pack(of program, dir string) error {
	a, err := load(of, dir)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := a.write(&buf); err != nil {
		return err
	}
	return os.WriteFile(of.recording(), buf.Bytes(), 0o644)
}

// unpack reads a recording of a program.
func unpack(of program, file string) (*archive, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := readArchive(of, f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return a, nil
}
