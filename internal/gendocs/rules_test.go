package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/rules"
)

// TestDocsAreCurrent holds docs/rules.md to what the rules say of themselves.
func TestDocsAreCurrent(t *testing.T) {
	have, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines(string(have)), lines(string(catalogue(rules.All())))); diff != "" {
		t.Errorf("docs/rules.md is out of date: make generate (-file +rules)\n%s", diff)
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
