package cmd

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/report"
)

// The exit statuses that do not come from a report; see [Main].
const (
	statusFine       = 0
	statusFindings   = 1 // also: done, but not with all of the input
	statusUsage      = 2
	statusNoEvidence = 3
	statusSignal     = 128 // and the number of the signal, as shells have it
)

// statusError is an error that decides the exit status. Without err it is only
// a status.
type statusError struct {
	status int
	hint   string
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// Hint is what the user may try.
func (e *statusError) Hint() string { return e.hint }

// usageError says that the command line cannot be done as it stands.
func usageError(hint, format string, args ...any) error {
	return &statusError{status: statusUsage, hint: hint, err: fmt.Errorf(format, args...)}
}

// noEvidence says that there is nothing to conclude from; a hint that err
// carries is kept when hint is "".
func noEvidence(hint string, err error) error {
	if hint == "" {
		hint = hintOf(err)
	}
	return &statusError{status: statusNoEvidence, hint: hint, err: err}
}

// exitWith makes a status of a report into an error, nil for 0.
func exitWith(status int) error {
	if status == statusFine {
		return nil
	}
	return &statusError{status: status}
}

// hintOf is the outermost hint in the tree of err, of joined errors the first
// that has one, "" when there is none. Errors of other packages give hints by
// having the same method.
func hintOf(err error) string {
	if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
		return h.Hint()
	}
	switch e := err.(type) { //nolint:errorlint // this is the walk itself: errors.As finds the first error with a hint, which may be empty
	case interface{ Unwrap() error }:
		return hintOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			if hint := hintOf(part); hint != "" {
				return hint
			}
		}
	}
	return ""
}

// oneLine keeps a message on its line and out of the terminal's control: an
// error may quote bytes that a file or a server chose.
func oneLine(s string) string {
	return report.Clean(strings.ReplaceAll(strings.TrimSpace(s), "\n", "; "))
}

// named puts the input that the user named before what was wrong with it.
func named(name string, err error) error {
	if name == "-" {
		name = "standard input"
	}
	return fmt.Errorf("%s: %w", name, err)
}
