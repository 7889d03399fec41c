// Gateaccuracy records what the statistics of goperf gate are held to: a small
// web shop, run again and again in fresh processes, with and without something
// wrong with it, in turn.
//
//	go run ./internal/gateaccuracy            # about 80 minutes of one core
//
// The shop is a module of its own, testdata/shop. Arms A and A2 are the same
// program; in B2 and B5 the function price.Quote does more work, in alloc
// audit.Trail keeps more copies, in lock inventory.Reserve holds its lock for
// longer. A run is 10 CPU-seconds on one P.
package main

import (
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
	work := flags.String("work", filepath.Join(cache, "goperf-gate-accuracy"), "folder of the runs")
	rounds := flags.Int("rounds", 60, "rounds to record")
	ops := flags.Int("ops", 66000, "requests in a run; 66,000 took 10 CPU-seconds")
	budget := flags.Duration("budget", 2*time.Hour, "time after which no run is begun")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r := &recorder{dir: *work, rounds: *rounds, ops: *ops, until: time.Now().Add(*budget)}
	return r.record(ctx)
}
