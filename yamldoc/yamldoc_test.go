package yamldoc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/goperf/goperf/yamldoc"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in, want string
		line     int
	}{
		{strings.Repeat("a", 2<<10), "larger than 1 KiB", 0},
		{"a: 1\n---\nb: 1\n", "a second document", 3},
		{"a: [1\nb: {", "is no YAML: ", 2},
		{"a: 1\na: 2\n", "is no YAML: mapping key", 2},
		{"a:\n  " + strings.Repeat("[", 100), "is nested too deep", 2},
		{"a:\n" + strings.Repeat("- ", 100), "is nested too deep", 2},
		{"a:\n" + strings.Repeat(" [\n", 100), "is nested too deep", 34},
	} {
		_, err := yamldoc.Parse([]byte(c.in), 1<<10)
		if broken := (*yamldoc.Error)(nil); !errors.As(err, &broken) || broken.Line != c.line || !strings.HasPrefix(broken.What, c.want) || strings.Contains(broken.What, "\n") {
			t.Errorf("%.20q: %v, want %q in line %d", c.in, err, c.want, c.line)
		}
	}
	for _, in := range []string{"", "\n", "# " + strings.Repeat("[", 100), "---\n"} {
		if tree, err := yamldoc.Parse([]byte(in), 1<<10); tree != nil || err != nil {
			t.Errorf("%.20q: %v, %v", in, tree, err)
		}
	}
	tree, err := yamldoc.Parse([]byte("# what is allowed\na: [1, {b: 2}]"), 1<<10)
	if err != nil || tree == nil {
		t.Fatal(err)
	}
	if line, column := yamldoc.Place(tree); line != 2 || column < 1 {
		t.Errorf("line %d, column %d", line, column)
	}
	if _, err := yamldoc.Parse([]byte("a: "+strings.Repeat("x", 5000)), 1<<20); err == nil || !strings.Contains(err.Error(), "line 1, column 4096: a line of more than 4096 bytes") {
		t.Errorf("a long line: %v", err)
	}
}
