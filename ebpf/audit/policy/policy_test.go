package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

const shop = `# What the shop may do.
exec:
  allow: [/usr/bin/git, /opt/shop/]
  deny:
    - /opt/shop/debug*
open:
  deny: [/etc/shadow, /root/, /proc/*/mem]
connect:
  allow:
    - 10.0.0.0/8
    - 10.9.0.0/16:5432
    - "[::1]:53"
    - unix:/run/shop/**
  deny: [10.9.0.0/16, 10.9.1.1]
`

func TestJudge(t *testing.T) {
	p, err := Parse("shop.yaml", []byte(strings.Replace(shop, ", /proc/*/mem", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind Kind
		what string
		want Verdict
		line int
	}{
		{Exec, "/usr/bin/git", Allowed, 3},
		{Exec, "/usr/bin/git2", Unlisted, 0},
		{Exec, "/opt/shop/a/b", Allowed, 3},
		{Exec, "/opt/shop", Unlisted, 0},
		{Exec, "/opt/shop/debug-sh", Denied, 5},
		{Open, "/etc/shadow", Denied, 7},
		{Open, "/etc/shadow-", Allowed, 0},
		{Open, "/root/.ssh/id", Denied, 7},
		{Connect, "/run/shop/a", Allowed, 13},
		{Connect, "/run/docker.sock", Unlisted, 0},
		{Connect, "10.1.1.1:80", Allowed, 10},
		{Connect, "10.9.2.2:80", Denied, 14},
		{Connect, "10.9.2.2:5432", Allowed, 11},
		{Connect, "10.9.1.1:5432", Denied, 14},
		{Connect, "[::ffff:10.9.1.1]:1", Denied, 14},
		{Connect, "[::1]:53", Allowed, 12},
		{Connect, "[::1]:54", Unlisted, 0},
		{Connect, "192.0.2.1:80", Unlisted, 0},
	} {
		var got Verdict
		var rule *Rule
		if addr, err := netip.ParseAddrPort(c.what); err == nil {
			got, rule = p.Address(addr)
		} else {
			got, rule = p.Path(c.kind, c.what)
		}
		line := 0
		if rule != nil {
			line = rule.Line
		}
		if got != c.want || line != c.line {
			t.Errorf("%s %s is %v by line %d, want %v by line %d", c.kind.Name(), c.what, got, line, c.want, c.line)
		}
	}
}

// A section that is not there, and no policy at all, are different things.
func TestFallback(t *testing.T) {
	p, err := Parse("p", []byte("open: {deny: [/etc/shadow]}\nexec: {allow: []}"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][Kinds]Verdict{"policy": {Unlisted, Allowed, Ignored}, "none": {Noted, Noted, Noted}} {
		if got := map[string]*Policy{"policy": p, "none": Everything()}[name].Fallback; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestBroken(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "p:1:1: an empty policy"},
		{"# nothing\n", "p:1:1: an empty policy"},
		{"open:\n  deny: [/a]\nopne: {}", `p:3:1: "opne": is none of exec, open, connect`},
		{"open:\n  deny: [/a]\n  allw: []", `p:3:3: "allw": is none of allow, deny`},
		{"open:\n  deny: /etc/shadow", "p:2:9: want a list here"},
		{"open: [/a]", "p:1:7: want a list of allow, deny here"},
		{"- a", "p:1:1: want a section"},
		{"open:\n  deny:\n    - /a\n    - etc/b", `p:4:7: "etc/b": is not absolute`},
		{"open:\n  deny:\n    - {a: b}", "p:3:7: want a path or an address"},
		{"open:\n  deny:\n    - ", "want a path or an address"},
		{"open: {deny: [/a*b]}", "may have a * at its end only"},
		{"open: {deny: [/a, /b/../a]}", "line 1 is about the same"},
		{"open:\n  allow: [/a]\n  deny: [/a]", `p:3:10: "/a": line 2 is about the same`},
		{"open: {deny: [/" + strings.Repeat("a", PathMax) + "]}", "longer than 253 bytes"},
		{"connect: {deny: [example.org]}", "names are not looked up"},
		{"connect: {deny: ['example.org:80']}", "names are not looked up"},
		{"connect: {deny: [10.0.0.1/8]}", "has bits beyond its length"},
		{"connect: {deny: ['10.0.0.1:0']}", "no number from 1 to 65535"},
		{"connect: {deny: ['10.0.0.1:99999']}", "no number from 1 to 65535"},
		{"open: {deny: [/a]}\n---\nexec: {}", "a second document"},
		{"open:\n  deny: [/a\nexec: {", "p:3:"},
		{"open: {deny: [/a]}\nopen: {deny: [/b]}", "p:2:1: is no YAML: mapping key"},
		{strings.Repeat("[", 300_000), "larger than 256 KiB"},
		{"open:\n " + strings.Repeat("[", 300), "p:2:34: is nested too deep"},
		{strings.Repeat("- ", 3000), "p:1:65: is nested too deep"},
		{"open:\n  deny: [/" + strings.Repeat("a", 5000) + "]", "p:2:4096: a line of more than 4096 bytes"},
	} {
		_, err := Parse("p", []byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q: %v, want %q on one line", c.in, err, c.want)
		}
		if own := (*Error)(nil); !errors.As(err, &own) || own.Hint() == "" {
			t.Errorf("%.60q: no hint", c.in)
		}
	}
	if _, err := Parse("p", []byte(shop)); err == nil || !strings.Contains(err.Error(), "p:7:31:") {
		t.Errorf("%v, want the line and column of the pattern", err)
	}
	var long strings.Builder
	long.WriteString("open:\n  deny:\n")
	for i := range MaxRules + 1 {
		fmt.Fprintf(&long, "    - /a/%d\n", i)
	}
	if _, err := Parse("p", []byte(long.String())); err == nil || !strings.Contains(err.Error(), "more than 4096 rules") {
		t.Errorf("too many rules: %v", err)
	}
}

func TestResolve(t *testing.T) {
	for _, c := range [][3]string{
		{"/srv", "x", "/srv/x"}, {"/srv", "../etc/shadow", "/etc/shadow"}, {"/srv", "/etc//./shadow", "/etc/shadow"}, {"/", "a", "/a"}, {"/srv", ".", "/srv"},
	} {
		if got := Resolve(c[0], c[1]); got != c[2] {
			t.Errorf("%s in %s is %s, want %s", c[1], c[0], got, c[2])
		}
	}
}

// Whatever the text is, the answer is a policy or one line that says where.
func FuzzParse(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte("open: &a {deny: [/etc/shadow]}\nexec: *a"))
	f.Add([]byte("open:\n  deny: [!!binary x, |\n  a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("p", data)
		if err != nil {
			if own := (*Error)(nil); !errors.As(err, &own) || own.Line < 1 || own.Column < 1 {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, r := range p.Rules {
			if r.Path == "" && !r.Net.IsValid() || r.Path != "" && (r.Path[0] != '/' || len(r.Path) > PathMax) {
				t.Fatalf("%+v", r)
			}
		}
	})
}
