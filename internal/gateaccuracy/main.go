// Gateaccuracy measures how often the statistics of goperf gate are wrong: a small
// web shop is run again and again in fresh processes, with and without something
// wrong with it, in turn, and gate runs are drawn from what was recorded.
//
//	go run ./internal/gateaccuracy            # draw, ask and write docs/gate-accuracy.md
//	go run ./internal/gateaccuracy -record    # run the shop first: about 100 minutes of one core
//
// The shop is a module of its own, testdata/shop. Arms A and A2 are the same
// program; in B2 and B5 the function price.Quote does more work, in alloc
// audit.Trail keeps more copies, in lock inventory.Reserve holds its lock for
// longer. A run is 10 CPU-seconds on one P.
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

// recording is what was recorded, as the tests have it.
const recording = "internal/gateaccuracy/testdata/recorded.gz"

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gateaccuracy", flag.ContinueOnError)
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	r := &recorder{}
	anew := flags.Bool("record", false, "run the shop first; what was run before is not run again")
	flags.StringVar(&r.dir, "work", filepath.Join(cache, "goperf-gate-accuracy"), "folder for its runs")
	flags.IntVar(&r.rounds, "rounds", 60, "rounds to record")
	flags.IntVar(&r.ops, "ops", 66000, "requests in a run; 66,000 took 10 CPU-seconds")
	budget := flags.Duration("budget", 2*time.Hour, "time after which no run is begun")
	gates := flags.Int("gates", 100, "gate runs for each question, three times as many where nothing is to be found")
	out := flags.String("o", "docs/gate-accuracy.md", "where the page is written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *anew {
		r.until = time.Now().Add(*budget)
		if err := r.record(ctx); err != nil {
			return err
		}
		if err := pack(r.dir, recording); err != nil {
			return err
		}
	}
	a, err := unpack(recording)
	if err != nil {
		return err
	}
	p := &page{bench: newBench(a), gates: *gates}
	text, err := p.write()
	if err != nil {
		return err
	}
	return os.WriteFile(*out, []byte(text), 0o644)
}

// pack writes the runs below dir as an archive.
func pack(dir, file string) error {
	a, err := load(dir)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := a.write(&buf); err != nil {
		return err
	}
	return os.WriteFile(file, buf.Bytes(), 0o644)
}

func unpack(file string) (*archive, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := readArchive(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return a, nil
}
