package render

import (
	"slices"
	"testing"
)

// A shell reads the lines as the one command that they were.
func TestCommandLines(t *testing.T) {
	for _, c := range []struct {
		command string
		want    []string
	}{
		{"goperf gate --base a --new b", []string{`goperf gate \`, `--base a \`, "--new b"}},
		{"goperf", []string{"goperf"}},
		{"a 'b c d e f g h' i", []string{`a 'b c d e f g h' \`, "i"}},
	} {
		if got := commandLines(c.command, 15); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.command, got)
		}
	}
}
