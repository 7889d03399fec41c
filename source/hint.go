package source

import "errors"

// hinted is an error with something to try. cmd prints the hint on a line of its own.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }

// Unwrap gives the error without the hint.
func (h *hinted) Unwrap() error { return h.err }

// Hint is what to try.
func (h *hinted) Hint() string { return h.hint }

func withHint(err error, hint string) error {
	var already *hinted
	if hint == "" || errors.As(err, &already) {
		return err
	}
	return &hinted{err, hint}
}
