package render

import (
	"slices"
	"testing"

	"github.com/goperf/goperf/report"
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

// What sees nothing below ten times as much is not told with four digits.
func TestDetectableText(t *testing.T) {
	for v, want := range map[float64]string{0.05: "+5 %", 54.95: "over +1,000 %"} {
		if got := detectableText(report.Change{Unit: "ratio", Detectable: v}); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}

// Who reads a comment knows no folder of the machine that measured.
func TestCommentNamesFilesOfTheRepository(t *testing.T) {
	n := &note{r: &report.Report{}, o: Options{Repo: Repo{Root: "/home/runner/work/shop", Module: "example.com/shop"}}}
	n.r.Target.Module = "example.com/shop"
	got := n.near([]report.Frame{{Function: "example.com/shop/price.Quote", File: "/home/runner/work/shop/price/quote.go", Line: 4}, {Function: "strings.Fields", File: "/usr/local/go/src/strings/strings.go"}})
	if got[0].File != "price/quote.go" || got[1].File != "/usr/local/go/src/strings/strings.go" {
		t.Errorf("%+v", got)
	}
}
