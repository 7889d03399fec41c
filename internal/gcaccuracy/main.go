//go:build linux

// Gcaccuracy checks what goperf gc predicts against what happens: it observes
// services at GOGC=100, runs them at other settings, and writes both into
// docs/gc-accuracy.md.
//
//	go run ./internal/gcaccuracy                       # everything, about an hour
//	go run ./internal/gcaccuracy -only steady,etcd     # some of it
//	go run ./internal/gcaccuracy -budget 3m            # as much as fits; go on with the same command
//	go run ./internal/gcaccuracy -report               # predict and write, from what was measured
//
// What was measured is kept in -work, one file each, and is not measured again:
// a new model is checked against the old measurements by -report. The real
// servers are built there, from the module proxy, by the toolchain at hand. All
// load comes over loopback. It needs Linux.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gcaccuracy:", err)
		os.Exit(1)
	}
}

// lab is where and how long things are measured.
type lab struct {
	work    string
	observe time.Duration // of goperf gc
	window  time.Duration // of each other setting
	warm    time.Duration
	until   time.Time // nothing is begun that would not be done by then
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gcaccuracy", flag.ContinueOnError)
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	l := &lab{}
	flags.StringVar(&l.work, "work", filepath.Join(cache, "goperf-gc-accuracy"), "folder for programs and measurements")
	flags.DurationVar(&l.observe, "observe", 45*time.Second, "time that goperf gc observes for")
	flags.DurationVar(&l.window, "window", 25*time.Second, "time that each other setting runs for")
	flags.DurationVar(&l.warm, "warm", 5*time.Second, "time between the start of the load and that")
	only := flags.String("only", "", "subjects, separated by commas; all by default")
	budget := flags.Duration("budget", time.Hour, "time after which nothing new is begun")
	reportOnly := flags.Bool("report", false, "measure nothing")
	applied := flags.Bool("applied", false, "run the recommendation in a container instead (root)")
	prebuilt := flags.Bool("prebuilt", false, "use the programs in the work folder as they are")
	out := flags.String("o", "docs/gc-accuracy.md", "where the table is written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	l.until = time.Now().Add(*budget)
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	if !*prebuilt {
		if err := l.build(ctx, chosen); err != nil {
			return err
		}
	}
	switch {
	case *applied:
		err = l.applyAll(ctx, chosen)
	case !*reportOnly:
		err = l.measureAll(ctx, chosen)
	}
	if err != nil {
		return err
	}
	text, err := l.report(ctx)
	if err != nil {
		return err
	}
	return os.WriteFile(*out, []byte(text), 0o644)
}

func choose(only string) ([]subject, error) {
	if only == "" {
		return subjects, nil
	}
	var chosen []subject
	for name := range strings.SplitSeq(only, ",") {
		s, ok := find(name)
		if !ok {
			var names []string
			for _, s := range subjects {
				names = append(names, s.name)
			}
			return nil, fmt.Errorf("-only %s: not known, want some of %s", name, strings.Join(names, ","))
		}
		chosen = append(chosen, s)
	}
	return chosen, nil
}

// measureAll measures what has not been measured, as long as there is time.
func (l *lab) measureAll(ctx context.Context, chosen []subject) error {
	for _, s := range chosen {
		if err := l.study(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return ctx.Err()
}

// again is the setting of the second observation, for --observe-also.
const again = "200"

// study observes a subject and runs it at the other settings.
func (l *lab) study(ctx context.Context, s subject) error {
	if err := os.MkdirAll(l.path(s.name), 0o755); err != nil {
		return err
	}
	base := measured{}
	if !l.load(s, "100", &base) {
		if !l.time(l.observe) {
			return nil
		}
		var err error
		if base, err = l.observed(ctx, s, "100"); err != nil {
			return fmt.Errorf("observe: %w", err)
		}
		if err := l.keep(s, base); err != nil {
			return err
		}
	}
	if err := l.observeAgain(ctx, s); err != nil {
		return err
	}
	for _, setting := range base.others() {
		var m measured
		if l.load(s, setting, &m) {
			continue
		}
		if !l.time(l.window) {
			return nil
		}
		m, err := l.measure(ctx, s, setting)
		if err != nil {
			return fmt.Errorf("%s: %w", setting, err)
		}
		if err := l.keep(s, m); err != nil {
			return err
		}
		fmt.Println(m)
	}
	return nil
}

// observeAgain is the observation for --observe-also.
func (l *lab) observeAgain(ctx context.Context, s subject) error {
	if _, err := os.Stat(l.bundle(s, again)); err == nil || !l.time(l.observe) {
		return nil
	}
	if _, err := l.observed(ctx, s, again); err != nil {
		return fmt.Errorf("observe at %s: %w", again, err)
	}
	return nil
}

// time says whether there is enough to warm up and to measure for d.
func (l *lab) time(d time.Duration) bool {
	return time.Now().Add(l.warm + d + 10*time.Second).Before(l.until)
}
