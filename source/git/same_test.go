package git

import (
	"errors"
	"strings"
	"testing"
)

// A file is compared with what it was as of a commit, wherever the checkout is by now.
func TestSame(t *testing.T) {
	r, _ := sample(t)
	ctx := t.Context()
	first, err := r.Commit(ctx, "main~1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		want bool
	}{{"package one", true}, {"package other", false}, {"", false}} {
		if got, err := r.Same(ctx, first, "main.go", []byte(c.text)); err != nil || got != c.want {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
	}
	if _, err := r.Same(ctx, strings.Repeat("ab", 20), "main.go", nil); !errors.Is(err, ErrNoCommit) {
		t.Errorf("of a commit that is elsewhere: %v", err)
	}
	if _, err := r.Same(ctx, first, "none.go", nil); !errors.Is(err, ErrNoCommit) {
		t.Errorf("of a file that is not in it: %v", err)
	}
	for _, bad := range []string{"", "main", "--help", strings.Repeat("zz", 20)} {
		if _, err := r.Same(ctx, bad, "main.go", nil); err == nil || errors.Is(err, ErrNoCommit) {
			t.Errorf("%q is taken for a commit: %v", bad, err)
		}
	}
	if got := blob(strings.Repeat("0", 40), []byte("a\r\nb\n")); got == blob(strings.Repeat("0", 40), []byte("a\nb\n")) {
		t.Error("the ends of lines are not hashed")
	}
}
