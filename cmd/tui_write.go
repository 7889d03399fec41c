package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// scribe writes files while the screens are shown, and sees to it that none is left
// half written when the program ends.
type scribe struct {
	env   Env
	looks []string // what is looked at: it is not written over
	mu    sync.Mutex
	now   map[*writing]struct{}
	saves int // of evidence, that the command line asks for
}

// writing is a file that is being written.
type writing struct {
	name string
	drop context.CancelCauseFunc
	done chan struct{}
	err  error // when it is done
}

// write writes a file whole or not at all, and not when ctx ends before.
func (s *scribe) write(ctx context.Context, name string, over bool, write func(io.Writer) error) error {
	path := name
	if below, ok := strings.CutPrefix(name, "~/"); ok && s.env.getenv("HOME") != "" {
		path = filepath.Join(s.env.getenv("HOME"), below)
	}
	if err := s.free(name, path, over); err != nil {
		return err
	}
	ctx, drop := context.WithCancelCause(ctx)
	defer drop(nil)
	w := &writing{name: name, drop: drop, done: make(chan struct{})}
	s.mu.Lock()
	if s.now == nil {
		s.now = map[*writing]struct{}{}
	}
	s.now[w] = struct{}{}
	s.mu.Unlock()
	w.err = s.env.writeFileUntil(ctx, path, write)
	close(w.done)
	s.mu.Lock()
	delete(s.now, w)
	s.mu.Unlock()
	return w.err
}

// free says what a file would be written over, unless that is wanted: what is
// looked at never is.
func (s *scribe) free(name, path string, over bool) error {
	there, err := os.Stat(s.env.path(path))
	if err != nil || !there.Mode().IsRegular() { // pipes and devices are written to as they stand
		return nil //nolint:nilerr // what is wrong with the place is said when it is written to
	}
	for _, looked := range s.looks {
		if of, err := os.Stat(s.env.path(looked)); err == nil && os.SameFile(of, there) {
			return fmt.Errorf("%s: write: it is what is looked at", name)
		}
	}
	if over {
		return nil
	}
	return fmt.Errorf("%s: write: %w", name, fs.ErrExist)
}

// How long the program waits in the end for files to be written, and for what
// there is of them to be removed: a pipe that nobody reads must not hold it.
const (
	graceToWrite  = 2 * time.Second
	graceToRemove = time.Second / 2
)

// end waits for the files that are being written, though not for ever, nor when
// hurry ends. It says which did not come about.
func (s *scribe) end(hurry context.Context) error {
	s.mu.Lock()
	var left []*writing
	for w := range s.now {
		left = append(left, w)
	}
	s.mu.Unlock()
	wait := func(most time.Duration, hurry <-chan struct{}) {
		enough := time.After(most)
		for _, w := range left {
			select {
			case <-w.done:
			case <-hurry:
				return
			case <-enough:
				return
			}
		}
	}
	wait(graceToWrite, hurry.Done())
	for _, w := range left {
		w.drop(errUnfinished)
	}
	wait(graceToRemove, nil)
	var lost error
	for _, w := range left {
		err := errUnfinished
		select {
		case <-w.done:
			err = w.err
		default:
		}
		if errors.Is(err, context.Canceled) || errors.Is(err, errUnfinished) {
			err = usageError("", "%s: write: %w", w.name, errUnfinished)
		}
		lost = errors.Join(lost, err)
	}
	return lost
}

var errUnfinished = errors.New("not finished when the program ended, so it is not there")
