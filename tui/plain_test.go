package tui

import (
	"strings"
	"testing"
)

// The plain twin is bounded, however deep a recursion is, and keeps a fact on its line.
func TestPlainIsBounded(t *testing.T) {
	d := healthy(t)
	d.Profiles[0].Profile = parsed(t, strings.Repeat("f;", 3*mostBoxesTold)+"f 1", "cpu")
	d.Report.Notes = []string{strings.Repeat("a doubt that is long ", 20) + "and ends here"}
	var b strings.Builder
	if err := Plain(t.Context(), &b, d, Options{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n > 2*mostBoxesTold {
		t.Errorf("%d lines", n)
	}
	if n := strings.Count(b.String(), "doubts: "); n != 1 || !strings.Contains(b.String(), "and ends here\n") {
		t.Errorf("the doubt is %d lines", n)
	}
}

// What was never asked for says so, and what would ask.
func TestNobodyAsked(t *testing.T) {
	d := healthy(t)
	d.Groups = nil
	var b strings.Builder
	if err := Plain(t.Context(), &b, d, Options{View: View{Screen: "goroutines"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Nothing is known of goroutines.", "holds cpu", "To get it: goperf tui "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not told:\n%s", want, &b)
		}
	}
}
