package cmd

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

// What closes a log or a listener joins its own error to that of the run:
// the way out of the first must not get lost there.
func TestHintOf(t *testing.T) {
	hinted := usageError("try this", "wrong")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"none":              {nil, ""},
		"without":           {io.EOF, ""},
		"wrapped":           {fmt.Errorf("reading: %w", hinted), "try this"},
		"joined":            {errors.Join(hinted, nil), "try this"},
		"joined, second":    {errors.Join(io.EOF, hinted), "try this"},
		"joined twice":      {fmt.Errorf("a: %w", errors.Join(errors.Join(io.EOF), hinted)), "try this"},
		"the outermost one": {noEvidence("or that", errors.Join(hinted)), "or that"},
		"an empty one":      {noEvidence("", errors.Join(hinted)), "try this"},
	} {
		if got := hintOf(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
