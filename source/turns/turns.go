// Package turns measures two builds of a program in turns: base, new, new, base,
// and so on, each run in a process of its own, so that both see the same machine.
//
// A [Subject] is one build that can be run: [GoTest] makes two of a "go test
// -bench" command, [Command] of any other. [Measure] runs them, writes each run
// into a directory as package source/runs reads it, and asks after each pair
// whether it has seen enough. What was written is whole: a run that was not
// finished leaves nothing.
package turns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/goperf/goperf/source/runs"
)

// Subject is a build that can be run.
type Subject interface {
	// Run runs it once and leaves profiles and results in dir. What it knows of the
	// run it says in the meta.
	Run(ctx context.Context, dir string) (runs.Meta, error)
}

// Side is a build, and what is known of it.
type Side struct {
	Subject Subject
	Dir     string // its runs, a folder for each
	Commit  string
	Dirty   bool
}

// Plan says how long to measure.
type Plan struct {
	Base, New Side
	MaxPairs  int
	Budget    time.Duration
	Now       func() time.Time
	Getenv    func(string) string // of the environment that the runs have
	// Enough is asked after each pair with the number of all that are there.
	Enough func(pairs int) (bool, error)
	// Progress is told what runs now: which pair, which side, and how long it all took.
	Progress func(pair int, side string, elapsed time.Duration)
}

// ErrBudget is in the chain of the error of a measurement that its time ended.
var ErrBudget = errors.New("the time is up")

// Measure takes pairs of runs until there is enough of them, the most that are
// asked for, or no time for another. It returns how many there are in the
// folders, with those that were there before.
func (p *Plan) Measure(ctx context.Context) (pairs int, err error) {
	start := p.Now()
	pairs, err = p.have()
	if err != nil {
		return 0, err
	}
	var longest time.Duration
	for taken := 0; pairs < p.MaxPairs; taken++ {
		began := p.Now()
		if taken > 0 && began.Sub(start)+longest > p.Budget {
			return pairs, ErrBudget
		}
		if err := p.pair(ctx, pairs+1, start); err != nil {
			return pairs, err
		}
		pairs++
		longest = max(longest, p.Now().Sub(began))
		if done, err := p.Enough(pairs); done || err != nil {
			return pairs, err
		}
	}
	return pairs, nil
}

// pair runs both sides, the one first in odd pairs that is second in even ones:
// a machine that gets slower and slower is then nobody's fault.
func (p *Plan) pair(ctx context.Context, n int, start time.Time) error {
	type turn struct {
		side *Side
		name string
	}
	order := []turn{{&p.Base, "base"}, {&p.New, "new"}}
	if n%2 == 0 {
		order[0], order[1] = order[1], order[0]
	}
	for i, t := range order {
		p.Progress(n, t.name, p.Now().Sub(start))
		if err := t.side.run(ctx, n, i, p.Getenv); err != nil {
			// A pair of which one side is missing is none.
			for _, done := range order[:i] {
				_ = os.RemoveAll(done.side.at(n)) // what stays is cleared by the next measurement
			}
			return fmt.Errorf("pair %d, %s: %w", n, t.name, err)
		}
	}
	return nil
}

func (s *Side) at(pair int) string { return filepath.Join(s.Dir, strconv.Itoa(pair)) }

// run makes one run and puts it into its place when it is whole.
func (s *Side) run(ctx context.Context, pair, order int, getenv func(string) string) (err error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(s.Dir, ".run-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(tmp) // it begins with a dot: nobody takes it for a run
		}
	}()
	meta, err := s.Subject.Run(ctx, tmp)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	meta.Pair, meta.Order, meta.Commit, meta.Dirty = pair, order, s.Commit, s.Dirty
	meta.GOOS, meta.GOARCH, meta.GOGC, meta.GOMEMLIMIT = runtime.GOOS, runtime.GOARCH, getenv("GOGC"), getenv("GOMEMLIMIT")
	text, err := json.MarshalIndent(meta, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, runs.MetaFile), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, s.at(pair))
}

// have is how many pairs are in the folders already. Those of other builds must
// not be mixed with the ones to come.
func (p *Plan) have() (int, error) {
	for n := 1; ; n++ {
		for _, s := range []*Side{&p.Base, &p.New} {
			text, err := os.ReadFile(filepath.Join(s.at(n), runs.MetaFile))
			if errors.Is(err, os.ErrNotExist) {
				return n - 1, p.clear(n)
			}
			if err != nil {
				return 0, err
			}
			meta, err := runs.ParseMeta(text)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", s.at(n), err)
			}
			if meta.Commit != s.Commit || meta.Dirty != s.Dirty {
				return 0, &otherBuild{dir: s.at(n), is: named(meta.Commit, meta.Dirty), want: named(s.Commit, s.Dirty)}
			}
		}
	}
}

// clear removes what is left of a pair that is not whole.
func (p *Plan) clear(n int) error {
	return errors.Join(os.RemoveAll(p.Base.at(n)), os.RemoveAll(p.New.at(n)))
}

// otherBuild is the error about runs that are there and are of another build.
type otherBuild struct{ dir, is, want string }

func (e *otherBuild) Error() string {
	return fmt.Sprintf("%s: is a run of %s, not of %s", e.dir, e.is, e.want)
}

// Hint is what to do about it.
func (e *otherBuild) Hint() string {
	return "remove the folder to measure anew, or name another one with --out"
}

func named(commit string, dirty bool) string {
	s := commit[:min(len(commit), 12)]
	if dirty {
		s += " with changes"
	}
	return s
}
