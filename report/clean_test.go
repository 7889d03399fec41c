package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"acme.dev/shop/cart.(*Server).ServeHTTP", "acme.dev/shop/cart.(*Server).ServeHTTP"},
		{"日本語.関数", "日本語.関数"},
		{"naïve 🙂", "naïve 🙂"},
		{"\x1b[2J\x1b]0;title\x07", `\x1b[2J\x1b]0;title\x07`},
		{"a\nb\tc\rd", `a\nb\tc\rd`},
		{"\u202egnp.exe", `\u202egnp.exe`},
		{"\u2066x\u2069", `\u2066x\u2069`},
		{"\u009b31m", `\u009b31m`},
		{"zero\u200bwidth\ufeff", `zero\u200bwidth\ufeff`},
		{"\u2028line\u2029", `\u2028line\u2029`},
		{"\xff\xfe", `\xff\xfe`},
		{"\x7f", `\x7f`},
		{"\U000e0041tag", `\U000e0041tag`},
		{"no\u00a0break", `no\u00a0break`},
		{"e\u0301\u0323", "e\u0301\u0323"},
		{"e\u0301\u0301\u0301", "e\u0301\u0301\\u0301"},
		{"\u0301\u0301a", `\u0301\u0301a`},
		{"a \u0301b", `a \u0301b`},
		{`C:\src\x.go`, `C:\src\x.go`},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[2J", "\u202e", "\xff", "a\u0301\u0301\u0301\u0301", "\ufffd", "\u200d👩\u200d🚀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Clean(s)
		if !utf8.ValidString(out) || strings.ContainsFunc(out, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("Clean(%q) = %q does not print as itself", s, out)
		}
		if len(out) > 10*len(s) {
			t.Errorf("Clean(%q) grew to %d bytes", s, len(out))
		}
		if again := Clean(out); again != out {
			t.Errorf("Clean is not idempotent: %q, %q", out, again)
		}
		if again := Clean(out + out); again != out+out {
			t.Errorf("two clean pieces are not clean side by side: %q, %q", out+out, again)
		}
	})
}
