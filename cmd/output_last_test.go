package cmd

import (
	"bytes"
	"strings"
	"testing"
)

// What a command writes while screens are shown is there in the end, as far as it
// is bounded, and how much is not is said.
func TestLastOutput(t *testing.T) {
	l := &lastOutput{}
	for range 3 {
		if n, err := l.Write(bytes.Repeat([]byte("old line\n"), mostOutput/9)); err != nil || n == 0 {
			t.Fatal(n, err)
		}
	}
	_, _ = l.Write([]byte("the end\n"))
	if len(l.b) > 2*mostOutput {
		t.Errorf("%d bytes are held", len(l.b))
	}
	var out strings.Builder
	if err := l.tell(&out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasSuffix(got, "old line\nthe end\n") || !strings.HasPrefix(got, "goperf: the last 262144 bytes") || len(got) > mostOutput+200 {
		t.Errorf("%d bytes, %q...", len(got), got[:80])
	}
	short := &lastOutput{}
	_, _ = short.Write([]byte("all"))
	out.Reset()
	if err := short.tell(&out); err != nil || out.String() != "all" {
		t.Errorf("%v, %q", err, out.String())
	}
}

// The last whole lines are for the screens.
func TestLastLines(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""}, {"no end", ""}, {"one\n", "one"}, {"one\ntwo\nthree\nhal", "two|three"}, {"\n\n", "|"},
	} {
		l := &lastOutput{}
		_, _ = l.Write([]byte(c.text))
		if got := strings.Join(l.lines(2), "|"); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
