package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/rules"
	"github.com/goperf/goperf/tui"
)

// TestDocsAreCurrent holds the pages to what the code says of itself.
func TestDocsAreCurrent(t *testing.T) {
	for name, want := range map[string][]byte{"rules.md": catalogue(rules.All()), "keys.md": keysPage(tui.Keys())} {
		have, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lines(string(have)), lines(string(want))); diff != "" {
			t.Errorf("docs/%s is out of date: make generate (-file +code)\n%s", name, diff)
		}
	}
}

// lines lets the comparison stand on systems where a checkout ends lines with \r\n.
func lines(s string) []string { return strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") }

// TestNothingUnfilled: a place for a name of somebody's program is not left open.
func TestNothingUnfilled(t *testing.T) {
	for _, place := range []string{"{func}", "{line}", "{callee}", "{site}"} {
		if page := string(catalogue(rules.All())); strings.Contains(page, place) {
			t.Errorf("the page says %s", place)
		}
	}
}
