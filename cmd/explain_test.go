package cmd

import (
	"regexp"
	"strings"
	"testing"

	"github.com/goperf/goperf/rules"
)

// No explanation shows the places that a finding would fill with names.
func TestExplanationsNameNoPlaces(t *testing.T) {
	var out strings.Builder
	if err := writeExplanation(&out, rules.All(), 80); err != nil {
		t.Fatal(err)
	}
	if place := regexp.MustCompile(`\{[a-z]+\}`).FindString(out.String()); place != "" {
		t.Errorf("an explanation shows %s", place)
	}
}

func TestFindRules(t *testing.T) {
	all := rules.All()
	for _, r := range all {
		found, err := findRules(all, r.ID)
		if err != nil || len(found) != 1 || found[0].ID != r.ID {
			t.Errorf("%s: found %d rules, error %v", r.ID, len(found), err)
		}
		// By mechanism all rules that share it are found, unless one has it as its id.
		found, err = findRules(all, strings.ToUpper(r.Mechanism))
		if err != nil || len(found) == 0 {
			t.Errorf("%s: found %d rules, error %v", r.Mechanism, len(found), err)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"one two three", "one two\nthree"},
		{"one two", "one two"},
		{"a-very-long-word b", "a-very-long-word\nb"},
		{"one two three\n\nfour five six", "one two\nthree\n\nfour\nfive six"},
		{"    code stays as it is", "    code stays as it is"},
		{"ä ö ü ß é", "ä ö ü ß\né"},
		{"", ""},
	} {
		if got := wrap(test.text, 8); got != test.want {
			t.Errorf("wrap(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}
