package memgroup

import (
	"errors"
	"os"
	"os/exec"
	"testing"
)

// TestKilled fills a group until the kernel kills what is in it, and does
// nothing to one that stays within.
func TestKilled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		killed int
	}{
		"too much": {`head -c 200m /dev/zero | tail -n 1 | wc -c`, 1}, // tail keeps what it may have to print
		"little":   {`true`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, err := New(50 << 20)
			if errors.Is(err, ErrUnavailable) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			words := append(g.Wrap(), "sh", "-c", c.script)
			err = exec.CommandContext(t.Context(), words[0], words[1:]...).Run()
			if n, kerr := g.Killed(); n != c.killed || kerr != nil || err != nil {
				t.Errorf("%d killed, %v; ended with %v", n, kerr, err)
			}
			if err := g.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(g.dir); err == nil {
				t.Error("the group is still there")
			}
		})
	}
}
